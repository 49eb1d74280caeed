"""The section `alerts`, read as the agent reads it, for tests of whatever is built from it."""

from typing import Any

from otel_agent.config.loading import load
from otel_agent.config.sections.alerts import AlertsSettings

__all__ = ["alert_problems", "alert_settings"]


def alert_settings(**settings: Any) -> AlertsSettings:
    """Right settings: rules, notifiers, routes, …, as a configuration file has them."""
    loaded = load({"config": {"alerts": settings}}, environ={}, directory="/nowhere", script="s.py")

    assert () == loaded.problems
    return loaded.config.alerts


def alert_problems(**settings: Any) -> tuple[AlertsSettings, tuple[str, ...]]:
    """What is left of settings that may be wrong, and what is said about them."""
    loaded = load({"config": {"alerts": settings}}, environ={}, directory="/nowhere", script="s.py")
    return loaded.config.alerts, loaded.problems
