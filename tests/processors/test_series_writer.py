"""What the SDK collects becomes the series a Prometheus would have of it."""

import math
from typing import Any

import pytest
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from waiting import until

from otel_agent import guard
from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.parsing import parse
from otel_agent.clock import wall_ns
from otel_agent.processors.series_writer import SeriesWriter, resource_labels
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.store import Store

RESOURCE = Resource(
    {"service.name": "trader", "service.namespace": "desk", "service.instance.id": "i-1", "host.name": "h"}
)
COMMON = 'instance="i-1", job="desk/trader"'


class Agent:
    """A meter, a reader and a series writer."""

    def __init__(self, temporality: Any = None, **settings: Any) -> None:
        self.reader = InMemoryMetricReader(preferred_temporality=temporality)
        views = [View(instrument_name="native*", aggregation=ExponentialBucketHistogramAggregation())]
        self.provider = MeterProvider([self.reader], RESOURCE, views=views, shutdown_on_exit=False)
        self.meter = self.provider.get_meter("test")
        self.store = Store()
        self.writer = SeriesWriter(self.store, **settings)
        self.at_ms = 0

    def collect(self) -> None:
        """One collection, at least two milliseconds after the one before."""
        begun_ns = wall_ns()
        until(lambda: wall_ns() - begun_ns >= 2_000_000, interval_s=0.001)
        data = self.reader.get_metrics_data()
        if data is not None:
            self.writer.on_collect(data)
        self.at_ms = max((series.points.last_ms for series in self.store), default=0)

    def value(self, text: str) -> dict[str, float]:
        """The value of an expression at the last collection."""
        found = evaluate(parse(text), Context(self.store, self.at_ms))
        return {repr(labels): value.count if isinstance(value, NativeHistogram) else value for labels, value in found}


def test_counters_and_gauges_get_prometheus_s_names_and_labels() -> None:
    """Names carry unit and kind, labels the attributes, job and instance."""
    agent = Agent(more_labels=("host.name",))
    agent.meter.create_counter("agent.cache.requests", "{request}").add(
        3, {"agent.cache.name": "q", "hit": True, "n": 2}
    )
    agent.meter.create_gauge("pool.share", "1").set(0.5, {"list": ("a", "b")})
    agent.meter.create_up_down_counter("queue.size", "By").add(7)
    agent.collect()

    host = f'host_name="h", {COMMON}'
    assert {f'agent_cache_requests_total{{agent_cache_name="q", hit="true", {host}, n="2"}}': 3.0} == agent.value(
        "agent_cache_requests_total"
    )
    assert {f'pool_share_ratio{{{host}, list="[\\"a\\",\\"b\\"]"}}': 0.5} == agent.value("pool_share_ratio")
    assert {f"queue_size_bytes{{{host}}}": 7.0} == agent.value("queue_size_bytes")


def test_explicit_histograms_become_buckets_sum_and_count() -> None:
    """Buckets are cumulative and named by their bound; a quantile of them is right."""
    agent = Agent()
    histogram = agent.meter.create_histogram("lat", "s", explicit_bucket_boundaries_advisory=[0.5, 1, 2.5])
    for value in (0.1, 0.7, 0.8, 9.0):
        histogram.record(value)
    agent.collect()
    buckets = agent.value("lat_seconds_bucket")

    assert {"0.5": 1.0, "1": 3.0, "2.5": 3.0, "+Inf": 4.0} == {
        bound: value
        for bound in ("0.5", "1", "2.5", "+Inf")
        for labels, value in buckets.items()
        if f'le="{bound}"' in labels
    }
    assert [4.0, pytest.approx(10.6)] == [
        *agent.value("lat_seconds_count").values(),
        *agent.value("lat_seconds_sum").values(),
    ]
    assert [0.75] == list(agent.value("histogram_quantile(0.5, lat_seconds_bucket)").values())


def test_exponential_histograms_stay_native_and_count_too() -> None:
    """Quantiles of the native form are near the exact ones, and `_count` and `_sum` are there beside it."""
    agent = Agent()
    histogram = agent.meter.create_histogram("native.lat", "s")
    for number in range(1, 1001):
        histogram.record(number / 1000)
    agent.collect()

    assert math.isclose(0.5, agent.value("histogram_quantile(0.5, native_lat_seconds)").popitem()[1], rel_tol=0.05)
    assert [1000.0] == list(agent.value("native_lat_seconds_count").values())
    assert [1000.0] == list(agent.value("histogram_count(native_lat_seconds)").values())


def test_the_first_increase_of_a_counter_is_seen_unless_parity_is_asked_for() -> None:
    """A counter born with its first error has an increase; with parity it has none, as in Prometheus."""
    increases = {}
    for is_birth_counted in (True, False):
        agent = Agent(is_birth_counted=is_birth_counted)
        counter = agent.meter.create_counter("errors")
        counter.add(1, {"kind": "old"})
        agent.collect()
        counter.add(1, {"kind": "new"})
        agent.collect()
        found = agent.value('increase(errors_total{kind="new"}[5m])')
        increases[is_birth_counted] = [value > 0.9 for value in found.values()]

    assert {True: [True], False: []} == increases


def test_a_gauge_that_is_not_observed_any_more_ends_at_once() -> None:
    """An observable gauge without a value has none in the next collection, and one again when it comes back."""
    agent = Agent()
    values: list[float] = [1.0]

    def observe(_: CallbackOptions) -> list[Observation]:
        return [Observation(value) for value in values]

    agent.meter.create_observable_gauge("ratio", [observe])
    agent.meter.create_counter("other").add(1)
    found = []
    for now in ([1.0], [], [], [2.0]):
        values[:] = now
        agent.collect()
        found.append(list(agent.value("ratio").values()))

    assert [[1.0], [], [], [2.0]] == found


def test_differences_are_refused_and_said() -> None:
    """Delta temporality cannot become series; that is reported instead of counted wrongly."""
    agent = Agent({Counter: AggregationTemporality.DELTA})
    agent.meter.create_counter("c").add(1)
    before = guard.shared.counts().get("alerts.delta", 0)
    agent.collect()

    assert ({}, before + 1) == (agent.value("c_total"), guard.shared.counts()["alerts.delta"])


def test_what_is_no_collection_harms_nobody() -> None:
    """A broken collection is counted as a failure of ours and raises nothing."""
    before = guard.shared.counts().get("alerts.series", 0)
    SeriesWriter(Store()).on_collect(object())

    assert before + 1 == guard.shared.counts()["alerts.series"]


def test_a_full_store_refuses_new_series_and_keeps_the_known_ones() -> None:
    """Over the bound new streams are left out and counted, which is said once; the others go on."""
    agent = Agent()
    before = guard.shared.counts().get("alerts.series", 0)
    agent.store = Store(series_limit=5)
    agent.writer = SeriesWriter(agent.store)
    counter = agent.meter.create_counter("c")
    for _ in range(3):
        for number in range(10):
            counter.add(1, {"n": number})
        agent.collect()

    assert (5, True) == (len(agent.store), agent.store.overflow_count >= 5)
    assert {3.0} == set(agent.value("c_total").values())
    assert 1 == guard.shared.counts()["alerts.series"] - before


def test_every_collection_may_write_more() -> None:
    """What is counted elsewhere is written with the moment of each collection."""
    moments: list[int] = []
    agent = Agent(before=moments.append)
    agent.meter.create_counter("c").add(1)
    agent.collect()
    agent.collect()

    assert moments == sorted(moments)
    assert 2 == len(moments)


def test_a_resource_without_a_namespace_is_a_job_by_its_name() -> None:
    """`job` is the service's name, with its namespace where there is one."""
    assert {"job": "a", "instance": ""} == resource_labels({"service.name": "a"})
    assert "n/a" == resource_labels({"service.name": "a", "service.namespace": "n"})["job"]
