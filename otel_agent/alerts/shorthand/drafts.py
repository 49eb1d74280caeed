"""A rule as it comes out of an entry, before it is read like any other."""

from dataclasses import dataclass, field
from typing import Any

from otel_agent.alerts.rules.durations import duration_text
from otel_agent.alerts.shorthand.fields import Fields

__all__ = ["RuleDraft", "drafted"]


@dataclass(frozen=True)
class RuleDraft:
    """One rule in the words of a rule file."""

    name: str
    """Of the alert or the recorded series."""
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
    interval_s: float = 15.0
    """How often it is evaluated, in seconds."""
    labels: dict[str, str] = field(default_factory=dict)
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


def drafted(fields: Fields, name: str, expression: str, summary: str, **more: Any) -> RuleDraft:
    """
    Make a draft with the fields every entry may have: severity, message, hold, keep_firing_for, labels.

    Args:
        fields: The entry.
        name: Of the alert.
        expression: PromQL.
        summary: Said unless the entry has a `message`.
        more: Fields of `RuleDraft` that replace what the entry says.
    """
    written = {
        "hold_s": fields.duration("hold", 0.0),
        "keep_s": fields.duration("keep_firing_for", 0.0),
        "severity": fields.text("severity", "warning"),
        "summary": fields.text("message", summary),
        "labels": fields.texts("labels"),
    }
    return RuleDraft(name, expression, **(written | more))
