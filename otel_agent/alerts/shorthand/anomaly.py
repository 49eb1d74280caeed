"""
Values unlike those of the past hours, judged robustly.

On the logarithm, because durations and rates are skewed: a value twice as large as usual is as odd as one half as large. The
middle is the median and the spread the median distance from it, so that a past with outliers in it still serves. Spread is
never taken for less than a margin, because what hardly ever moves would be odd at the least touch. Several odd values in a
row are needed.

Source: B. Iglewicz, D. Hoaglin, How to detect and handle outliers, 1993; https://github.com/grafana/promql-anomaly-detection
"""

from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted
from otel_agent.alerts.shorthand.metrics import watched
from otel_agent.config.durations import duration_text
from otel_agent.config.sections.alert_rules import AnomalyRuleSettings
from otel_agent.series.naming import Naming

__all__ = ["anomaly"]

NORMAL_FACTOR = 1.4826
"""From the median distance to the standard deviation of a normal distribution."""
INTERVAL_S = 15.0
"""Time between two values, in seconds: the past is asked for all of them at each."""
LEAST_POINTS = 60
"""Values of the past needed before anything is odd."""


def anomaly(settings: AnomalyRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    Four recorded series and an alert over them.

    Args:
        settings: The entry.
        naming: Which translation of metric names expressions are written in.
    """
    metric, baseline = watched(settings, naming), duration_text(settings.baseline)
    window = duration_text(settings.window)
    if metric.kind == "histogram":
        value = f"rate({metric.selector('_sum')}[{window}]) / rate({metric.selector('_count')}[{window}])"
    elif metric.kind == "counter":
        value = f"rate({metric.selector()}[{window}])"
    else:
        value = f"avg_over_time({metric.selector()}[{window}])"
    base = f"anomaly:{settings.name}"
    recorded = {
        "log": f"ln(({value}) > 0)",
        "median": f"quantile_over_time(0.5, {base}:log[{baseline}])",
        "distance": f"abs({base}:log - {base}:median)",
        "spread": f"{NORMAL_FACTOR} * quantile_over_time(0.5, {base}:distance[{baseline}])",
    }
    away = {"above": f"({base}:log - {base}:median)", "below": f"({base}:median - {base}:log)"}.get(
        settings.direction, f"{base}:distance"
    )
    interval_s = INTERVAL_S if settings.interval is None else settings.interval
    expression = (
        f"{away} / clamp_min({base}:spread, {settings.margin:.15g}) > {settings.sigma:.15g} "
        f"and count_over_time({base}:log[{baseline}]) >= {LEAST_POINTS}"
    )
    summary = f"{settings.metric} is {{{{ $value | humanize }}}} deviations away from its usual value"
    alert = drafted(
        settings, expression, summary, hold_s=max(0.0, settings.in_a_row - 1) * interval_s, interval_s=interval_s
    )
    return [*(RuleDraft(f"{base}:{part}", text, is_recording=True) for part, text in recorded.items()), alert]
