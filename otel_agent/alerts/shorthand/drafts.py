"""A rule as it comes out of an entry, before it is read like any other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otel_agent.config.durations import duration_text
from otel_agent.config.sections.alert_rules import RuleSettings

__all__ = ["RuleDraft", "drafted", "quoted"]


@dataclass(frozen=True)
class RuleDraft:
    """One rule in the words of a rule file."""

    name: str
    """Name of the alert or of the recorded series."""
    expression: str
    """PromQL."""
    is_recording: bool = False
    """Whether it is recorded."""
    hold_s: float = 0.0
    """`for`, in seconds."""
    keep_s: float = 0.0
    """`keep_firing_for`, in seconds."""
    severity: str = "warning"
    """The severity label."""
    summary: str = ""
    """For people, with places to fill."""
    is_woken: bool = False
    """Whether an event has it evaluated at once."""
    interval_s: float = 1.0
    """How often it is evaluated, in seconds."""
    value: str = ""
    """PromQL of what is compared, which is read when the alert ends to say at what; empty: nothing is."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """More labels."""

    def as_rule(self) -> dict[str, Any]:
        """As a rule file has it."""
        if self.is_recording:
            return {"record": self.name, "expr": self.expression}
        rule: dict[str, Any] = {"alert": self.name, "expr": self.expression}
        if self.hold_s:
            rule["for"] = duration_text(self.hold_s)
        if self.keep_s:
            rule["keep_firing_for"] = duration_text(self.keep_s)
        rule["labels"] = {"severity": self.severity, **self.labels}
        if self.summary:
            rule["annotations"] = {"summary": self.summary}
        return rule


def drafted(settings: RuleSettings, expression: str, summary: str, **more: Any) -> RuleDraft:
    """
    Make a draft with what every entry may have: severity, message, hold, keep_firing_for, labels, interval.

    Args:
        settings: The entry.
        expression: PromQL.
        summary: Said unless the entry has a `message`.
        more: Fields of `RuleDraft` that replace what the entry says.
    """
    written: dict[str, Any] = {
        "name": settings.name,
        "hold_s": settings.hold,
        "keep_s": settings.keep_firing_for,
        "severity": settings.severity,
        "summary": summary if settings.message is None else settings.message,
        "labels": settings.labels,
        "interval_s": 1.0 if settings.interval is None else settings.interval,
    }
    return RuleDraft(expression=expression, **(written | more))


def quoted(text: str) -> str:
    """
    A string as PromQL writes it.

    Args:
        text: Any string.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
