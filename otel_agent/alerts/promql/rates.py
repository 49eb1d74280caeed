"""
Rates and changes of a series over a range: rate, increase, delta, irate, and the straight line through it.

Extrapolation follows Prometheus 3: the first and last sample seldom lie on the borders of the range, so what was seen is
stretched to them, by at most half the average distance of samples where a sample seems to be missing, and never below zero
for a counter.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.values import quotient, total
from otel_agent.series.histogram_rings import HistogramWindow
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.rings import Ends, Window

__all__ = ["changed_by", "grown_by", "instant_rate", "line"]

GAP_FACTOR = 1.1
"""A border further away than this many average distances counts as a missing sample."""


def changed_by(
    window: Window | HistogramWindow, after_ms: int, until_ms: int, *, is_counter: bool, is_rate: bool
) -> float | NativeHistogram | None:
    """
    By how much a series changed over a range, extrapolated to its borders.

    Args:
        window: The samples in the range.
        after_ms: Where the range begins, in milliseconds since 1970.
        until_ms: Where the range ends, in milliseconds since 1970.
        is_counter: Whether a fall is a restart from zero.
        is_rate: Whether to divide by the range's length in seconds.

    Returns:
        The change, or `None` for fewer than two samples.
    """
    times_ms = window.times_ms
    if len(times_ms) < 2:  # noqa: PLR2004 - a change needs two
        return None
    first_ms, last_ms = times_ms[0], times_ms[-1]
    if isinstance(window, HistogramWindow):
        state = _histogram_change(window.values, is_counter=is_counter)
        first, grown = window.values[0].count, state.count
    else:
        change = _change(window) if is_counter else window.values[-1] - window.values[0]
        first, grown = window.values[0], change
    birth_s = (last_ms - first_ms) / 1000 * (first / grown) if is_counter and grown > 0 and first >= 0 else math.inf
    factor = _stretch(len(times_ms), first_ms - after_ms, last_ms - first_ms, until_ms - last_ms, birth_s)
    if is_rate:
        factor /= (until_ms - after_ms) / 1000
    return state.times(factor) if isinstance(window, HistogramWindow) else change * factor


def grown_by(ends: Ends, after_ms: int, until_ms: int, *, is_rate: bool) -> float | None:
    """
    By how much a counter grew over a range, extrapolated to its borders, from the ends of its window.

    Args:
        ends: First and last sample in the range, and the restarts between.
        after_ms: Where the range begins, in milliseconds since 1970.
        until_ms: Where the range ends, in milliseconds since 1970.
        is_rate: Whether to divide by the range's length in seconds.
    """
    count, first_ms, last_ms, first, last, drops = ends
    if count < 2:  # noqa: PLR2004 - a change needs two
        return None
    change = last - first
    for lost in drops:
        change += lost
    birth_s = (last_ms - first_ms) / 1000 * (first / change) if change > 0 and first >= 0 else math.inf
    factor = _stretch(count, first_ms - after_ms, last_ms - first_ms, until_ms - last_ms, birth_s)
    return change * (factor / ((until_ms - after_ms) / 1000) if is_rate else factor)


def _stretch(count: int, start_ms: int, sampled_ms: int, end_ms: int, birth_s: float) -> float:
    """How much longer the range is than the part of it that was seen; `birth_s` before its start the counter was zero."""
    start_s, sampled_s, end_s = start_ms / 1000, sampled_ms / 1000, end_ms / 1000
    average_s = sampled_s / (count - 1)
    threshold_s = average_s * GAP_FACTOR
    if start_s >= threshold_s:
        start_s = average_s / 2
    start_s = min(start_s, birth_s)
    if end_s >= threshold_s:
        end_s = average_s / 2
    return (sampled_s + start_s + end_s) / sampled_s


def _change(window: Window) -> float:
    change = window.values[-1] - window.values[0]
    if window.drops is not None:
        for lost in window.drops:
            change += lost
        return change
    before = window.values[0]
    for value in window.values:
        if value < before:
            change += before
        before = value
    return change


def _histogram_change(states: Sequence[NativeHistogram], *, is_counter: bool) -> NativeHistogram:
    scale = min(state.scale for state in states)
    change = states[-1].at_scale(scale).plus(states[0], -1.0)
    if is_counter:
        for before, after in pairwise(states):
            if after.is_reset_after(before):
                change = change.plus(before)
    return change


def instant_rate(window: Window | HistogramWindow) -> float | None:
    """
    How fast a counter grew between its last two samples, by the second.

    Args:
        window: The samples in the range.

    Raises:
        EvaluationError: For native histograms.
    """
    if isinstance(window, HistogramWindow):
        raise EvaluationError("irate() of native histograms is outside the subset; use rate()")
    if len(window.times_ms) < 2:  # noqa: PLR2004 - a change needs two
        return None
    before, last = window.values[-2], window.values[-1]
    return (last if last < before else last - before) / ((window.times_ms[-1] - window.times_ms[-2]) / 1000)


def line(window: Window, origin_ms: int) -> tuple[float, float] | None:
    """
    The straight line with the least squared distance from the samples.

    Args:
        window: The samples in the range.
        origin_ms: The moment that counts as zero.

    Returns:
        Slope by the second, and value at the origin; `None` for fewer than two samples.
    """
    values = window.values
    count = len(values)
    if count < 2:  # noqa: PLR2004 - a line needs two
        return None
    if all(value == values[0] for value in values):
        is_infinite = values[0] in (float("inf"), float("-inf"))
        return (float("nan"), float("nan")) if is_infinite else (0.0, values[0])
    seconds = [(time_ms - origin_ms) / 1000 for time_ms in window.times_ms]
    x, y = total(seconds), total(values)
    xy = total(second * value for second, value in zip(seconds, values, strict=True))
    xx = total(second * second for second in seconds)
    slope = quotient(xy - x * y / count, xx - x * x / count)
    return slope, y / count - slope * x / count
