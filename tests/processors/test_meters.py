"""The provider's meters are the SDK's, guarded."""

from collections.abc import Callable
from typing import Any

from opentelemetry.metrics import Observation

from otel_agent import guard
from otel_agent.processors.meters import AgentMeterProvider, GuardedMeter

Build = Callable[..., Any]


def test_an_instrument_asked_for_twice_is_the_same(build: Build) -> None:
    """Libraries ask for their instruments again and again."""
    provider, _, taken = build(collect_interval_s=3600)
    first = provider.get_meter("test").create_counter("orders")
    second = provider.get_meter("test").create_counter("orders")
    first.add(1)
    second.add(1)
    provider.force_flush()

    assert first is second
    assert {(): 2} == taken.points()["orders"]


def test_every_kind_of_instrument_records(build: Build) -> None:
    """Counters, gauges and histograms, observed or told, reach the reader under their names."""
    provider, _, taken = build(collect_interval_s=3600)
    meter = provider.get_meter("test")
    meter.create_counter("counter").add(1)
    meter.create_up_down_counter("updown").add(-1)
    meter.create_histogram("histogram").record(1)
    meter.create_gauge("gauge").set(3)
    meter.create_observable_counter("observed.counter", [lambda _: [Observation(4)]])
    meter.create_observable_up_down_counter("observed.updown", [lambda _: [Observation(5)]])
    meter.create_observable_gauge("observed.gauge", [lambda _: [Observation(6)]])
    provider.force_flush()

    assert {
        "counter": 1,
        "updown": -1,
        "histogram": None,
        "gauge": 3,
        "observed.counter": 4,
        "observed.updown": 5,
        "observed.gauge": 6,
    } == {name: points[()] for name, points in taken.points().items()}


def test_a_meter_is_one_and_the_same() -> None:
    """Asked for again, a provider gives the same guarded meter."""
    provider = AgentMeterProvider(shutdown_on_exit=False)
    first, second = provider.get_meter("test", "1"), provider.get_meter("test", "1")

    assert first is second
    assert isinstance(first, GuardedMeter)
    assert isinstance(provider.get_meter("other"), GuardedMeter)


def test_a_measurement_that_cannot_be_counted_is_left_out_and_named(build: Build) -> None:
    """The agent goes on, and the line names the metric."""
    provider, _, taken = build(collect_interval_s=3600)
    counter = provider.get_meter("test").create_counter("bad.amounts")
    counter.add("many")
    counter.add(2)
    provider.force_flush()

    assert {(): 2} == taken.points()["bad.amounts"]
    assert 1 == guard.shared.counts()["metrics.value.bad.amounts"]
