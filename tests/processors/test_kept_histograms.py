"""Histograms kept outside the SDK leave as the SDK's own."""

from opentelemetry.sdk.metrics.export import AggregationTemporality, Histogram

from otel_agent.catalog import METRICS
from otel_agent.instruments.distributions import BucketCounts
from otel_agent.processors.kept_histograms import producer

METRIC = next(metric for metric in METRICS.values() if metric.bounds)


def test_points_of_one_metric_come_together_and_are_cumulative() -> None:
    """Each kept histogram is a point with its bounds, counts, sum and extremes since the start."""
    kept = [BucketCounts(METRIC, {"n": number}) for number in range(2)]
    produce = producer("scope", lambda: kept)
    kept[0].add(0.0)
    kept[0].add(METRIC.bounds[-1] * 2)
    produce()
    kept[1].add(METRIC.bounds[0])
    (scope,) = produce()
    (metric,) = scope.metrics
    assert isinstance(metric.data, Histogram)
    first, second = metric.data.data_points

    assert ("scope", METRIC.name, METRIC.unit) == (scope.scope.name, metric.name, metric.unit)
    assert AggregationTemporality.CUMULATIVE == metric.data.aggregation_temporality
    assert (2, METRIC.bounds[-1] * 2, 0.0, METRIC.bounds[-1] * 2) == (first.count, first.sum, first.min, first.max)
    assert (1, 0, 1) == (first.bucket_counts[0], sum(first.bucket_counts[1:-1]), first.bucket_counts[-1])
    assert tuple(METRIC.bounds) == tuple(first.explicit_bounds)
    assert ({"n": 1}, 1) == (second.attributes, second.count)
    assert kept[0].start_ns == first.start_time_unix_nano <= first.time_unix_nano


def test_nothing_is_produced_without_a_point() -> None:
    """An empty collection has no scope."""
    assert () == producer("scope", list)()
