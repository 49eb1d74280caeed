"""Observable callbacks run where they cannot do harm."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.metrics import CallbackOptions, Observation
from waiting import PATIENCE_S, until

from otel_agent import guard
from otel_agent.processors.callbacks import Callbacks
from otel_agent.processors.cardinality import OVERFLOW, AttributeBound

Build = Callable[..., Any]


def test_a_hanging_callback_is_left_behind_and_named_once(build: Build, caplog: pytest.LogCaptureFixture) -> None:
    """Others report, instruments can be created, and the one that hangs is said."""
    release = threading.Event()
    asked: list[int] = []

    def hang(_: CallbackOptions) -> list[Observation]:
        asked.append(1)
        release.wait(PATIENCE_S)
        return [Observation(5)]

    provider, reader, taken = build(callback_deadline_s=0.05, collect_interval_s=0.02)
    meter = provider.get_meter("test")
    meter.create_observable_gauge("before", [lambda _: [Observation(1)]])
    meter.create_observable_gauge("hanging.one", [hang])
    meter.create_observable_gauge("after", [lambda _: [Observation(2)]])
    reader.start()
    until(lambda: len(taken.collected) >= 4)
    meter.create_observable_gauge("late", [lambda _: [Observation(3)]])
    until(lambda: "late" in taken.points(taken.collected[-1]))

    assert {"before": {(): 1}, "after": {(): 2}, "late": {(): 3}} == taken.points(taken.collected[-1])
    assert 1 == len(asked)
    assert 1 == len([record for record in caplog.records if "hanging.one" in record.getMessage()])

    release.set()
    until(lambda: {(): 5} == taken.points(taken.collected[-1]).get("hanging.one"))


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

    assert {(): 2} == taken.points()["well"]
    assert {(("point", "first"),): 1} == taken.points()[f"failing.{type(failure).__name__}".lower()]
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

    assert {(): 2} == taken.points()["generated"]


def test_callbacks_are_asked_off_the_collecting_thread_and_served_to_it() -> None:
    """A round asks every callback on the worker's thread; the collecting thread gets what is ready, others an answer of now."""
    threads: list[str] = []
    callbacks = Callbacks()

    def observe(_: CallbackOptions) -> list[Observation]:
        threads.append(threading.current_thread().name)
        return [Observation(len(threads))]

    guarded = callbacks.add("a", observe, None, is_sum=False)
    callbacks.gather()
    callbacks.served_thread = threading.get_ident()
    ready, empty = list(guarded(CallbackOptions())), list(guarded(CallbackOptions()))
    callbacks.served_thread = None
    asked = list(guarded(CallbackOptions()))
    callbacks.close()

    assert ["otel-agent-metrics-callbacks", threading.current_thread().name] == threads
    assert [[1], [], [2]] == [[one.value for one in found] for found in (ready, empty, asked)]


@pytest.mark.parametrize(("is_sum", "value"), [(True, 9), (False, 5)])
def test_observations_beyond_the_bound_are_one(*, is_sum: bool, value: int) -> None:
    """Those of a sum are added up, of gauges the last one stays."""
    folded: list[int] = []
    observations = [Observation(amount, {"n": amount}) for amount in (1, 2, 4, 5)]
    callbacks = Callbacks()
    guarded = callbacks.add("a", lambda _: observations, AttributeBound(3, lambda: folded.append(1)), is_sum=is_sum)
    found = guarded.ask(CallbackOptions())

    assert [(1, {"n": 1}), (2, {"n": 2}), (value, OVERFLOW)] == [(one.value, one.attributes) for one in found]
    assert 2 == len(folded)


def test_a_child_asks_anew_what_hung_in_its_parent() -> None:
    """After a fork no callback counts as busy, and no result of the parent's is left."""
    release = threading.Event()
    answers = iter([[Observation(1)]])
    callbacks = Callbacks(0.05)
    hanging = callbacks.add(
        "hanging.two", lambda _: next(answers) if release.wait(PATIENCE_S) else (), None, is_sum=False
    )
    callbacks.gather()
    was_running = hanging.is_running
    callbacks.reinit_after_fork()
    release.set()
    callbacks.close()

    assert was_running
    assert (False, (), None) == (hanging.is_running, hanging.results, hanging.worker)
