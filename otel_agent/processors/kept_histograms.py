"""Histograms that are kept outside the SDK, exported as its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    ScopeMetrics,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agent import catalog
from otel_agent.clock import wall_ns

__all__ = ["HistogramPoint", "producer"]


class HistogramPoint(Protocol):
    """One point of a histogram that is kept outside the SDK, such as `instruments.distributions.BucketCounts`."""

    metric: catalog.Metric
    """The metric, with the bounds of its buckets."""
    attributes: dict[str, int | str]
    """Attributes of the point."""
    start_ns: int
    """Moment since which it counts, in nanoseconds since 1970."""

    def read(self) -> tuple[Sequence[int], float, float, float]:
        """Counts by bucket, sum, smallest and largest value."""
        ...


def producer(scope: str, kept: Callable[[], Sequence[HistogramPoint]]) -> Callable[[], Sequence[ScopeMetrics]]:
    """
    Make a producer for the metric reader.

    Args:
        scope: Name of the instrumentation scope.
        kept: Returns the points that have a value.

    Returns:
        A function that returns cumulative histograms; nothing while there is no point.
    """
    instrumentation = InstrumentationScope(scope)

    def produce() -> Sequence[ScopeMetrics]:
        now_ns = wall_ns()
        points: dict[str, tuple[catalog.Metric, list[HistogramDataPoint]]] = {}
        for point in kept():
            points.setdefault(point.metric.name, (point.metric, []))[1].append(_data_point(point, now_ns))
        if not points:
            return ()
        return [ScopeMetrics(instrumentation, [_histogram(*each) for each in points.values()], "")]

    return produce


def _data_point(point: HistogramPoint, now_ns: int) -> HistogramDataPoint:
    counts, total, smallest, largest = point.read()
    attributes: Mapping[str, int | str] = point.attributes
    return HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=point.start_ns,
        time_unix_nano=now_ns,
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        explicit_bounds=point.metric.bounds,
        min=smallest,
        max=largest,
    )


def _histogram(metric: catalog.Metric, points: list[HistogramDataPoint]) -> Metric:
    return Metric(metric.name, metric.description, metric.unit, Histogram(points, AggregationTemporality.CUMULATIVE))
