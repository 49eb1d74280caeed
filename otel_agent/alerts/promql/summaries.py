"""One value out of a window, by the name of a function over ranges."""

from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.rates import changed_by, instant_rate, line
from otel_agent.alerts.promql.values import quantile
from otel_agent.alerts.promql.windows import COUNTED, SUMMARIES, smoothed
from otel_agent.series.histograms import HistogramWindow, NativeHistogram
from otel_agent.series.rings import Window

__all__ = ["summary"]

AnyWindow = Window | HistogramWindow
_CHANGES = {"rate": (True, True), "increase": (True, False), "delta": (False, False)}


def summary(
    name: str, window: AnyWindow, moments_ms: tuple[int, int, int], rest: list[float]
) -> float | NativeHistogram | None:
    """
    Compute a function over a range.

    Args:
        name: Of the function.
        window: At least one value.
        moments_ms: Where the range begins and ends, and the moment of the evaluation.
        rest: The function's further arguments.

    Returns:
        The value, or `None` where there is none.

    Raises:
        EvaluationError: When the arguments are none the function can use.
    """
    if name in _CHANGES:
        is_counter, is_rate = _CHANGES[name]
        return changed_by(window, moments_ms[0], moments_ms[1], is_counter=is_counter, is_rate=is_rate)
    if name in COUNTED:
        return COUNTED[name](window)
    if name == "last_over_time":
        return window.values[-1]
    if name == "irate":
        return instant_rate(window)
    return None if isinstance(window, HistogramWindow) else _of_numbers(name, window, moments_ms[2], rest)


def _of_numbers(name: str, window: Window, at_ms: int, rest: list[float]) -> float | None:
    if name in SUMMARIES:
        return SUMMARIES[name](window)
    if name == "quantile_over_time":
        return quantile(rest[0], window.values)
    if name == "double_exponential_smoothing":
        if not all(0 <= factor <= 1 for factor in rest):
            raise EvaluationError("double_exponential_smoothing() needs factors from 0 to 1")
        return smoothed(window, *rest)
    fitted = line(window, window.times_ms[0] if name == "deriv" else at_ms)
    if fitted is None:
        return None
    return fitted[0] if name == "deriv" else fitted[1] + fitted[0] * rest[0]
