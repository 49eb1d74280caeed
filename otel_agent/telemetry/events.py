"""Changes of alerts and of health as log events of OpenTelemetry's, on their way out like every other record."""

from typing import TYPE_CHECKING, Any

from otel_agent.clock import wall_ns
from otel_agent.logs import otel

if TYPE_CHECKING:
    from otel_agent.alerts.states import Transition  # heavy, and not needed without rules
    from otel_agent.health.reports import HealthChange

__all__ = ["SCOPE", "emit_alert", "emit_health"]

SCOPE = "otel_agent"
"""Instrumentation scope of what this package measures and says itself."""


def emit_alert(provider: Any, transition: "Transition") -> None:
    """
    Say that an alert has changed.

    Args:
        provider: The logger provider.
        transition: What changed; flapping that begins or ends is no event.
    """
    from otel_agent.alerts.events import EVENT_NAME, transition_event

    event = transition_event(transition)
    if event is not None:
        otel.emit_event(
            provider,
            SCOPE,
            EVENT_NAME,
            body=event.body,
            time_ns=event.time_ns,
            severity_number=event.severity_number,
            attributes=dict(event.attributes),
            trace_id=event.trace_id,
        )


def emit_health(provider: Any, change: "HealthChange") -> None:
    """
    Say that the health of a component, or of the whole, has changed.

    Args:
        provider: The logger provider.
        change: What changed.
    """
    from otel_agent.health.events import EVENT_NAME, health_event

    event = health_event(change)
    otel.emit_event(
        provider,
        SCOPE,
        EVENT_NAME,
        body=event.body,
        time_ns=wall_ns(),
        severity_number=event.severity_number,
        attributes=dict(event.attributes),
    )
