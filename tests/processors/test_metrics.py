"""One reader collects fast, delivers seldom, and survives what it collects from."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    Metric,
    MetricsData,
    NumberDataPoint,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from waiting import PATIENCE_S, until

from otel_agent.processors.meters import AgentMeterProvider
from otel_agent.processors.metrics import AgentMetricReader

Build = Callable[..., Any]


def orders(data: MetricsData) -> Any:
    """The value of the counter of orders."""
    metrics = (
        metric for resource in data.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics
    )
    points = (point for metric in metrics if metric.name == "orders" for point in metric.data.data_points)
    return next((point.value for point in points if isinstance(point, NumberDataPoint)), None)


def test_every_kth_collection_is_delivered(build: Build) -> None:
    """Judgement sees every collection, the backend every third."""
    provider, reader, taken = build(collect_interval_s=0.01, interval_s=0.03)
    provider.get_meter("test").create_counter("ticks").add(1)
    reader.start()
    until(lambda: len(taken.delivered) >= 3)

    assert len(taken.collected) >= 9
    assert [taken.collected[2], taken.collected[5], taken.collected[8]] == taken.delivered[:3]


def test_forwarded_sums_equal_those_of_an_undecimated_exporter(build: Build) -> None:
    """Leaving cumulative collections out loses nothing."""
    every = InMemoryMetricReader()
    provider, reader, taken = build(other=every, collect_interval_s=0.005, interval_s=0.05)
    meter = provider.get_meter("test")
    counter = meter.create_counter("orders")
    meter.create_observable_counter("polls", [lambda _: [Observation(7)]])
    reader.start()
    for index in range(3000):
        counter.add(index % 7, {"side": "buy" if index % 2 else "sell"})
    reader.close(PATIENCE_S)

    assert taken.points(every.get_metrics_data()) == taken.points()
    assert sum(index % 7 for index in range(3000)) == sum(taken.points()["orders"].values())


def test_the_end_collects_and_delivers_once_more(build: Build) -> None:
    """What was counted just before the end arrives, and ending twice is safe."""
    provider, reader, taken = build(collect_interval_s=3600)
    counter = provider.get_meter("test").create_counter("orders")
    reader.start()
    counter.add(3)

    assert reader.close(PATIENCE_S)
    assert {(): 3} == taken.points()["orders"]
    assert reader.close(PATIENCE_S)
    assert 1 == len(taken.delivered)


def test_closing_before_start_is_safe(build: Build) -> None:
    """A reader that never ran ends at once."""
    _, reader, _ = build()

    assert reader.close(PATIENCE_S)


def test_the_end_keeps_its_deadline() -> None:
    """A receiver that hangs does not hold the exit."""
    release = threading.Event()
    reader = AgentMetricReader(lambda _: release.wait(PATIENCE_S), collect_interval_s=3600)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("test").create_counter("orders").add(1)
    begin_s = time.monotonic()

    assert not reader.close(0.1)
    assert time.monotonic() - begin_s < PATIENCE_S / 2
    release.set()


def test_a_flush_delivers_now(build: Build) -> None:
    """`force_flush` of the provider reaches the receiver."""
    provider, _, taken = build(collect_interval_s=3600)
    provider.get_meter("test").create_counter("orders").add(2)
    provider.force_flush()

    assert {(): 2} == taken.points()["orders"]


def test_a_receiver_that_raises_does_not_stop_the_reader() -> None:
    """Judgement may fail; metrics go on."""
    calls: list[int] = []

    def judge(_: MetricsData) -> None:
        calls.append(1)
        raise RuntimeError("judge")

    reader = AgentMetricReader(on_collect=judge, collect_interval_s=0.01)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("test").create_counter("ticks").add(1)
    reader.start()
    until(lambda: len(calls) >= 3)

    assert reader.close(PATIENCE_S)


def test_producers_are_merged(build: Build) -> None:
    """Metrics kept outside the SDK leave with those inside it, also when the SDK has none."""
    data = Sum([NumberDataPoint({}, 0, 1, 4)], AggregationTemporality.CUMULATIVE, is_monotonic=True)
    scope = ScopeMetrics(InstrumentationScope("own"), [Metric("own", None, None, data)], "")
    resource = Resource({"service.name": "trader"})
    provider, reader, taken = build(
        producers=[lambda: [scope], lambda: 1 // 0], resource=resource, collect_interval_s=3600
    )
    reader.force_flush()
    provider.get_meter("test").create_counter("orders").add(1)
    reader.force_flush()

    assert {"own": {(): 4}} == taken.points(taken.delivered[0])
    assert resource == taken.delivered[0].resource_metrics[0].resource
    assert {"own", "orders"} == set(taken.points(taken.delivered[1]))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_counts_from_zero_and_collects_by_itself() -> None:
    """Forks under load neither hang nor report the parent's counts twice."""
    release = threading.Event()
    values: list[Any] = []
    reader = AgentMetricReader(on_collect=lambda data: values.append(orders(data)), collect_interval_s=0.005)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    meter = provider.get_meter("test")
    counter = meter.create_counter("orders")
    meter.create_observable_gauge("alive", [lambda _: [Observation(1)]])

    def load() -> None:
        while not release.is_set():
            counter.add(1)

    threads = [threading.Thread(target=load, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    reader.start()
    statuses = []
    for _ in range(10):
        pid = os.fork()
        if pid == 0:
            values.clear()
            counter.add(5)
            until(lambda: 5 in values)
            os._exit(0 if 5 in values and reader.close(PATIENCE_S) else 1)
        statuses.append(os.waitpid(pid, 0)[1])
    release.set()
    for thread in threads:
        thread.join()
    before = len(values)
    until(lambda: len(values) > before)
    reader.close(PATIENCE_S)

    assert [0] * 10 == statuses
