"""Metric and event of findings."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import InstrumentKind, LogEvent, Metric

__all__ = ["EVENTS", "METRICS"]

FINDINGS = Metric(
    "agent.findings",
    InstrumentKind.UP_DOWN_COUNTER,
    "{finding}",
    "Findings that are known.",
    (a.AGENT_FINDING_RULE,),
    is_integer=True,
)

METRICS = (FINDINGS,)

FINDING = LogEvent(
    "agent.finding",
    "Something was found that can be made better; said once for each finding.",
    (
        a.AGENT_FINDING_RULE,
        a.AGENT_FINDING_SUBJECT,
        a.AGENT_FINDING_PLACE,
        a.AGENT_FINDING_FINGERPRINT,
        a.AGENT_FINDING_CONFIDENCE,
        a.AGENT_FINDING_SAVING,
        a.AGENT_FINDING_FIX,
        a.AGENT_FINDING_EVIDENCE,
    ),
)

EVENTS = (FINDING,)
