"""
Log event of a finding that is new.

Whoever emits it passes the fields to a logger; nothing here knows of OpenTelemetry's packages.
"""

import json
from dataclasses import dataclass

from otel_agent.catalog import attributes as a
from otel_agent.catalog.insight import FINDING
from otel_agent.insight.findings import Finding

__all__ = ["EVENT_NAME", "FindingEvent", "finding_event"]

EVENT_NAME = FINDING.name
INFO = 9
"""Severity number: a finding is an advice, nothing that went wrong."""


@dataclass(frozen=True)
class FindingEvent:
    """The fields of one log event."""

    severity_number: int
    """As the log data model has it."""
    body: str
    """One line for people."""
    attributes: dict[str, str | float]
    """Attributes of the catalogue's event."""
    trace_id: int
    """A trace that shows it; 0 for none."""


def finding_event(finding: Finding) -> FindingEvent:
    """
    The log event of a finding.

    Args:
        finding: The finding, when it is first seen.

    Returns:
        The event, named `EVENT_NAME`.
    """
    attributes: dict[str, str | float] = {
        a.AGENT_FINDING_RULE.name: finding.rule,
        a.AGENT_FINDING_SUBJECT.name: finding.subject,
        a.AGENT_FINDING_FINGERPRINT.name: finding.fingerprint,
        a.AGENT_FINDING_CONFIDENCE.name: finding.confidence,
        a.AGENT_FINDING_FIX.name: finding.fix,
        a.AGENT_FINDING_EVIDENCE.name: json.dumps(dict(finding.evidence)),
    }
    if finding.place:
        attributes[a.AGENT_FINDING_PLACE.name] = finding.place
    if finding.saving_s_per_min is not None:
        attributes[a.AGENT_FINDING_SAVING.name] = finding.saving_s_per_min
    trace_id = int(finding.trace_ids[0], 16) if finding.trace_ids else 0
    return FindingEvent(INFO, str(finding), attributes, trace_id)
