"""Rules and groups of rules, as they are once they have been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from otel_agent.alerts.promql.parsing import Expression
from otel_agent.alerts.rules.templates import Template

__all__ = ["DEFAULT_INTERVAL_S", "ErrorPolicy", "NoDataPolicy", "Rule", "RuleGroup"]

DEFAULT_INTERVAL_S = 15.0
"""Interval of a group that has none of its own, in seconds."""

NoDataPolicy = Literal["ok", "alert", "keep"]
ErrorPolicy = Literal["keep", "alert", "ok"]


@dataclass(frozen=True)
class Rule:
    """One rule: an alert, or a series to record."""

    name: str
    """Name of the alert, or of the recorded series."""
    expression: Expression
    """Expression whose value is recorded, or has an element for each active alert."""
    is_recording: bool = False
    """Whether the value is recorded as a series instead."""
    hold_s: float = 0.0
    """`for`: how long an alert must be active before it fires, in seconds; 0 fires at once."""
    keep_firing_for_s: float = 0.0
    """How long a firing alert goes on firing after its condition is over, in seconds."""
    labels: Mapping[str, Template] = field(default_factory=dict)
    """Labels that are added; those of an alert may have places to fill."""
    annotations: Mapping[str, Template] = field(default_factory=dict)
    """Texts for people, with places to fill."""
    value: Expression | None = None
    """What it compares, read when an alert ends so that its texts say at what; `None`: they say what was read last."""
    source: str = ""
    """File and line it stands in: "alerts.yml:12"."""
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
    """Name of the group, unique within its file."""
    rules: tuple[Rule, ...]
    """Rules in order; later ones see what earlier ones recorded."""
    interval_s: float = DEFAULT_INTERVAL_S
    """Time between two evaluations, in seconds."""
    limit: int = 0
    """Alerts, or series, that a rule of the group may give; more is an error. 0 allows any number."""
    query_offset_s: float = 0.0
    """How far in the past the rules are evaluated, in seconds."""
    source: str = ""
    """File and line it stands in: "alerts.yml:3"."""
    labels: Mapping[str, Template] = field(default_factory=dict)
    """Labels that the group gives to its rules; they have them already."""
    has_interval: bool = True
    """Whether the interval is its own; false: it is ours for groups without one."""
    is_woken: bool = False
    """Whether an event may have it evaluated before its time."""
