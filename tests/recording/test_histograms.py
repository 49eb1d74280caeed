"""Durations are exported as exponential histograms."""

import math
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import AggregationTemporality, MetricsData, ResourceMetrics
from opentelemetry.sdk.resources import Resource
from recording_rig import light_span, lognormal

from otel_agent.catalog.functions import DURATION
from otel_agent.clock import ManualClock
from otel_agent.delivery.wire import encode_metrics
from otel_agent.recording.durations import EXAMPLE_NS, Durations
from otel_agent.recording.exponential_buckets import SCALE
from otel_agent.recording.histograms import MAX_BUCKETS, producer


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_exported_quantiles_are_close_to_the_exact_ones(share: float) -> None:
    """From the buckets of the exported histogram, as a backend reads them, they are within five percent."""
    values = lognormal(100_000)
    durations = Durations()
    durations.series("f").pending.extend(values)
    (point,) = exported(durations)
    base = 2.0 ** (2.0**-point.scale)
    passed, rank, bucket = 0, share * len(values), 0
    for position, count in enumerate(point.positive.bucket_counts):
        passed += count
        bucket = point.positive.offset + position
        if passed >= rank:
            break
    exact = sorted(values)[math.ceil(rank) - 1] / 1e9

    assert base ** (bucket + 0.5) == pytest.approx(exact, rel=0.05)


def exported(durations: Durations) -> list[Any]:
    """Points of one collection."""
    (scope,) = producer("tests", durations)()
    (metric,) = scope.metrics
    assert (DURATION.name, "s") == (metric.name, metric.unit)
    data: Any = metric.data
    assert AggregationTemporality.CUMULATIVE is data.aggregation_temporality
    return list(data.data_points)


def test_functions_and_outcomes_are_points_of_their_own() -> None:
    """Attributes name the function and, where there was one, the error."""
    durations = Durations()
    series = durations.series("trader.decide")
    series.add(1_000, None)
    series.add(3_000, KeyError())
    series.add(2_000, GeneratorExit())
    durations.series("trader.size").add(5_000, None)
    points = {tuple(sorted(point.attributes.items())): point for point in exported(durations)}

    assert {
        (("code.function.name", "trader.decide"),): 2,
        (("code.function.name", "trader.decide"), ("error.type", "KeyError")): 1,
        (("code.function.name", "trader.size"),): 1,
    } == {key: point.count for key, point in points.items()}
    point = points[("code.function.name", "trader.decide"),]
    assert (3e-6, 1e-6, 2e-6, 0) == (point.sum, point.min, point.max, point.zero_count)
    assert 2 == sum(point.positive.bucket_counts)
    assert durations.start_ns == point.start_time_unix_nano


def test_points_are_cumulative() -> None:
    """A later collection holds what earlier ones did."""
    durations = Durations()
    series = durations.series("f")
    counts = []
    for _ in range(3):
        series.pending_s.append(0.5)
        counts.append(exported(durations)[0].count)

    assert [1, 2, 3] == counts


def test_a_wide_range_gets_coarser_buckets_and_loses_no_count() -> None:
    """From a nanosecond to a day there are as many buckets as the SDK has at most."""
    durations = Durations()
    durations.series("f").pending.extend([1, 86_400_000_000_000, *lognormal(1_000)])
    (point,) = exported(durations)

    assert len(point.positive.bucket_counts) <= MAX_BUCKETS
    assert 1_002 == sum(point.positive.bucket_counts) == point.count
    assert point.scale < SCALE


def test_nothing_is_exported_before_the_first_call() -> None:
    """A function that was never called has no point."""
    durations = Durations()
    durations.series("f")

    assert () == producer("tests", durations)()


def test_the_wire_takes_the_points() -> None:
    """The encoder makes a request of them, example and all."""
    durations = Durations()
    series = durations.series("f")
    series.add(5, None)
    series.example(5, light_span(0x0123456789ABCDEF0123456789ABCDEF, 0x1122334455667788))
    data = MetricsData([ResourceMetrics(Resource({}), list(producer("tests", durations)()), "")])

    assert bytes.fromhex("0123456789abcdef0123456789abcdef") in encode_metrics(data)


def test_a_slow_call_is_shown_with_its_trace() -> None:
    """The slowest call of the last minute is the example; then another may take its place."""
    clock = ManualClock()
    durations = Durations(clock.wall_ns)
    series = durations.series("f")
    series.example(50, light_span(1))
    series.add(50, None)
    (point,) = exported(durations)
    clock.advance(EXAMPLE_NS / 1e9 + 1)
    exported(durations)

    assert (5e-8, 1, 2) == (point.exemplars[0].value, point.exemplars[0].trace_id, point.exemplars[0].span_id)
    assert -1 == series.slowest_ns
    assert 1 == exported(durations)[0].exemplars[0].trace_id
