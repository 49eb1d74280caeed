"""
The SDK's meter provider with observable callbacks guarded and attribute sets bounded.

Every instrumentation gets its meters here, so what others measure is isolated as well as what we do.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from opentelemetry import metrics
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.resources import Resource

from otel_agent import guard, primitives
from otel_agent.processors.callbacks import Callbacks
from otel_agent.processors.cardinality import LIMIT, AttributeBound, bound_recording, is_kept_by_sdk
from otel_agent.processors.metrics import AgentMetricReader

__all__ = ["AgentMeterProvider", "GuardedMeter"]

_Instrument = TypeVar("_Instrument")


class AgentMeterProvider(sdk.MeterProvider):
    """
    The SDK's provider; only the meters it hands out differ.

    Args:
        metric_readers: Readers, among them the `AgentMetricReader`, which runs the callbacks.
        cardinality_limit: Attribute sets of one instrument, on SDKs that have no limit of their own; there, views
            that leave attributes out do so after this bound.
        callback_deadline_s: How long one observable callback may take, in seconds.
        options: Everything else `opentelemetry.sdk.metrics.MeterProvider` takes.
    """

    def __init__(
        self,
        metric_readers: Sequence[Any] = (),
        *,
        cardinality_limit: int = LIMIT,
        callback_deadline_s: float = 1.0,
        **options: Any,
    ) -> None:
        # Before the SDK's own part, which may ask for a meter already.
        self._guarded: dict[metrics.Meter, GuardedMeter] = {}
        self._callbacks = Callbacks(callback_deadline_s)
        self._attribute_limit = None if is_kept_by_sdk() else cardinality_limit
        super().__init__(metric_readers, **options)
        for reader in metric_readers:
            if isinstance(reader, AgentMetricReader):
                reader.attach(self._callbacks)

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Any = None,
    ) -> metrics.Meter:
        """See `opentelemetry.metrics.MeterProvider.get_meter`."""
        meter = super().get_meter(name, version, schema_url, attributes)
        if isinstance(meter, metrics.NoOpMeter):
            return meter
        return self._guarded.setdefault(meter, GuardedMeter(meter, self._callbacks, self._attribute_limit))

    def renew_resource(self, resource: Resource) -> None:
        """
        Name another resource from now on, as a forked child does.

        Args:
            resource: Resource of every collection from now on.
        """
        with self._meter_lock:
            self._sdk_config.resource = resource

    def _handle_fork(self) -> None:
        """Make locks anew in a forked child; the resource is renewed by whoever has built it."""
        self._lock = primitives.Lock()
        self._meter_lock = primitives.Lock()
        sdk.MeterProvider._all_metric_readers_lock = primitives.Lock()  # noqa: SLF001 - one for all providers, the SDK's way


class GuardedMeter(metrics.Meter):
    """
    A meter of the SDK whose instruments cannot hurt each other.

    Args:
        meter: The SDK's meter.
        callbacks: Takes the callbacks of observable instruments.
        attribute_limit: Attribute sets of one instrument; `None` when the SDK sees to it.
    """

    def __init__(self, meter: metrics.Meter, callbacks: Callbacks, attribute_limit: int | None) -> None:
        super().__init__(meter.name, meter.version, meter.schema_url)
        self._meter = meter
        self._callbacks = callbacks
        self._attribute_limit = attribute_limit
        self._bounded: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._meter, name)

    def create_counter(self, name: str, unit: str = "", description: str = "") -> metrics.Counter:
        """See `opentelemetry.metrics.Meter.create_counter`."""
        return self._bound(self._meter.create_counter(name, unit, description))

    def create_up_down_counter(self, name: str, unit: str = "", description: str = "") -> metrics.UpDownCounter:
        """See `opentelemetry.metrics.Meter.create_up_down_counter`."""
        return self._bound(self._meter.create_up_down_counter(name, unit, description))

    def create_histogram(self, name: str, unit: str = "", description: str = "", **options: Any) -> metrics.Histogram:
        """See `opentelemetry.metrics.Meter.create_histogram`."""
        return self._bound(self._meter.create_histogram(name, unit, description, **options))

    def create_gauge(self, name: str, unit: str = "", description: str = "") -> Any:
        """See `opentelemetry.metrics.Meter.create_gauge`."""
        return self._bound(self._meter.create_gauge(name, unit, description))

    def create_observable_counter(
        self, name: str, callbacks: Sequence[Any] | None = None, unit: str = "", description: str = ""
    ) -> metrics.ObservableCounter:
        """See `opentelemetry.metrics.Meter.create_observable_counter`."""
        guarded = self._guard(name, callbacks, is_sum=True)
        return self._meter.create_observable_counter(name, guarded, unit, description)

    def create_observable_up_down_counter(
        self, name: str, callbacks: Sequence[Any] | None = None, unit: str = "", description: str = ""
    ) -> metrics.ObservableUpDownCounter:
        """See `opentelemetry.metrics.Meter.create_observable_up_down_counter`."""
        guarded = self._guard(name, callbacks, is_sum=True)
        return self._meter.create_observable_up_down_counter(name, guarded, unit, description)

    def create_observable_gauge(
        self, name: str, callbacks: Sequence[Any] | None = None, unit: str = "", description: str = ""
    ) -> metrics.ObservableGauge:
        """See `opentelemetry.metrics.Meter.create_observable_gauge`."""
        guarded = self._guard(name, callbacks, is_sum=False)
        return self._meter.create_observable_gauge(name, guarded, unit, description)

    def _guard(self, name: str, callbacks: Sequence[Any] | None, *, is_sum: bool) -> list[Any]:
        bound = self._new_bound(name)
        return [self._callbacks.add(name, callback, bound, is_sum=is_sum) for callback in callbacks or ()]

    def _bound(self, instrument: _Instrument) -> _Instrument:
        # A meter returns the same instrument when it is asked for it again; it is kept alive by the meter.
        if id(instrument) not in self._bounded:
            self._bounded.add(id(instrument))
            name = getattr(instrument, "name", "?")

            def report_failure(error: Exception) -> None:
                guard.shared.report(f"metrics.value.{name}", f"a measurement of metric {name} was left out", error)

            bound_recording(instrument, self._new_bound(name), report_failure)
        return instrument

    def _new_bound(self, name: str) -> AttributeBound | None:
        limit = self._attribute_limit
        if limit is None:
            return None

        def report_overflow() -> None:
            guard.shared.report(
                f"metrics.overflow.{name}",
                f"metric {name} has more than {limit} attribute sets: the rest is counted under"
                " otel.metric.overflow=true; take ids out of its attributes",
            )

        return AttributeBound(limit, report_overflow)
