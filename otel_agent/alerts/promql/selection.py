"""
What the selectors of an expression find in the store: newest values, windows of samples, and the growth of counters.

Nothing here evaluates expressions. The store's lock is held only while samples are copied.
"""

from dataclasses import dataclass

from otel_agent.alerts.promql.nodes import MatrixSelector, Vector, VectorSelector
from otel_agent.alerts.promql.parsing import LOOKBACK_MS
from otel_agent.alerts.promql.range_functions import AnyWindow
from otel_agent.alerts.promql.rates import changed_by, grown_by
from otel_agent.series.histogram_rings import HistogramRing
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels
from otel_agent.series.rings import Ring
from otel_agent.series.store import Store

__all__ = ["RangeVector", "grown", "instant_vector", "range_vector", "timestamps"]


@dataclass(slots=True)
class RangeVector:
    """The samples of several series within a span of time."""

    windows: list[tuple[Labels, AnyWindow]]
    """Labels and samples of each series that has any."""
    after_ms: int
    """Where the range begins, in milliseconds since 1970; a sample exactly then does not count."""
    until_ms: int
    """Where the range ends, in milliseconds since 1970."""
    has_name: bool
    """Whether all series certainly have the same name, so that they stay different without it."""


def instant_vector(selector: VectorSelector, store: Store, at_ms: int) -> Vector:
    """
    The newest value of each selected series.

    Args:
        selector: The series that are meant.
        store: The series there are.
        at_ms: The moment, in milliseconds since 1970.

    Returns:
        Labels and value of each series that has one within the lookback.
    """
    at_ms -= selector.offset_ms
    found: Vector = []
    series = store.select(selector.matchers)
    with store.lock:
        for one in series:
            point = one.points.latest(at_ms, LOOKBACK_MS)
            if point is not None:
                found.append((one.labels, point[1]))
    return found


def timestamps(selector: VectorSelector, store: Store, at_ms: int) -> Vector:
    """
    When the newest value of each selected series was measured, in seconds since 1970.

    Args:
        selector: The series that are meant.
        store: The series there are.
        at_ms: The moment, in milliseconds since 1970.
    """
    at_ms -= selector.offset_ms
    found: Vector = []
    series = store.select(selector.matchers)
    with store.lock:
        for one in series:
            point = one.points.latest(at_ms, LOOKBACK_MS)
            if point is not None:
                found.append((one.labels.nameless, point[0] / 1000))
    return found


def range_vector(matrix: MatrixSelector, store: Store, at_ms: int, want: str) -> RangeVector:
    """
    The samples of each selected series within a range.

    Args:
        matrix: The series that are meant, and the length of the range.
        store: The series there are.
        at_ms: The moment, in milliseconds since 1970.
        want: What stands for a minute of which only the coarse tier knows: "last", "min" or "max".

    Returns:
        The series that have a sample in the range.
    """
    after_ms, until_ms = _borders(matrix, at_ms)
    windows: list[tuple[Labels, AnyWindow]] = []
    series = store.select(matrix.selector.matchers)
    with store.lock:
        for one in series:
            points = one.points
            window: AnyWindow
            if isinstance(points, HistogramRing):
                window = points.window(after_ms, until_ms)
            else:
                window = points.window(after_ms, until_ms, want)  # type: ignore[arg-type] # one of three words
            if window.times_ms:
                windows.append((one.labels, window))
    return RangeVector(windows, after_ms, until_ms, matrix.selector.has_name)


def grown(matrix: MatrixSelector, store: Store, at_ms: int, *, is_rate: bool) -> tuple[Vector, int]:
    """
    `rate` and `increase` of each selected series: where it is a counter, only the ends of its window are read.

    Args:
        matrix: The series that are meant, and the length of the range.
        store: The series there are.
        at_ms: The moment, in milliseconds since 1970.
        is_rate: Whether to divide by the range's length in seconds.

    Returns:
        Labels without name and value of each series that has one, and the number of series that have a sample.
    """
    after_ms, until_ms = _borders(matrix, at_ms)
    series = store.select(matrix.selector.matchers)
    found: Vector = []
    sampled_count = 0
    with store.lock:
        for one in series:
            points = one.points
            ends = points.ends(after_ms, until_ms) if isinstance(points, Ring) else None
            if ends is not None:
                sampled_count += ends[0] > 0
                value: float | NativeHistogram | None = grown_by(ends, after_ms, until_ms, is_rate=is_rate)
            else:
                window = points.window(after_ms, until_ms)
                sampled_count += len(window.times_ms) > 0
                value = changed_by(window, after_ms, until_ms, is_counter=True, is_rate=is_rate)
            if value is not None:
                found.append((one.labels.nameless, value))
    return found, sampled_count


def _borders(matrix: MatrixSelector, at_ms: int) -> tuple[int, int]:
    until_ms = at_ms - matrix.selector.offset_ms
    return until_ms - matrix.range_ms, until_ms
