"""One reader collects fast, delivers seldom, and survives what it collects from."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.metrics import CallbackOptions, Observation
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

from otel_agent import guard
from otel_agent.processors.cardinality import is_kept_by_sdk
from otel_agent.processors.meters import AgentMeterProvider
from otel_agent.processors.metrics import AgentMetricReader

LONG_S = 20.0
"""A deadline that is only reached by a failure."""


def eventually(question: Callable[[], object]) -> None:
    """Wait until a question is answered with yes."""
    end_s = time.monotonic() + LONG_S
    while not question():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def points(data: MetricsData | None) -> dict[str, dict[tuple[tuple[str, Any], ...], Any]]:
    """Values by metric and attributes."""
    found: dict[str, dict[tuple[tuple[str, Any], ...], Any]] = {}
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    key = tuple(sorted((point.attributes or {}).items()))
                    found.setdefault(metric.name, {})[key] = getattr(point, "value", None)
    return found


class Taken:
    """What a reader handed on."""

    def __init__(self) -> None:
        self.collected: list[MetricsData] = []
        self.delivered: list[MetricsData] = []


Build = Callable[..., tuple[AgentMeterProvider, AgentMetricReader, Taken]]


@pytest.fixture
def build() -> Iterator[Build]:
    """Make providers with a reader of ours, and end them after the test."""
    made: list[AgentMetricReader] = []

    def build(
        *, other: Any = None, callback_deadline_s: float = 1.0, limit: int = 2000, **options: Any
    ) -> tuple[AgentMeterProvider, AgentMetricReader, Taken]:
        taken = Taken()
        reader = AgentMetricReader(taken.delivered.append, on_collect=taken.collected.append, **options)
        provider = AgentMeterProvider(
            [reader, other] if other else [reader],
            callback_deadline_s=callback_deadline_s,
            cardinality_limit=limit,
            shutdown_on_exit=False,
        )
        made.append(reader)
        return provider, reader, taken

    yield build
    for reader in made:
        reader.close(2.0)


def test_every_kth_collection_is_delivered(build: Build) -> None:
    """Judgement sees every collection, the backend every third."""
    provider, reader, taken = build(collect_interval_s=0.01, interval_s=0.03)
    provider.get_meter("test").create_counter("ticks").add(1)
    reader.start()
    eventually(lambda: len(taken.delivered) >= 3)

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
    reader.close(LONG_S)

    assert points(every.get_metrics_data()) == points(taken.delivered[-1])
    assert sum(index % 7 for index in range(3000)) == sum(points(taken.delivered[-1])["orders"].values())


def test_collections_do_not_drift() -> None:
    """Ticks stand on absolute deadlines, however long a collection takes."""
    times: list[float] = []

    def slow(_: MetricsData) -> None:
        times.append(time.monotonic())
        time.sleep(0.01)

    reader = AgentMetricReader(on_collect=slow, collect_interval_s=0.04)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("test").create_counter("ticks").add(1)
    reader.start()
    eventually(lambda: len(times) >= 11)
    reader.close(LONG_S)
    steps = [(moment - times[0]) / 0.04 for moment in times[:11]]
    shifts = sorted(abs(step - round(step)) for step in steps)

    assert shifts[len(shifts) // 2] < 0.25


def test_the_end_collects_and_delivers_once_more(build: Build) -> None:
    """What was counted just before the end arrives, and ending twice is safe."""
    provider, reader, taken = build(collect_interval_s=3600)
    counter = provider.get_meter("test").create_counter("orders")
    reader.start()
    counter.add(3)

    assert reader.close(LONG_S)
    assert {(): 3} == points(taken.delivered[-1])["orders"]
    assert reader.close(LONG_S)
    assert 1 == len(taken.delivered)


def test_closing_before_start_is_safe(build: Build) -> None:
    """A reader that never ran ends at once."""
    _, reader, _ = build()

    assert reader.close(LONG_S)


def test_the_end_keeps_its_deadline() -> None:
    """A receiver that hangs does not hold the exit."""
    release = threading.Event()
    reader = AgentMetricReader(lambda _: release.wait(LONG_S), collect_interval_s=3600)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("test").create_counter("orders").add(1)
    begin_s = time.monotonic()

    assert not reader.close(0.1)
    assert time.monotonic() - begin_s < LONG_S / 2
    release.set()


def test_a_flush_delivers_now(build: Build) -> None:
    """`force_flush` of the provider reaches the receiver."""
    provider, _, taken = build(collect_interval_s=3600)
    provider.get_meter("test").create_counter("orders").add(2)
    provider.force_flush()

    assert {(): 2} == points(taken.delivered[-1])["orders"]


def test_a_hanging_callback_is_left_behind_and_named_once(build: Build, caplog: pytest.LogCaptureFixture) -> None:
    """Others report, instruments can be created, and the one that hangs is said."""
    release = threading.Event()
    asked: list[int] = []

    def hang(_: CallbackOptions) -> list[Observation]:
        asked.append(1)
        release.wait(LONG_S)
        return [Observation(5)]

    provider, reader, taken = build(callback_deadline_s=0.05, collect_interval_s=0.02)
    meter = provider.get_meter("test")
    meter.create_observable_gauge("before", [lambda _: [Observation(1)]])
    meter.create_observable_gauge("hanging.one", [hang])
    meter.create_observable_gauge("after", [lambda _: [Observation(2)]])
    reader.start()
    eventually(lambda: len(taken.collected) >= 4)
    meter.create_observable_gauge("late", [lambda _: [Observation(3)]])
    eventually(lambda: "late" in points(taken.collected[-1]))

    assert {"before": {(): 1}, "after": {(): 2}, "late": {(): 3}} == points(taken.collected[-1])
    assert 1 == len(asked)
    assert 1 == len([record for record in caplog.records if "hanging.one" in record.getMessage()])

    release.set()
    eventually(lambda: {(): 5} == points(taken.collected[-1]).get("hanging.one"))


@pytest.mark.parametrize("failure", [ValueError("no"), SystemExit(3), GeneratorExit(), MemoryError()], ids=repr)
def test_a_callback_that_raises_loses_only_its_own_points(build: Build, failure: BaseException) -> None:
    """Even `sys.exit` in a callback ends nothing."""

    def fail(_: CallbackOptions) -> Iterator[Observation]:
        yield Observation(1, {"point": "first"})
        raise failure

    provider, _, taken = build(collect_interval_s=3600)
    meter = provider.get_meter("test")
    meter.create_observable_gauge(f"failing.{type(failure).__name__}", [fail])
    meter.create_observable_gauge("well", [lambda _: [Observation(2)]])
    provider.force_flush()

    assert {(): 2} == points(taken.delivered[-1])["well"]
    assert {(("point", "first"),): 1} == points(taken.delivered[-1])[f"failing.{type(failure).__name__}".lower()]
    assert 1 == guard.shared.counts()[f"metrics.callback.failing.{type(failure).__name__}"]


def test_generators_are_callbacks_too(build: Build) -> None:
    """The API allows a generator that is sent options; it keeps working when guarded."""

    def generate() -> Iterator[Any]:
        value = 0
        yield
        while True:
            value += 1
            yield [Observation(value)]

    callbacks: list[Any] = [generate()]
    provider, _, taken = build(collect_interval_s=3600)
    provider.get_meter("test").create_observable_counter("generated", callbacks)
    provider.force_flush()
    provider.force_flush()

    assert {(): 2} == points(taken.delivered[-1])["generated"]


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
    eventually(lambda: len(calls) >= 3)

    assert reader.close(LONG_S)


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

    assert {"own": {(): 4}} == points(taken.delivered[0])
    assert resource == taken.delivered[0].resource_metrics[0].resource
    assert {"own", "orders"} == set(points(taken.delivered[1]))


@pytest.mark.skipif(is_kept_by_sdk(), reason="this SDK bounds attribute sets itself")
def test_attribute_sets_are_bounded_and_the_sum_is_kept(build: Build) -> None:
    """A user id in an attribute costs no memory and loses no count."""
    provider, _, taken = build(limit=100, collect_interval_s=3600)
    meter = provider.get_meter("test")
    counter = meter.create_counter("orders")
    for user in range(1000):
        counter.add(1, {"user": user})
    counter.add(1, {"tags": ["a", "b"]})
    meter.create_observable_counter("polled", [lambda _: [Observation(1, {"user": user}) for user in range(1000)]])
    provider.force_flush()
    found = points(taken.delivered[-1])

    assert 100 == len(found["orders"])
    assert 1001 == sum(found["orders"].values())
    assert 902 == found["orders"][("otel.metric.overflow", True),]
    assert (100, 1000) == (len(found["polled"]), sum(found["polled"].values()))


def test_an_instrument_asked_for_twice_is_the_same(build: Build) -> None:
    """Libraries ask for their instruments again and again."""
    provider, _, taken = build(collect_interval_s=3600)
    first = provider.get_meter("test").create_counter("orders")
    second = provider.get_meter("test").create_counter("orders")
    first.add(1)
    second.add(1)
    provider.force_flush()

    assert first is second
    assert {(): 2} == points(taken.delivered[-1])["orders"]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_counts_from_zero_and_collects_by_itself() -> None:
    """Forks under load neither hang nor report the parent's counts twice."""
    release = threading.Event()
    values: list[Any] = []
    reader = AgentMetricReader(
        on_collect=lambda data: values.append(points(data).get("orders", {}).get(())), collect_interval_s=0.005
    )
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
            end_s = time.monotonic() + LONG_S
            while 5 not in values and time.monotonic() < end_s:
                time.sleep(0.002)
            os._exit(0 if 5 in values and reader.close(LONG_S) else 1)
        statuses.append(os.waitpid(pid, 0)[1])
    release.set()
    for thread in threads:
        thread.join()
    before = len(values)
    eventually(lambda: len(values) > before)
    reader.close(LONG_S)

    assert [0] * 10 == statuses
