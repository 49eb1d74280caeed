"""
Functions over ranges: one value out of the window of a series. `rate` and its kin are computed in `rates`.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#aggregation_over_time
"""

import math
from collections.abc import Callable

from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.rates import changed_by, instant_rate, line
from otel_agent.alerts.promql.values import mean, quantile, total, variance
from otel_agent.series.histogram_rings import HistogramWindow
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.rings import Window

__all__ = ["OF_ANY_SAMPLES", "OF_NUMBERS", "AnyWindow", "changes", "mad", "range_function", "resets", "smoothed"]

AnyWindow = Window | HistogramWindow
_CHANGES = {"rate": (True, True), "increase": (True, False), "delta": (False, False)}
"""Functions that extrapolate a change: whether they read counters, and whether they divide by the seconds of the range."""


def range_function(
    name: str, window: AnyWindow, borders_ms: tuple[int, int, int], parameters: list[float]
) -> float | NativeHistogram | None:
    """
    Compute a function over the window of one series.

    Args:
        name: Name of the function.
        window: The samples in the range, at least one.
        borders_ms: Where the range begins and ends, and the moment of the evaluation, in milliseconds since 1970.
        parameters: The function's arguments beside the range.

    Returns:
        The value, or `None` where there is none.

    Raises:
        EvaluationError: When the arguments are none the function can use.
    """
    if name in _CHANGES:
        is_counter, is_rate = _CHANGES[name]
        return changed_by(window, borders_ms[0], borders_ms[1], is_counter=is_counter, is_rate=is_rate)
    if name in OF_ANY_SAMPLES:
        return OF_ANY_SAMPLES[name](window)
    if name in ("first_over_time", "last_over_time"):
        return window.values[0 if name == "first_over_time" else -1]
    if name == "irate":
        return instant_rate(window)
    return None if isinstance(window, HistogramWindow) else _of_numbers(name, window, borders_ms[2], parameters)


def _of_numbers(name: str, window: Window, at_ms: int, parameters: list[float]) -> float | None:
    if name == "idelta":
        return window.values[-1] - window.values[-2] if len(window.values) > 1 else None
    if name in OF_NUMBERS:
        return OF_NUMBERS[name](window)
    if name == "quantile_over_time":
        return quantile(parameters[0], window.values)
    if name == "double_exponential_smoothing":
        if not all(0 <= factor <= 1 for factor in parameters):
            raise EvaluationError("double_exponential_smoothing() needs factors from 0 to 1")
        return smoothed(window, *parameters)
    fitted = line(window, window.times_ms[0] if name == "deriv" else at_ms)
    if fitted is None:
        return None
    return fitted[0] if name == "deriv" else fitted[1] + fitted[0] * parameters[0]


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
        window: The samples in the range, at least one.
    """
    center = quantile(0.5, window.values)
    return quantile(0.5, [abs(value - center) for value in window.values])


def changes(window: AnyWindow) -> float:
    """
    How often the value changed.

    Args:
        window: The samples in the range, at least one.
    """
    pairs = zip(window.values, window.values[1:], strict=False)
    return float(sum(not (before == after or _are_nan(before, after)) for before, after in pairs))


def _are_nan(before: object, after: object) -> bool:
    return isinstance(before, float) and isinstance(after, float) and math.isnan(before) and math.isnan(after)


def resets(window: AnyWindow) -> float:
    """
    How often a counter began anew.

    Args:
        window: The samples in the range, at least one.
    """
    if isinstance(window, HistogramWindow):
        return float(sum(b.is_reset_after(a) for a, b in zip(window.values, window.values[1:], strict=False)))
    return float(sum(after < before for before, after in zip(window.values, window.values[1:], strict=False)))


def smoothed(window: Window, smoothing: float, trend: float) -> float | None:
    """
    Smoothed value with a trend, after Holt.

    Args:
        window: The samples in the range.
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


OF_NUMBERS: dict[str, Callable[[Window], float]] = {
    "avg_over_time": lambda window: mean(window.values),
    "min_over_time": _extreme(min),
    "max_over_time": _extreme(max),
    "sum_over_time": lambda window: total(window.values),
    "stdvar_over_time": lambda window: variance(window.values),
    "stddev_over_time": lambda window: math.sqrt(variance(window.values)),
    "mad_over_time": mad,
}
"""Functions of numbers alone, each given at least one sample."""

OF_ANY_SAMPLES: dict[str, Callable[[AnyWindow], float]] = {
    "count_over_time": lambda window: float(len(window.times_ms)),
    "present_over_time": lambda _: 1.0,
    "changes": changes,
    "resets": resets,
}
"""Functions of numbers and of native histograms, each given at least one sample."""
