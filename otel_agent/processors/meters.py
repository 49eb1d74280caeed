"""
The SDK's meter provider with observable callbacks guarded and attribute sets bounded.

Every instrumentation gets its meters here, so what others measure is isolated as well as what we do.
"""

# ruff: noqa: SLF001 - a subclass of the SDK's works with what the SDK keeps to itself

from collections.abc import Sequence
from typing import Any, TypeVar

from opentelemetry import metrics
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.resources import Resource

from otel_agent import guard, primitives
from otel_agent.processors.callbacks import Callbacks, GuardedCallback
from otel_agent.processors.cardinality import LIMIT, AttributeBound, bound_recording, is_kept_by_sdk
from otel_agent.processors.metrics import AgentMetricReader

__all__ = ["AgentMeterProvider", "GuardedMeter"]

_OWN = "otel_agent"
"""First part of the names of our own scopes."""

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
        self._successor: AgentMeterProvider | None = None
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
        if self._successor is not None:
            return self._successor.get_meter(name, version, schema_url, attributes)
        meter = super().get_meter(name, version, schema_url, attributes)
        if isinstance(meter, metrics.NoOpMeter):
            return meter
        return self._guarded.setdefault(meter, GuardedMeter(meter, self._callbacks, self._attribute_limit))

    def adopt(self, previous: "AgentMeterProvider") -> None:
        """
        Take over the meters of a provider that has ended: what their instruments measure counts here from now on, from zero.

        Meters of this package are left behind: its instruments are made anew with each telemetry. The SDK has no public way to do
        this; where one of its private names is gone, what was made before is not seen, and a line says so.

        Args:
            previous: Provider that this one stands in for. It may take them back later.
        """
        self._successor = None
        if previous is self:
            return
        try:
            with previous._meter_lock:
                inherited = dict(previous._meters)
            for scope, meter in inherited.items():
                guarded = previous._guarded.get(meter)
                if guarded is None or scope.name.partition(".")[0] == _OWN:
                    continue
                with self._meter_lock:
                    is_known = scope in self._meters
                    if not is_known:
                        self._meters[scope] = meter
                        self._guarded[meter] = guarded
                guarded.move(self._measurement_consumer, self._callbacks)
        except AttributeError as error:
            guard.shared.report(
                "metrics.again",
                "instruments that were made before telemetry began again are lost: the SDK has changed",
                error,
            )
        previous._successor = self

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
        sdk.MeterProvider._all_metric_readers_lock = primitives.Lock()  # one for all providers, the SDK's way


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
        self._observed: dict[str, list[GuardedCallback]] = {}
        """Callbacks by the name of their instrument."""
        self._inherited: set[str] = set()
        """Observable instruments made for an earlier provider: made again, they are asked for what is new only."""

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

    def move(self, consumer: Any, callbacks: Callbacks) -> None:
        """
        Let everything that was made here count for another provider.

        Args:
            consumer: The SDK's measurement consumer of that provider.
            callbacks: Its callbacks.
        """
        meter: Any = self._meter
        meter._measurement_consumer = consumer
        for instrument in list(meter._instrument_id_instrument.values()):
            instrument._measurement_consumer = consumer
            if hasattr(instrument, "callback"):
                consumer.register_asynchronous_instrument(instrument)
        for observed in self._observed.values():
            callbacks.adopt(observed)
        self._callbacks = callbacks
        self._inherited = set(self._observed)

    def _guard(self, name: str, callbacks: Sequence[Any] | None, *, is_sum: bool) -> list[Any]:
        bound = self._new_bound(name)
        made = [self._callbacks.add(name, callback, bound, is_sum=is_sum) for callback in callbacks or ()]
        for callback in made:
            callback.is_ours = self.name.partition(".")[0] == _OWN
        known = name.lower()
        if known in self._inherited:
            self._inherited.discard(known)
            self._callbacks.discard(self._observed.pop(known))
            meter: Any = self._meter
            for instrument in meter._instrument_id_instrument.values():
                if instrument.name == known and hasattr(instrument, "callback"):
                    instrument._callbacks = list(made)
        self._observed.setdefault(known, []).extend(made)
        return made

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
