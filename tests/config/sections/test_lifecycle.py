"""The end of the process."""

from otel_agent.config.sections.lifecycle import LifecycleSettings


def test_an_end_takes_two_seconds_and_signals_are_seen() -> None:
    """Unless the agent wants it otherwise."""
    lifecycle = LifecycleSettings()

    assert (2.0, "auto", "auto") == (lifecycle.shutdown_timeout_s, lifecycle.signals, lifecycle.on_hangup)
