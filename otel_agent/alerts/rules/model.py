"""What a rule is, once it has been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from otel_agent.alerts.promql.parsing import Expression
from otel_agent.alerts.rules.templates import Template

__all__ = ["DEFAULT_INTERVAL_S", "ErrorPolicy", "NoDataPolicy", "Rule", "RuleGroup"]

DEFAULT_INTERVAL_S = 15.0
"""How often a group is evaluated that does not say."""

NoDataPolicy = Literal["ok", "alert", "keep"]
ErrorPolicy = Literal["keep", "alert", "ok"]


@dataclass(frozen=True)
class Rule:
    """One rule: an alert, or a series to record."""

    name: str
    """Of the alert, or of the recorded series."""
    expression: Expression
    """An alert is active for each element of its value."""
    is_recording: bool = False
    """Whether the value is recorded as a series instead."""
    hold_s: float = 0.0
    """`for`: how long an alert must be active before it fires, in seconds; 0 fires at once."""
    keep_firing_for_s: float = 0.0
    """How long a firing alert goes on firing after its condition is over, in seconds."""
    labels: Mapping[str, Template] = field(default_factory=dict)
    """Labels added; those of an alert may have places to fill."""
    annotations: Mapping[str, Template] = field(default_factory=dict)
    """Texts for people, with places to fill."""
    source: str = ""
    """Where it stands: "alerts.yml:12"."""
    no_data: NoDataPolicy = "ok"
    """What it means when nothing the expression reads is there: nothing, an alert of its own, or that all stays as it is."""
    on_error: ErrorPolicy = "keep"
    """What an evaluation that fails means: that all stays as it is, an alert of its own, or that nothing is active."""

    @property
    def severity(self) -> str:
        """The severity label as written, or "none"."""
        return self.labels["severity"].text if "severity" in self.labels else "none"


@dataclass(frozen=True)
class RuleGroup:
    """Rules evaluated together, in order, at one moment."""

    name: str
    """Unique within its file."""
    rules: tuple[Rule, ...]
    """Later ones see what earlier ones recorded."""
    interval_s: float = DEFAULT_INTERVAL_S
    """How often, in seconds."""
    limit: int = 0
    """Alerts, or series, a rule of it may give; more is an error. 0: any number."""
    query_offset_s: float = 0.0
    """How far in the past it is evaluated, in seconds."""
    source: str = ""
    """Where it stands: "alerts.yml:3"."""
    is_woken: bool = False
    """Whether an event may have it evaluated before its time."""
