"""Metrics and events of alerts and health checks."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import InstrumentKind, LogEvent, Metric

__all__ = ["EVENTS", "METRICS"]

# One point for each state, 1 for the present one and 0 for the others, is how OpenTelemetry writes down a state.
# Source: https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/general/naming.md
ALERT_STATUS = Metric(
    "agent.alert.status",
    InstrumentKind.UP_DOWN_COUNTER,
    "1",
    "1 for the state a rule is in, 0 for the others.",
    (a.ALERT_RULE_NAME, a.AGENT_ALERT_STATE, a.AGENT_ALERT_SEVERITY),
    is_integer=True,
)
HEALTH_STATUS = Metric(
    "agent.health.status",
    InstrumentKind.UP_DOWN_COUNTER,
    "1",
    "1 for the state a check is in, 0 for the others.",
    (a.AGENT_HEALTH_COMPONENT, a.AGENT_HEALTH_STATE),
    is_integer=True,
)
HEALTH_CHECK_DURATION = Metric(
    "agent.health.check.duration",
    InstrumentKind.GAUGE,
    "s",
    "How long the last run of a check took.",
    (a.AGENT_HEALTH_COMPONENT,),
)

METRICS = (ALERT_STATUS, HEALTH_STATUS, HEALTH_CHECK_DURATION)

ALERT_TRANSITION = LogEvent(
    "agent.alert.transition",
    "An alert began to wait, fired, or was resolved.",
    (
        a.ALERT_RULE_NAME,
        a.AGENT_ALERT_STATE_FROM,
        a.AGENT_ALERT_STATE_TO,
        a.AGENT_ALERT_SEVERITY,
        a.AGENT_ALERT_VALUE,
        a.AGENT_ALERT_FINGERPRINT,
    ),
)

HEALTH_TRANSITION = LogEvent(
    "agent.health.transition",
    "A check, a threshold, or the agent as a whole, went from one state of health to another.",
    (a.AGENT_HEALTH_COMPONENT, a.AGENT_HEALTH_STATE_FROM, a.AGENT_HEALTH_STATE_TO, a.AGENT_HEALTH_MESSAGE),
)

EVENTS = (ALERT_TRANSITION, HEALTH_TRANSITION)
