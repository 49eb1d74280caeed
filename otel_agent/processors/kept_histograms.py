"""Distributions kept outside the SDK, exported as its histograms."""

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
    """What there is to know of one point; see `instruments.distributions`."""

    metric: catalog.Metric
    attributes: dict[str, int | str]
    start_ns: int

    def read(self) -> tuple[Sequence[int], float, float, float]:
        """Counts by bucket, sum, smallest and largest value."""
        ...


def producer(scope: str, distributions: Callable[[], Sequence[HistogramPoint]]) -> Callable[[], Sequence[ScopeMetrics]]:
    """
    Make a producer for the metric reader.

    Args:
        scope: Name of the instrumentation scope.
        distributions: Those that have a value.

    Returns:
        Gives cumulative histograms at each call; nothing without a distribution.
    """
    instrumentation = InstrumentationScope(scope)

    def produce() -> Sequence[ScopeMetrics]:
        now_ns = wall_ns()
        points: dict[str, tuple[catalog.Metric, list[HistogramDataPoint]]] = {}
        for distribution in distributions():
            metric = distribution.metric
            points.setdefault(metric.name, (metric, []))[1].append(_point(distribution, now_ns))
        if not points:
            return ()
        return [ScopeMetrics(instrumentation, [_histogram(*each) for each in points.values()], "")]

    return produce


def _point(distribution: HistogramPoint, now_ns: int) -> HistogramDataPoint:
    counts, total, smallest, largest = distribution.read()
    attributes: Mapping[str, int | str] = distribution.attributes
    return HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=distribution.start_ns,
        time_unix_nano=now_ns,
        count=sum(counts),
        sum=total,
        bucket_counts=counts,
        explicit_bounds=distribution.metric.bounds,
        min=smallest,
        max=largest,
    )


def _histogram(metric: catalog.Metric, points: list[HistogramDataPoint]) -> Metric:
    return Metric(metric.name, metric.description, metric.unit, Histogram(points, AggregationTemporality.CUMULATIVE))
