"""
Rules in a few words: the entries of `alerts.rules`, one class for each kind, and `alerts.overrides`.

Loaded when one of them is given. What a rule means in PromQL is written where it is compiled, in `otel_agent.alerts.shorthand`.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import UNSET, UnsetType, field

from otel_agent.config.kinds import Duration, LabelValue, MetricName, Percentage, Quantity, RuleName, Share
from otel_agent.config.sections.section import ChoiceSettings, EntrySettings, Section

__all__ = [
    "AbsentRuleSettings",
    "AnomalyRuleSettings",
    "BurnRateRuleSettings",
    "CacheHitRateRuleSettings",
    "ExceptionRuleSettings",
    "FindingRuleSettings",
    "MetricRuleSettings",
    "RuleChoiceSettings",
    "RuleOverrideSettings",
    "RuleSettings",
    "SpanErrorsRuleSettings",
    "SpanLatencyRuleSettings",
    "ThresholdRuleSettings",
]


class RuleSettings(EntrySettings, frozen=True, kw_only=True):
    """What a rule of any kind can have."""

    name: RuleName
    """Name of the alert; no two rules have the same."""
    severity: str = "warning"
    """Label `severity` of the alert: info, warning, error, critical, or a word of your own."""
    hold: Duration = 0.0
    """How long the condition must be true before the alert fires; 0: at once."""
    keep_firing_for: Duration = 0.0
    """How long a firing alert goes on firing after its condition is over; 0: it ends with it."""
    interval: Duration | None = None
    """How often it is judged; None: every second, an anomaly every 15 seconds."""
    message: str | None = None
    """What people are told, with places to fill as in `{{ $value }}`; None: a sentence that fits the kind."""
    labels: dict[str, LabelValue] = field(default_factory=dict)
    """Further labels of the alert, by name."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Nothing is judged more often than values are read."""
        if self.interval is not None and self.interval < 1:
            yield "interval", "is shorter than a second, the time between two readings"


class MetricRuleSettings(RuleSettings, frozen=True, kw_only=True):
    """A rule that reads one metric."""

    metric: MetricName
    """Metric as its instrument is named, such as `system.memory.utilization`; without dots, as Prometheus shows it."""
    where: dict[str, LabelValue] = field(default_factory=dict)
    """Attributes the series must have, by name; a value that begins with ~ is a pattern. Empty: every series."""
    kind: Literal["counter", "gauge", "updowncounter", "histogram"] | None = None
    """Kind of the instrument; None: as the catalogue of metrics says, else as the name looks."""
    unit: str | None = None
    """Unit of the instrument, such as `s` or `By`; None: as the catalogue of metrics says."""


class ThresholdRuleSettings(MetricRuleSettings, frozen=True, kw_only=True):
    """A gauge's value, or a counter's growth a second, beyond a limit."""

    above: Quantity | None = None
    """It fires above this; None: `below` is given instead."""
    below: Quantity | None = None
    """It fires below this; None: `above` is given instead."""
    clear_below: Quantity | None = None
    """Once it fires, it ends only below this, which is at most `above`; None: `above` itself."""
    clear_above: Quantity | None = None
    """Once it fires, it ends only above this, which is at least `below`; None: `below` itself."""
    window: Duration | None = None
    """Time over which the value is averaged, or the growth measured; None: the latest value, for a counter one minute."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Either limit is given, and what ends the alert lies on the other side of it."""
        yield from super().problems()
        if (self.above is None) == (self.below is None):
            yield "above", "say either above or below"
        elif self.above is not None:
            if self.clear_above is not None:
                yield "clear_above", "belongs to below; above has clear_below"
            if self.clear_below is not None and self.clear_below > self.above:
                yield "clear_below", f"{self.clear_below:g} is more than above, {self.above:g}; it has to be less"
        elif self.below is not None:
            if self.clear_below is not None:
                yield "clear_below", "belongs to above; below has clear_above"
            if self.clear_above is not None and self.clear_above < self.below:
                yield "clear_above", f"{self.clear_above:g} is less than below, {self.below:g}; it has to be more"


class AbsentRuleSettings(MetricRuleSettings, frozen=True, kw_only=True):
    """A metric without points; for a counter, one that does not grow."""

    hold: Duration = 30.0
    """How long it must be silent before the alert fires."""


class AnomalyRuleSettings(MetricRuleSettings, frozen=True, kw_only=True):
    """A value unlike those of the past hours."""

    sigma: float = 3.5
    """Deviations away from the usual value from which on a value is odd."""
    in_a_row: float = 3.0
    """Odd values in a row, a quarter of a minute apart, before the alert fires; takes the place of `hold`."""
    window: Duration = 60.0
    """Time over which each value is averaged."""
    baseline: Duration = 21_600.0
    """Time that says what is usual."""
    margin: float = 0.05
    """Least spread that is assumed, on the natural logarithm: 0.05 is about 5 %."""
    direction: Literal["both", "above", "below"] = "both"
    """Which side counts."""


class CacheHitRateRuleSettings(RuleSettings, frozen=True, kw_only=True):
    """A cache that answers too few of its lookups; silent while there are too few lookups to tell."""

    cache: str | None = None
    """Name of the cache; None: every cache."""
    below: Share
    """It fires below this share of lookups answered, from 0 to 1."""
    clear_above: Share | None = None
    """Once it fires, it ends only above this share; None: `below` itself."""
    window: Duration = 300.0
    """Time over which lookups are counted."""
    min_lookups: float = 100.0
    """Fewer lookups in the window tell nothing."""


class ExceptionRuleSettings(RuleSettings, frozen=True, kw_only=True):
    """An exception of a type was recorded on a span; evaluated at once when it happens."""

    type: str
    """Class of the exception, with or without its module."""
    window: Duration = 60.0
    """How long one occurrence counts."""


class FindingRuleSettings(RuleSettings, frozen=True, kw_only=True):
    """Something was found that can be made better; it fires as long as the finding is known."""

    name: RuleName = ""
    """Name of the alert; empty: made of the finding's rule, such as `FindingNPlusOne`."""
    rule: (
        Literal[
            "cacheable",
            "n_plus_one",
            "repeated_query",
            "consecutive_calls",
            "slow_query",
            "pool_starvation",
            "blocked_loop",
            "gc_pressure",
            "memory_growth",
            "redundant_tool_calls",
            "sequential_tools",
            "low_value_cache",
            "over_instrumented",
            "lock_wait",
            "busy_polling",
            "baseline",
        ]
        | None
    ) = None
    """Rule of the finding; None: any."""
    at_least: float = 1.0
    """It fires when so many are known."""


class SpanErrorsRuleSettings(RuleSettings, frozen=True, kw_only=True):
    """Too large a share of a span's calls fails; silent while there are too few calls to tell."""

    span: str
    """Name of the span."""
    ratio_above: Share
    """It fires above this share of failed calls, from 0 to 1."""
    window: Duration = 300.0
    """Time over which calls are counted."""
    min_calls: float = 20.0
    """Fewer calls in the window tell nothing."""


class SpanLatencyRuleSettings(RuleSettings, frozen=True, kw_only=True):
    """A quantile of a span's duration is too long; silent while there are too few calls to tell."""

    span: str
    """Name of the span."""
    quantile: Share = 0.99
    """Share of calls that are as quick, from 0 to 1."""
    above: Quantity
    """It fires when they take longer, in seconds or as a length of time: `250ms`."""
    window: Duration = 300.0
    """Time over which calls are counted."""
    min_calls: float = 20.0
    """Fewer calls in the window tell nothing."""


class BurnRateRuleSettings(RuleSettings, frozen=True, kw_only=True):
    """How fast the error budget of an objective is used up: `name` pages, `nameSlow` is a ticket."""

    severity: str = "critical"
    """Label `severity` of the alert that pages; the ticket's is `warning`."""
    objective: Percentage
    """Percentage of calls that succeed, such as 99.9."""
    period: Duration = 2_592_000.0
    """Time the objective is for."""
    span: str | None = None
    """Span whose calls are counted; None: `bad` and `total` are given."""
    bad: str | None = None
    """Selector of the counter of bad events; None: `span` is given."""
    total: str | None = None
    """Selector of the counter of all events; None: `span` is given."""
    min_bad: float = 10.0
    """Fewer bad events are no trend."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """There is a span, or there are both counters."""
        yield from super().problems()
        counters = (self.bad, self.total)
        is_right = None not in counters if self.span is None else counters == (None, None)
        if not is_right:
            yield "span", "say either span, or both bad and total, which are selectors of counters"


class RuleChoiceSettings(ChoiceSettings, frozen=True, kw_only=True):
    """A rule: its kind, and the settings of the kind."""

    absent: AbsentRuleSettings | UnsetType = UNSET
    """A metric that is silent."""
    anomaly: AnomalyRuleSettings | UnsetType = UNSET
    """A metric unlike itself."""
    burn_rate: BurnRateRuleSettings | UnsetType = UNSET
    """An error budget used up too fast."""
    cache_hit_rate: CacheHitRateRuleSettings | UnsetType = UNSET
    """A cache that answers too little."""
    exception: ExceptionRuleSettings | UnsetType = UNSET
    """An exception that happened."""
    finding: FindingRuleSettings | UnsetType = UNSET
    """Something that can be made better."""
    span_errors: SpanErrorsRuleSettings | UnsetType = UNSET
    """A span that fails too often."""
    span_latency: SpanLatencyRuleSettings | UnsetType = UNSET
    """A span that takes too long."""
    threshold: ThresholdRuleSettings | UnsetType = UNSET
    """A metric beyond a limit."""


class RuleOverrideSettings(Section, frozen=True, kw_only=True):
    """What differs for one rule, which a rule file has no words for."""

    no_data: Literal["ok", "alert", "keep"] | None = None
    """
    What it means when nothing the rule reads is there: `ok`: nothing, `alert`: an alert of its own, `keep`: all stays as it is.
    None: `ok`.
    """
    on_error: Literal["keep", "alert", "ok"] | None = None
    """
    What an evaluation that fails means: `keep`: all stays as it is, `alert`: an alert of its own, `ok`: nothing is active. None:
    `keep`.
    """
