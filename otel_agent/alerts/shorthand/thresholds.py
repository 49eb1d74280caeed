"""Values that are too high, too low or missing, and caches that miss too often."""

from dataclasses import dataclass

from otel_agent.alerts.rules import humanize
from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted, quoted
from otel_agent.alerts.shorthand.metrics import Watched, watched
from otel_agent.config.durations import duration_text
from otel_agent.config.sections.alert_rules import AbsentRuleSettings, CacheHitRateRuleSettings, ThresholdRuleSettings
from otel_agent.errors import RuleError
from otel_agent.series.naming import Naming

__all__ = ["absent", "cache_hit_rate", "threshold", "with_hysteresis"]

_LARGE = 9999.0
"""Larger numbers have a prefix."""


def with_hysteresis(name: str, value: str, sign: str, limit: float, clear: float | None) -> str:
    """
    A comparison that, once an alert fires, only ends at another value.

    Args:
        name: Name of the alert.
        value: PromQL that gives a vector.
        sign: ">" or "<".
        limit: What is compared with.
        clear: What it has to come back to; `None` for the limit itself.
    """
    bare = f"{value} {sign} {limit:.15g}"
    if clear is None:
        return bare
    fires = f'ALERTS{{alertname={quoted(name)}, alertstate="firing"}} == 1'
    return f"{bare} or ({value} {sign} {clear:.15g} and ignoring (alertname, alertstate, severity) {fires})"


def threshold(settings: ThresholdRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    A gauge's value, or a counter's growth a second, beyond a limit.

    Args:
        settings: The entry.
        naming: Which translation of metric names expressions are written in.

    Raises:
        RuleError: The metric is a histogram, which has no single value.
    """
    metric = watched(settings, naming)
    if metric.kind == "histogram":
        advice = "use span_latency, or write a rule with histogram_quantile"
        raise RuleError([f"{settings.path}.metric: is a histogram; {advice}"])
    if settings.above is not None:
        sign, words, limit, clear = ">", "above", settings.above, settings.clear_below
    else:
        sign, words, limit, clear = "<", "below", settings.below or 0.0, settings.clear_above
    value = metric.selector()
    if metric.kind == "counter":
        value = f"rate({value}[{duration_text(settings.window or 60.0)}])"
    elif settings.window:
        value = f"avg_over_time({value}[{duration_text(settings.window)}])"
    shown, limits = _written(metric, limit), [_written(metric, one).limit for one in (limit, clear) if one is not None]
    summary = f"{settings.metric} {shown.verb} {shown.value}{shown.after}, {_judged(sign, words, limit, clear, limits)}"
    expression = with_hysteresis(settings.name, value, sign, limit, clear)
    if clear is not None and settings.labels:
        # `ignoring` has to know every label that the rule adds to its alerts.
        names = ", ".join(("alertname", "alertstate", "severity", *settings.labels))
        expression = expression.replace("alertname, alertstate, severity", names)
    return [drafted(settings, expression, summary, value=value)]


@dataclass(frozen=True)
class _WrittenValue:
    """How a person reads values of a metric."""

    value: str
    """Template of the value."""
    limit: str
    """The limit, written alike."""
    verb: str = "is"
    """What the metric does: it is so much, or grows by so much."""
    after: str = ""
    """What comes behind the value."""


def _written(metric: Watched, limit: float) -> _WrittenValue:
    plain = '{{ if or (gt $value 9999.0) (lt $value -9999.0) }}{{ $value | humanize }}{{ else }}{{ $value | printf "%.4g" }}{{ end }}'
    value, written = plain, humanize.number(limit) if abs(limit) >= _LARGE else f"{limit:.15g}"
    if metric.is_ratio:
        value, written = "{{ $value | humanizePercentage }}", humanize.percentage(limit)
    elif metric.unit == "By":
        value, written = "{{ $value | humanize1024 }}B", f"{humanize.number_1024(limit)}B"
    elif metric.unit == "s" and metric.kind != "counter":
        value, written = "{{ $value | humanizeDuration }}", humanize.duration(limit)
    if metric.kind == "counter":
        return _WrittenValue(value, written, "grows by", " a second")
    return _WrittenValue(value, written)


def _judged(sign: str, words: str, limit: float, clear: float | None, limits: list[str]) -> str:
    """What a value means: beyond the limit, on its way back, or over."""
    function = {">": "gt", "<": "lt"}[sign]
    fires = f"{{{{ if {function} $value {_float(limit)} }}}}{words} {limits[0]}"
    if clear is None:
        return f"{fires}{{{{ else }}}}no longer {words} {limits[0]}{{{{ end }}}}"
    back = {">": "below", "<": "above"}[sign]
    held = f"{{{{ else if {function} $value {_float(clear)} }}}}not yet {back} {limits[1]}"
    return f"{fires}{held}{{{{ else }}}}back {back} {limits[1]}{{{{ end }}}}"


def _float(number: float) -> str:
    """A number that Go's templates compare with a float."""
    text = f"{number:.15g}"
    return text if set(text) & set(".e") else f"{text}.0"


def absent(settings: AbsentRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    A metric without points; for a counter, one that does not grow.

    Args:
        settings: The entry.
        naming: Which translation of metric names expressions are written in.
    """
    metric = watched(settings, naming)
    selector = metric.selector("_count" if metric.kind == "histogram" else "")
    if metric.kind in ("counter", "histogram"):
        expression = f"absent(increase({selector}[{duration_text(max(settings.hold, 2.0))}]) > 0)"
    elif metric.kind == "unknown" and "." in settings.metric:
        more = f", {metric.conditions}" if metric.conditions else ""
        expression = f'absent({{__name__=~"{metric.name}(_total)?"{more}}})'
    else:
        expression = f"absent({selector})"
    return [drafted(settings, expression, f"{settings.metric} is silent")]


def cache_hit_rate(settings: CacheHitRateRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    A cache that answers too few of its lookups; silent while there are too few lookups to tell.

    Args:
        settings: The entry.
        naming: Not needed; the metric of caches is named as Prometheus shows it.
    """
    del naming
    window = duration_text(settings.window)
    chosen = f"agent_cache_name={quoted(settings.cache)}" if settings.cache else ""
    missed = ", ".join(part for part in (chosen, 'agent_cache_result="miss"') if part)
    by = "sum by (job, agent_cache_name)"
    braces = f"{{{chosen}}}" if chosen else ""
    lookups = f"{by} (increase(agent_cache_requests_total{braces}[{window}]))"
    # Through the misses, because a cache that never hit has no series of hits.
    misses = f"{by} (increase(agent_cache_requests_total{{{missed}}}[{window}]))"
    value = f"(1 - {misses} / {lookups})"
    compared = with_hysteresis(settings.name, value, "<", settings.below, settings.clear_above)
    expression = f"({compared}) and {lookups} >= {settings.min_lookups:.15g}"
    summary = "cache {{ $labels.agent_cache_name }} answers {{ $value | humanizePercentage }} of its lookups"
    return [drafted(settings, expression, summary, value=value)]
