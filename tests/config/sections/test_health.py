"""Probes, and when a full machine counts."""

from otel_agent.config.sections.health import HealthSettings, ThresholdsSettings


def test_there_is_no_server_and_every_threshold_is_nine_tenths() -> None:
    """Probes listen on this machine only, once there is a port."""
    health = HealthSettings()

    assert (None, "127.0.0.1", 10.0) == (health.port, health.host, health.loop_within_s)
    assert ThresholdsSettings(memory=0.9, disk=0.9, cpu=0.9, clear_gap=0.05, hold_s=30.0) == health.thresholds


def test_the_token_is_not_in_the_text() -> None:
    """It opens the details to other machines."""
    assert "s3cret" not in repr(HealthSettings(token="s3cret"))
