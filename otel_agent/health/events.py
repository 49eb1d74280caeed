"""
Log event of a change of health.

Whoever emits it passes the fields to a logger; nothing here knows of OpenTelemetry's packages.
"""

from dataclasses import dataclass

from otel_agent.catalog import attributes as a
from otel_agent.catalog.alerts_and_health import HEALTH_TRANSITION
from otel_agent.health.reports import HealthChange
from otel_agent.health.states import HealthState

__all__ = ["EVENT_NAME", "HealthEvent", "health_event"]

EVENT_NAME = HEALTH_TRANSITION.name
INFO, WARNING, ERROR = 9, 13, 17
"""Severity numbers of OpenTelemetry's log data model."""
_SEVERITIES = {
    HealthState.UNHEALTHY: ERROR,
    HealthState.DEGRADED: WARNING,
    HealthState.UNKNOWN: WARNING,
    HealthState.HEALTHY: INFO,
}


@dataclass(frozen=True)
class HealthEvent:
    """The fields of one log event."""

    severity_number: int
    """As the log data model has it; what became healthy is information."""
    body: str
    """One line for people."""
    attributes: dict[str, str]
    """Attributes of the catalogue's event."""


def health_event(change: HealthChange) -> HealthEvent:
    """
    The log event of a change.

    Args:
        change: The change.

    Returns:
        The event, named `EVENT_NAME`.
    """
    attributes = {
        a.AGENT_HEALTH_COMPONENT.name: change.name,
        a.AGENT_HEALTH_STATE_FROM.name: change.before.value,
        a.AGENT_HEALTH_STATE_TO.name: change.after.value,
    }
    if change.message:
        attributes[a.AGENT_HEALTH_MESSAGE.name] = change.message
    words = f": {change.message}" if change.message else ""
    return HealthEvent(_SEVERITIES[change.after], f"health of {change.name} is {change.after.value}{words}", attributes)
