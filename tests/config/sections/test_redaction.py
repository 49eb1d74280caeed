"""What must not leave the process."""

from otel_agent.config.sections.redaction import RedactSettings


def test_redaction_is_on_with_no_more_than_its_own_rules() -> None:
    """Further keys and patterns are the agent's to give."""
    redact = RedactSettings()

    assert (True, (), ()) == (redact.enabled, redact.keys, redact.values)
