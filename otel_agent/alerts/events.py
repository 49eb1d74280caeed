"""
Log events of alerts: a change is one event, with the trace that shows what happened.

Whoever emits it passes the fields to a logger; nothing here knows of OpenTelemetry's packages.

Source: https://github.com/open-telemetry/semantic-conventions/pull/1081
"""

from dataclasses import dataclass

from otel_agent.alerts.states import AlertState, Transition

__all__ = ["EVENT_NAME", "TransitionEvent", "transition_event"]

EVENT_NAME = "agent.alert.transition"
INFO, WARNING, ERROR, FATAL = 9, 13, 17, 21
"""Severity numbers of OpenTelemetry's log data model."""
_SEVERITIES = {"info": INFO, "none": INFO, "warning": WARNING, "error": ERROR, "critical": FATAL}


@dataclass(frozen=True)
class TransitionEvent:
    """The fields of one log event."""

    time_ns: int
    """Moment of the change, in nanoseconds since 1970."""
    severity_number: int
    """Severity number of the log data model; what is not firing is information."""
    body: str
    """One line for people."""
    attributes: dict[str, str | float]
    """Attributes of the event, as the catalogue has them."""
    trace_id: int
    """Id of the trace that shows what happened; 0 for none."""


def transition_event(transition: Transition) -> TransitionEvent | None:
    """
    The log event of a change of an alert.

    Args:
        transition: The change.

    Returns:
        The event; `None` when only flapping began or ended.
    """
    if transition.before is transition.after:
        return None
    alert = transition.alert
    is_firing = transition.after is AlertState.FIRING
    words = alert.annotations.get("summary", "")
    said = "resolved" if transition.before is AlertState.FIRING else transition.after.value
    return TransitionEvent(
        time_ns=transition.at_ms * 1_000_000,
        severity_number=_SEVERITIES.get(alert.severity, WARNING) if is_firing else INFO,
        body=f"alert {alert.rule_name} {said}{f': {words}' if words else ''}",
        attributes={
            "alert.rule.name": alert.rule_name,
            "agent.alert.state.from": transition.before.value,
            "agent.alert.state.to": transition.after.value,
            "agent.alert.severity": alert.severity,
            "agent.alert.value": alert.value,
            "agent.alert.fingerprint": alert.fingerprint,
        },
        trace_id=int(alert.trace_ids[0], 16) if alert.trace_ids else 0,
    )
