"""Durations are counted exactly, sorted finely, and exported as exponential histograms."""

import math
import os
import random
import subprocess
import sys
import threading
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import AggregationTemporality, MetricsData, ResourceMetrics
from opentelemetry.sdk.resources import Resource

from otel_agent.catalog.functions import DURATION
from otel_agent.clock import ManualClock
from otel_agent.delivery.wire import encode_metrics
from otel_agent.recording.durations import EXAMPLE_NS, FULL, MOST_WAITING, Durations
from otel_agent.recording.exponential_buckets import SCALE, ExponentialBuckets, merged
from otel_agent.recording.histograms import MAX_BUCKETS, producer
from otel_agent.recording.spans import SAMPLED


def lognormal(count: int) -> list[int]:
    """Durations as services have them, in nanoseconds."""
    dice = random.Random(7)
    return [max(1, round(dice.lognormvariate(math.log(2e6), 1.0))) for _ in range(count)]


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_quantiles_are_close_to_the_exact_ones(share: float) -> None:
    """On log-normal data the median, 90th and 99th percentile are within two percent."""
    values = lognormal(100_000)
    found = ExponentialBuckets()
    found.add(values)
    exact = sorted(values)[math.ceil(share * len(values)) - 1] / 1e9

    assert found.quantile_s(share) == pytest.approx(exact, rel=0.02)


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


def test_every_duration_lies_in_its_bucket() -> None:
    """Bucket i holds what is above base^i and not above base^(i+1), also at the very edge."""
    base = 2.0 ** (1 / (1 << SCALE))
    for value_ns in (1, 2, 3, 999, 1_000_000_000, 2_000_000_000, 1_500_000_001, 1 << 60):
        found = ExponentialBuckets()
        found.add([value_ns])
        (index,) = found.counts
        assert base**index * (1 - 1e-12) < value_ns / 1e9 <= base ** (index + 1) * (1 + 1e-12)

    assert [-1] == list(of(1_000_000_000).counts)
    assert [(1 << SCALE) - 1] == list(of(2_000_000_000).counts)


def of(*values_ns: int) -> ExponentialBuckets:
    """A distribution of some durations."""
    found = ExponentialBuckets()
    found.add(list(values_ns))
    return found


def test_a_clock_that_was_set_back_counts_as_no_time() -> None:
    """Negative durations are zeros: counted, and added to nothing."""
    found = of(-5, 0, 10)

    assert (3, 2, 10, 0, 10) == (found.count, found.zeros, found.sum_ns, found.min_ns, found.max_ns)
    assert 0.0 == found.quantile_s(0.5)


def test_an_empty_distribution_has_no_quantile() -> None:
    """Before the first call there is nothing to say."""
    found = ExponentialBuckets()
    found.add([])

    assert (0, 0.0) == (found.count, found.quantile_s(0.9))


def test_two_distributions_add_up() -> None:
    """Counts, sums and extremes of calls with and without an error are those of all."""
    both = merged(of(10, 0), of(10, 1_000))

    assert (4, 1, 1_020, 0, 1_000) == (both.count, both.zeros, both.sum_ns, both.min_ns, both.max_ns)
    assert 2 == max(both.counts.values())


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
    series.example(5, span(0x0123456789ABCDEF0123456789ABCDEF, 0x1122334455667788))
    data = MetricsData([ResourceMetrics(Resource({}), list(producer("tests", durations)()), "")])

    assert bytes.fromhex("0123456789abcdef0123456789abcdef") in encode_metrics(data)


def span(trace_id: int = 1, span_id: int = 2, flags: int = SAMPLED) -> Any:
    """What an example needs of a span."""
    return type("Light", (), {"trace_id": trace_id, "span_id": span_id, "flags": flags})


def test_a_slow_call_is_shown_with_its_trace() -> None:
    """The slowest call of the last minute is the example; then another may take its place."""
    clock = ManualClock()
    durations = Durations(clock.wall_ns)
    series = durations.series("f")
    series.example(50, span(1))
    series.add(50, None)
    (point,) = exported(durations)
    clock.advance(EXAMPLE_NS / 1e9 + 1)
    exported(durations)

    assert (5e-8, 1, 2) == (point.exemplars[0].value, point.exemplars[0].trace_id, point.exemplars[0].span_id)
    assert -1 == series.slowest_ns
    assert 1 == exported(durations)[0].exemplars[0].trace_id


def test_a_call_that_is_not_sent_is_no_example() -> None:
    """A trace nobody can look up is not named."""
    series = Durations().series("f")
    series.example(50, span(flags=0))

    assert {} == series.examples


def test_a_failed_call_is_shown_with_its_trace() -> None:
    """Each kind of error has the newest trace that shows it."""
    from opentelemetry.trace import SpanContext, TraceFlags

    durations = Durations()
    durations.series("f").add(9, KeyError(), SpanContext(3, 4, False, TraceFlags(1)))
    durations.series("f").add(9, OSError(), SpanContext(5, 6, False, TraceFlags(0)))

    assert [(("f", "KeyError"), 3, 4)] == [
        (key, example.trace_id, example.span_id) for key, example in durations.examples().items()
    ]


def test_full_lists_wait_for_a_collection_and_lose_nothing() -> None:
    """However many calls there are between two collections, all are counted and memory has a bound."""
    durations = Durations()
    series = durations.series("f")
    calls = FULL * (MOST_WAITING + 10) + 5
    for _ in range(calls):
        series.pending.append(7)
        if len(series.pending) >= FULL:
            series.hand_over()
    waiting = len(series.waiting)
    (counted,) = [each.count for _, _, each in durations.collect()]

    assert calls == counted
    assert waiting <= MOST_WAITING
    assert ([], []) == (series.pending, series.waiting)


def test_lists_looked_at_by_time_have_a_bound_too() -> None:
    """A look that is due hands over what is much and leaves the rest; the next is due a moment later."""
    durations = Durations()
    series = durations.series("f")
    series.pending_s.extend([0.5] * (FULL - 1))
    series.look(100.0)
    few = len(series.pending_s)
    series.pending_s.append(0.5)
    series.look(200.0)

    assert (FULL - 1, 0, 1) == (few, len(series.pending_s), len(series.waiting))
    assert 200.0 < series.due_s < 201.0
    assert [FULL] == [each.count for _, _, each in durations.collect()]


def test_many_errors_are_sorted_in_between() -> None:
    """A function that always fails does not fill the memory."""
    durations = Durations()
    series = durations.series("f")
    for _ in range(FULL * 2 + 1):
        series.fail("KeyError", 1)

    assert 1 == len(series.failed)
    assert [("f", "KeyError", FULL * 2 + 1)] == [(name, error, each.count) for name, error, each in durations.collect()]


def test_collecting_while_calls_go_on_loses_none() -> None:
    """Every call is in exactly one collection, whatever the threads do meanwhile."""
    durations = Durations()
    series = durations.series("f")

    def work() -> None:
        for _ in range(50_000):
            series.pending.append(3)
            if len(series.pending) >= FULL:
                series.hand_over()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        durations.collect()
    for thread in threads:
        thread.join(30)

    assert [200_000] == [each.count for _, _, each in durations.collect()]


def test_figures_are_for_people() -> None:
    """Name, calls, errors, total, median and 99th percentile; what took longest in all comes first."""
    durations = Durations()
    durations.series("quick").add(1_000_000, None)
    slow = durations.series("slow")
    slow.add(2_000_000_000, None)
    slow.add(4_000_000_000, ValueError())
    first, second = durations.figures()

    assert ("slow", 2, 1, 6.0) == first[:4]
    assert first[5] == pytest.approx(4.0, rel=0.02)
    assert ("quick", 1, 0, 0.001) == second[:4]


def test_somebody_can_be_told_of_calls() -> None:
    """What watches functions without a decorator feeds the same series."""
    durations = Durations()
    told = durations.observer("f")
    for _ in range(FULL + 1):
        told(5, None)
    told(6, "KeyError")

    assert {(None, FULL + 1), ("KeyError", 1)} == {(error, each.count) for _, error, each in durations.collect()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_begins_at_zero() -> None:
    """It counts its own calls, since its own beginning, also when the parent held the lock."""
    program = (
        "import os, sys, time\n"
        "from otel_agent.recording.durations import shared\n"
        "series = shared.series('f'); series.add(5, None); shared.collect(); series.add(6, None); before = shared.start_ns\n"
        "shared._lock.acquire()\n"
        "if os.fork() == 0:\n"
        "    series.add(7, None); series.add(8, None)\n"
        "    found = [each.count for _, _, each in shared.collect()]\n"
        "    os._exit(0 if found == [2] and shared.start_ns > before else 1)\n"
        "shared._lock.release()\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]), [each.count for _, _, each in shared.collect()])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)

    assert "0 [2]" == done.stdout.strip()
