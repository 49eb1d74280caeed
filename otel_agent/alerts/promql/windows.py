"""
One number out of the values of a range: the functions that end in `_over_time`, and their kin.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#aggregation_over_time
"""

import math
from collections.abc import Callable

from otel_agent.alerts.promql.values import mean, quantile, total, variance
from otel_agent.series.histograms import HistogramWindow
from otel_agent.series.rings import Window

__all__ = ["COUNTED", "SUMMARIES", "changes", "mad", "resets", "smoothed"]


def _extreme(choose: Callable[..., float]) -> Callable[[Window], float]:
    def extreme(window: Window) -> float:
        found = choose(window.values)
        if any(map(math.isnan, window.values)):
            known = [value for value in window.values if not math.isnan(value)]
            return choose(known) if known else math.nan
        return found

    return extreme


def mad(window: Window) -> float:
    """
    The median distance from the median.

    Args:
        window: At least one value.
    """
    center = quantile(0.5, window.values)
    return quantile(0.5, [abs(value - center) for value in window.values])


def changes(window: Window | HistogramWindow) -> float:
    """
    How often the value changed.

    Args:
        window: At least one value.
    """
    pairs = zip(window.values, window.values[1:], strict=False)
    return float(sum(not (before == after or _are_nan(before, after)) for before, after in pairs))


def _are_nan(before: object, after: object) -> bool:
    return isinstance(before, float) and isinstance(after, float) and math.isnan(before) and math.isnan(after)


def resets(window: Window | HistogramWindow) -> float:
    """
    How often a counter began anew.

    Args:
        window: At least one value.
    """
    if isinstance(window, HistogramWindow):
        return float(sum(b.is_reset_after(a) for a, b in zip(window.values, window.values[1:], strict=False)))
    return float(sum(after < before for before, after in zip(window.values, window.values[1:], strict=False)))


def smoothed(window: Window, smoothing: float, trend: float) -> float | None:
    """
    Smoothed value with a trend, after Holt.

    Args:
        window: The values.
        smoothing: Weight of new values, from 0 to 1.
        trend: Weight of new slopes, from 0 to 1.

    Returns:
        The level after the last value, or `None` for fewer than two values.

    Source: https://www.itl.nist.gov/div898/handbook/pmc/section4/pmc433.htm
    """
    values = window.values
    if len(values) < 2:  # noqa: PLR2004 - a trend needs two
        return None
    level_before, level, slope = 0.0, values[0], values[1] - values[0]
    for position, value in enumerate(values[1:]):
        if position:
            slope = trend * (level - level_before) + (1 - trend) * slope
        level_before, level = level, smoothing * value + (1 - smoothing) * (level + slope)
    return level


SUMMARIES: dict[str, Callable[[Window], float]] = {
    "avg_over_time": lambda window: mean(window.values),
    "min_over_time": _extreme(min),
    "max_over_time": _extreme(max),
    "sum_over_time": lambda window: total(window.values),
    "stddev_over_time": lambda window: math.sqrt(variance(window.values)),
    "mad_over_time": mad,
}
"""Functions of numbers alone; they are given at least one."""

COUNTED: dict[str, Callable[[Window | HistogramWindow], float]] = {
    "count_over_time": lambda window: float(len(window.times_ms)),
    "present_over_time": lambda _: 1.0,
    "changes": changes,
    "resets": resets,
}
"""Functions that take native histograms too."""
