"""
API instruments made from the catalogue.

The API offers no way to take a callback back, and asking a meter twice for an observable instrument silently drops the second
one's callbacks. So the callback an instrument gets looks up what is to be asked now: `observe` puts a source in place and
returns what takes it out again, as often as one likes.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from otel_agent.catalog import InstrumentKind, Metric

__all__ = ["Handle", "Source", "create", "observe"]

Source = Callable[[], Iterable[tuple[float, Mapping[str, Any] | None]]]
"""Returns values and their attributes; no value, no pair."""

_sources: WeakKeyDictionary[Meter, dict[str, Source]] = WeakKeyDictionary()


class Handle:
    """
    Instruments that were put in place together and are taken out together.

    Args:
        undo: Functions that take them out; each is called once, in reverse order.
    """

    def __init__(self, undo: Iterable[Callable[[], object]]) -> None:
        self._undo = list(undo)

    def close(self) -> None:
        """Take out what was put in place; safe twice."""
        while self._undo:
            self._undo.pop()()


def create(meter: Meter, metric: Metric) -> Any:
    """
    Make a synchronous instrument, for what is recorded when it happens.

    Args:
        meter: Meter of the API.
        metric: Metric of the catalogue; not observable.

    Returns:
        A counter, up-down counter, gauge or histogram.
    """
    if metric.kind is InstrumentKind.COUNTER:
        return meter.create_counter(metric.name, metric.unit, metric.description)
    if metric.kind is InstrumentKind.UP_DOWN_COUNTER:
        return meter.create_up_down_counter(metric.name, metric.unit, metric.description)
    if metric.kind is InstrumentKind.GAUGE:
        return meter.create_gauge(metric.name, metric.unit, metric.description)
    bounds = list(metric.bounds) or None
    return meter.create_histogram(
        metric.name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=bounds
    )


def observe(meter: Meter, metric: Metric, source: Source) -> Callable[[], None]:
    """
    Have a source asked at every collection.

    Args:
        meter: Meter of the API.
        metric: Metric of the catalogue; observable.
        source: What is asked; replaces the source before of the same meter and metric.

    Returns:
        A function that takes the source out again; the metric then has no points.
    """
    sources = _sources.setdefault(meter, {})
    is_new = metric.name not in sources
    sources[metric.name] = source
    if is_new:
        _create_observable(meter, metric, sources)

    def remove() -> None:
        if sources.get(metric.name) is source:
            sources[metric.name] = _nothing

    return remove


def _create_observable(meter: Meter, metric: Metric, sources: Mapping[str, Source]) -> None:
    name = metric.name

    def ask(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, attributes) for value, attributes in sources[name]()]

    creators = {
        InstrumentKind.COUNTER: meter.create_observable_counter,
        InstrumentKind.UP_DOWN_COUNTER: meter.create_observable_up_down_counter,
        InstrumentKind.GAUGE: meter.create_observable_gauge,
    }
    creators[metric.kind](name, [ask], metric.unit, metric.description)


def _nothing() -> tuple[()]:
    return ()
