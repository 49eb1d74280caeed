"""Values that are too high, too low or missing, and caches that miss too often."""

from otel_agent.alerts.rules.durations import duration_text
from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted
from otel_agent.alerts.shorthand.fields import Fields, quoted
from otel_agent.alerts.shorthand.metrics import watched
from otel_agent.series.naming import Naming

__all__ = ["absent", "cache_hit_rate", "threshold", "with_hysteresis"]


def with_hysteresis(name: str, value: str, sign: str, limit: float, clear: float | None) -> str:
    """
    A comparison that, once an alert fires, only ends at another value.

    Args:
        name: Of the alert.
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


def _limit(fields: Fields) -> tuple[str, float, float | None]:
    above, below = fields.quantity("above", None), fields.quantity("below", None)
    if (above is None) == (below is None):
        fields.say("above", "say either above or below")
        return ">", 0.0, None
    if above is not None:
        clear = fields.quantity("clear_below", None)
        if clear is not None and clear > above:
            fields.say("clear_below", f"{clear:g} is more than above, {above:g}; it has to be less")
        return ">", above, clear
    clear = fields.quantity("clear_above", None)
    if clear is not None and clear < below:
        fields.say("clear_above", f"{clear:g} is less than below, {below:g}; it has to be more")
    return "<", below, clear


def threshold(fields: Fields, naming: Naming) -> list[RuleDraft]:
    """
    A gauge's value, or a counter's growth a second, beyond a limit.

    Args:
        fields: name, metric, where, above or below, clear_below or clear_above, window, hold.
        naming: Which translation.
    """
    name, metric = fields.name(), watched(fields, naming)
    sign, limit, clear = _limit(fields)
    window_s = fields.duration("window", None)
    value = metric.selector()
    if metric.kind == "counter":
        value = f"rate({value}[{duration_text(window_s or 60.0)}])"
    elif metric.kind == "histogram":
        fields.say("metric", "is a histogram; use span_latency, or write a rule with histogram_quantile")
    elif window_s:
        value = f"avg_over_time({value}[{duration_text(window_s)}])"
    words = "above" if sign == ">" else "below"
    summary = f"{fields.text('metric')} is {{{{ $value | humanize }}}}, {words} {limit:.15g}"
    # `ignoring` has to know every label that the rule adds to its alerts.
    expression = with_hysteresis(name, value, sign, limit, clear)
    draft = drafted(fields, name, expression, summary)
    if clear is not None and draft.labels:
        names = ", ".join(("alertname", "alertstate", "severity", *draft.labels))
        expression = expression.replace("alertname, alertstate, severity", names)
        return [drafted(fields, name, expression, summary)]
    return [draft]


def absent(fields: Fields, naming: Naming) -> list[RuleDraft]:
    """
    A metric without points; for a counter, one that does not grow.

    Args:
        fields: name, metric, where, hold.
        naming: Which translation.
    """
    name, metric = fields.name(), watched(fields, naming)
    hold_s = fields.duration("hold", 30.0)
    selector = metric.selector("_count" if metric.kind == "histogram" else "")
    if metric.kind in ("counter", "histogram"):
        expression = f"absent(increase({selector}[{duration_text(max(hold_s, 2.0))}]) > 0)"
    elif metric.kind == "unknown" and "." in str(fields.text("metric")):
        more = f", {metric.conditions}" if metric.conditions else ""
        expression = f'absent({{__name__=~"{metric.name}(_total)?"{more}}})'
    else:
        expression = f"absent({selector})"
    return [drafted(fields, name, expression, f"{fields.text('metric')} is silent", hold_s=hold_s)]


def cache_hit_rate(fields: Fields, naming: Naming) -> list[RuleDraft]:
    """
    A cache that answers too few of its lookups; silent while there are too few lookups to tell.

    Args:
        fields: name, cache, below, clear_above, window, min_lookups.
        naming: Which translation.
    """
    del naming
    name, cache = fields.name(), fields.text("cache", None)
    below, clear = fields.share("below"), fields.share("clear_above", None)
    window, least = duration_text(fields.duration("window", 300.0)), fields.number("min_lookups", 100.0)
    chosen = f"agent_cache_name={quoted(cache)}" if cache else ""
    missed = ", ".join(part for part in (chosen, 'agent_cache_result="miss"') if part)
    by = "sum by (job, agent_cache_name)"
    braces = f"{{{chosen}}}" if chosen else ""
    lookups = f"{by} (increase(agent_cache_requests_total{braces}[{window}]))"
    # Through the misses, because a cache that never hit has no series of hits.
    misses = f"{by} (increase(agent_cache_requests_total{{{missed}}}[{window}]))"
    rate = f"(1 - {misses} / {lookups})"
    expression = f"({with_hysteresis(name, rate, '<', below or 0.0, clear)}) and {lookups} >= {least:.15g}"
    summary = "cache {{ $labels.agent_cache_name }} answers {{ $value | humanizePercentage }} of its lookups"
    return [drafted(fields, name, expression, summary)]
