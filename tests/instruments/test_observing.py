"""API instruments made from the catalogue."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent.catalog import InstrumentKind, Metric
from otel_agent.instruments.observing import Handle, create, observe


@pytest.fixture
def reader() -> InMemoryMetricReader:
    """Reads what was recorded."""
    return InMemoryMetricReader()


@pytest.fixture
def meter(reader: InMemoryMetricReader) -> Iterator[Meter]:
    """A meter of the SDK."""
    provider = MeterProvider([reader], shutdown_on_exit=False)
    yield provider.get_meter("tests")
    provider.shutdown()


def collected(reader: InMemoryMetricReader) -> dict[str, Any]:
    """Metrics of one collection, by name."""
    data = reader.get_metrics_data()
    if data is None:
        return {}
    return {metric.name: metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics}


OBSERVABLE = Metric("pool.size", InstrumentKind.UP_DOWN_COUNTER, "{connection}", "Connections of a pool.")


@pytest.mark.parametrize(
    ("kind", "record", "bounds"),
    [
        (InstrumentKind.COUNTER, "add", ()),
        (InstrumentKind.UP_DOWN_COUNTER, "add", ()),
        (InstrumentKind.GAUGE, "set", ()),
        (InstrumentKind.HISTOGRAM, "record", (1.0, 2.0)),
    ],
)
def test_a_synchronous_instrument_is_as_catalogued(
    meter: Meter, reader: InMemoryMetricReader, kind: InstrumentKind, record: str, bounds: tuple[float, ...]
) -> None:
    """Name, unit, description and bounds come from the catalogue."""
    metric = Metric("size", kind, "By", "Sizes.", is_observable=False, bounds=bounds)
    getattr(create(meter, metric), record)(1)
    found = collected(reader)[metric.name]

    assert (metric.unit, metric.description) == (found.unit, found.description)
    assert bounds == tuple(getattr(found.data.data_points[0], "explicit_bounds", ()))


def test_a_source_replaces_the_one_before(meter: Meter, reader: InMemoryMetricReader) -> None:
    """The API would keep the first callback for ever; here the last source is asked, and only that."""
    observe(meter, OBSERVABLE, lambda: [(1, {"from": "first"})])
    observe(meter, OBSERVABLE, lambda: [(2, {"from": "second"})])

    assert [(2, {"from": "second"})] == points(collected(reader)[OBSERVABLE.name])


def points(metric: Any) -> list[tuple[float, dict[str, Any]]]:
    """Values with their attributes."""
    return [(point.value, dict(point.attributes)) for point in metric.data.data_points]


def test_a_source_that_was_taken_out_is_not_asked(meter: Meter, reader: InMemoryMetricReader) -> None:
    """Taking out twice is harmless, and does not take out the source that came after."""
    remove = observe(meter, OBSERVABLE, lambda: [(1, None)])
    remove()
    remove()

    assert OBSERVABLE.name not in collected(reader)
    observe(meter, OBSERVABLE, lambda: [(2, None)])
    remove()
    assert [(2, {})] == points(collected(reader)[OBSERVABLE.name])


def test_a_handle_takes_out_in_reverse_and_once() -> None:
    """What was put in place last goes first; closing again does nothing."""
    taken: list[int] = []
    undo: list[Callable[[], object]] = [lambda number=number: taken.append(number) for number in range(3)]  # type: ignore[misc]  # bound while it is known
    handle = Handle(undo)
    handle.close()
    handle.close()

    assert [2, 1, 0] == taken
