"""The whole configuration."""

import pytest

from otel_agent.config.model import Config


def test_a_configuration_is_frozen() -> None:
    """Who holds one can rely on it."""
    config = Config()

    with pytest.raises(AttributeError):
        config.strict = True  # type: ignore[misc]  # that is the point


def test_everything_has_a_default() -> None:
    """An agent that is not configured works."""
    config = Config()

    assert ("unknown_service", 60.0, (), True) == (
        config.service.name,
        config.metrics.interval_s,
        config.alerts.rules,
        config.redact.enabled,
    )
