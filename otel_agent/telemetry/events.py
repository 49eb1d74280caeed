"""Changes of alerts and of health, and new findings, as log events of OpenTelemetry's, on their way out like every other record."""

from typing import TYPE_CHECKING, Any

from otel_agent.clock import wall_ns
from otel_agent.late_imports import late_module
from otel_agent.logs import otel

if TYPE_CHECKING:
    from otel_agent.alerts import events as alert_events
    from otel_agent.alerts.states import Transition
    from otel_agent.health import events as health_events
    from otel_agent.health.reports import HealthChange
    from otel_agent.insight import events as finding_events
    from otel_agent.insight.findings import Finding
else:
    alert_events = late_module("otel_agent.alerts.events")
    health_events = late_module("otel_agent.health.events")
    finding_events = late_module("otel_agent.insight.events")

__all__ = ["SCOPE", "emit_alert", "emit_finding", "emit_health"]

SCOPE = "otel_agent"
"""Instrumentation scope of what this package measures and says itself."""


def emit_alert(provider: Any, transition: "Transition") -> None:
    """
    Say that an alert has changed.

    Args:
        provider: Logger provider that takes the event.
        transition: Change of an alert's state; flapping that begins or ends is no event.
    """
    event = alert_events.transition_event(transition)
    if event is not None:
        otel.emit_event(
            provider,
            SCOPE,
            alert_events.EVENT_NAME,
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
        provider: Logger provider that takes the event.
        change: Change of a component's state, or of the whole.
    """
    event = health_events.health_event(change)
    otel.emit_event(
        provider,
        SCOPE,
        health_events.EVENT_NAME,
        body=event.body,
        time_ns=wall_ns(),
        severity_number=event.severity_number,
        attributes=dict(event.attributes),
    )


def emit_finding(provider: Any, finding: "Finding") -> None:
    """
    Say that something was found.

    Args:
        provider: Logger provider that takes the event.
        finding: A finding that is new.
    """
    event = finding_events.finding_event(finding)
    otel.emit_event(
        provider,
        SCOPE,
        finding_events.EVENT_NAME,
        body=event.body,
        time_ns=wall_ns(),
        severity_number=event.severity_number,
        attributes=dict(event.attributes),
        trace_id=event.trace_id,
    )
