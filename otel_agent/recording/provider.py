"""
The tracer provider: the SDK's in every public respect, with light spans behind it.

Ended spans that are recorded go to a queue (see `delivery.queues`) by themselves; span processors are for what others want to
hear. Without one, and with a sampler that lets children follow their parents, spans take the quick way (see `tracers`).
"""

# ruff: noqa: SLF001, FBT001, FBT002 - a subclass of the SDK's works with what the SDK keeps to itself, and keeps its signatures

import os
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import sampling
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.util.types import Attributes

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.guard import guarded
from otel_agent.recording.durations import Durations
from otel_agent.recording.ids import RandomIds, random_bits
from otel_agent.recording.processors import IsolatedProcessors
from otel_agent.recording.recorder import Recorder
from otel_agent.recording.roots import root_of
from otel_agent.recording.sampling.rate_limits import rate_limits_of
from otel_agent.recording.sampling.samplers import EVERY, sampler_rules_of
from otel_agent.recording.sampling.unsampled import UnsampledSpan
from otel_agent.recording.spans import Span, renew_lock
from otel_agent.recording.tracers import Tracer

__all__ = ["Queue", "TracerProvider", "enqueue"]


class Queue(Protocol):
    """A bounded queue of telemetry; see `delivery.queues.SignalQueue`."""

    items: deque[Any]
    limit: int

    def overflow(self, item: Any) -> None:
        """Take an item there is no room for."""
        ...


def enqueue(queue: Queue, item: Any) -> None:
    """
    Append to a queue, or hand to its overflow what there is no room for.

    Where spans end and records are logged, these steps are written out: a call would cost as much again as they do.

    Args:
        queue: Takes the item.
        item: Telemetry of the queue's signal.
    """
    if len(queue.items) < queue.limit:
        queue.items.append(item)
    else:
        queue.overflow(item)


class TracerProvider(sdk.TracerProvider):
    """
    See `opentelemetry.sdk.trace.TracerProvider`.

    Args:
        sampler: Decides which spans are recorded; see the SDK.
        resource: Resource of every span; see the SDK.
        shutdown_on_exit: Whether the provider shuts down with the interpreter; see the SDK.
        active_span_processor: Calls the processors; see the SDK. By default each is isolated from the agent and from the others.
        id_generator: Makes ids; see the SDK. By default ids that `random.seed` does not repeat.
        span_limits: Limits of every span; see the SDK.
        queue: Takes every recorded span that has ended; without one only processors hear of spans.
        records_dropped: Whether spans that the sampler drops are recorded all the same, without the sampled flag: they go
            to the queue and to processors, are not sent, and tell other processes that they are not sampled.
        **more: Other arguments of the SDK's provider.
    """

    def __init__(
        self,
        sampler: sampling.Sampler | None = None,
        resource: Resource | None = None,
        shutdown_on_exit: bool = True,
        active_span_processor: Any = None,
        id_generator: IdGenerator | None = None,
        span_limits: sdk.SpanLimits | None = None,
        *,
        queue: Queue | None = None,
        records_dropped: bool = False,
        **more: Any,
    ) -> None:
        self._queue = queue
        self._records_dropped = records_dropped
        self._watchers: list[Any] = []
        self._flush_queue: Callable[[float], object] | None = None
        self._successor: TracerProvider | None = None
        self._isolated = IsolatedProcessors(self._refresh) if active_span_processor is None else None
        super().__init__(
            sampler,
            resource,
            shutdown_on_exit,
            active_span_processor or self._isolated,
            id_generator or RandomIds(),
            span_limits,
            **more,
        )

    @property
    def queue(self) -> Queue | None:
        """The queue that takes ended spans."""
        return self._queue

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Any:
        """The tracer of an instrumentation scope; see the interface."""
        if self._successor is not None:
            return self._successor.get_tracer(
                instrumenting_module_name, instrumenting_library_version, schema_url, attributes
            )
        made = super().get_tracer(instrumenting_module_name, instrumenting_library_version, schema_url, attributes)
        if type(made) is not sdk.Tracer:
            return made
        scope = made._instrumentation_scope
        with self._tracers_lock:
            if type(self._tracers[scope]) is sdk.Tracer:
                self._tracers[scope] = self._tracer_of(made)
            return self._tracers[scope]

    def adopt(self, previous: "TracerProvider") -> None:
        """
        Take over the tracers of a provider that has ended.

        Whoever holds one of them records here from now on, and who asks that provider for one gets one of ours.

        Args:
            previous: Provider that this one stands in for. It may take them back later.
        """
        self._successor = None
        if previous is self:
            return
        previous._successor = self
        with previous._tracers_lock:
            inherited = dict(previous._tracers)
        for scope, tracer in inherited.items():
            if not isinstance(tracer, Tracer):
                continue
            with self._tracers_lock:
                if self._tracers.get(scope) is tracer:
                    del self._tracers[scope]  # lent to the other, and now it comes back
            ours = self.get_tracer(scope.name, scope.version, scope.schema_url, scope.attributes)
            if isinstance(ours, Tracer) and ours is not tracer:
                # In place, because nobody knows who holds it; it stays the one of its scope.
                tracer.__dict__.update(ours.__dict__)
                with self._tracers_lock:
                    self._tracers[scope] = tracer

    def _tracer_of(self, made: sdk.Tracer) -> Tracer:
        tracer = Tracer(
            made.sampler,
            made.resource,
            made.span_processor,
            made.id_generator,
            made.instrumentation_info,
            made._span_limits,
            made._instrumentation_scope,
            meter_provider=self._meter_provider,
            _tracer_config=made._tracer_config,
            provider=self,
            records_dropped=self._records_dropped,
        )
        self._set_quick_ways(tracer)
        return tracer

    def _set_quick_ways(self, tracer: Tracer) -> None:
        """Decide which quick ways of a tracer are open."""
        is_quick = (
            self._queue is not None
            and self._isolated is not None
            and self._isolated.is_empty()
            and type(self.id_generator) is RandomIds
            and tracer._is_enabled()
            and not tracer.counts_spans
        )
        rules = sampler_rules_of(tracer.sampler)
        tracer.bare = UnsampledSpan if is_quick and rules.drops_below_dropped and not self._records_dropped else None
        follow = rules.keeps_below_kept and (rules.drops_below_dropped or rules.bound == EVERY)
        tracer.hot = Span if is_quick and (follow if self._records_dropped else rules.keeps_below_kept) else None
        bound = rules.bound if is_quick else None
        tracer.root = root_of(bound, tracer.hot, tracer.bare, records_dropped=self._records_dropped)

    def renew_resource(self, resource: Resource) -> None:
        """
        Name another resource from now on, also in tracers and sites that were made before; a forked child does.

        Args:
            resource: Resource of every span that begins from now on.
        """
        with self._tracers_lock:
            self._resource = resource
            for tracer in self._tracers.values():
                tracer._set_resource(resource)
        self._refresh()

    def _handle_fork(self) -> None:
        """Make the locks anew in a forked child, and name it; what else is its own is known to whoever has built the resource."""
        self._tracers_lock = primitives.Lock()
        renew_lock()
        if "process.pid" in self._resource.attributes:
            own = {**self._resource.attributes, "process.pid": os.getpid()}
            self.renew_resource(Resource(own, self._resource.schema_url))

    def _update_resource(self, resource: Resource) -> None:
        super()._update_resource(resource)
        self._refresh()

    def _set_tracer_configurator(self, *, tracer_configurator: Any) -> None:
        super()._set_tracer_configurator(tracer_configurator=tracer_configurator)
        self._refresh()

    def _refresh(self) -> None:
        with self._tracers_lock:
            tracers = list(self._tracers.values())
        for tracer in tracers:
            if isinstance(tracer, Tracer):
                self._set_quick_ways(tracer)
        for watcher in list(self._watchers):
            watcher()

    def recorder(self, scope: str, durations: Durations, calls_per_s: float | None = None) -> Recorder:
        """
        The recorder of a scope: what decorators record with.

        Args:
            scope: Name of the instrumentation scope.
            durations: Takes the duration of every call.
            calls_per_s: Most spans a second of one function; `None`: no bound.
        """
        tracer: Tracer = self.get_tracer(scope)
        queue = self._queue
        items = None if queue is None else queue.items
        return Recorder(tracer, queue, items, random_bits, durations, self.watch, rate_limits_of(calls_per_s))

    def watch(self, changed: Callable[[], object]) -> None:
        """
        Call a function whenever `Tracer.hot` may have changed.

        Args:
            changed: Called without arguments, on the thread that made the change.
        """
        self._watchers.append(changed)

    def flush_with(self, flush: Callable[[float], object]) -> None:
        """
        Let `force_flush` send what is queued, too: others call it before a process is frozen or ends.

        Args:
            flush: Function of a time in seconds; answers something true when the receiver has everything.
        """
        self._flush_queue = flush

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send every span that has ended: see the interface. Never raises."""
        until_s = monotonic_s() + timeout_millis / 1e3
        is_flushed = super().force_flush(timeout_millis)
        if self._flush_queue is None:
            return is_flushed
        is_sent: object = False
        with guarded("recording.flush", "queued spans could not be flushed"):
            is_sent = self._flush_queue(max(0.0, until_s - monotonic_s()))
        return bool(is_flushed and is_sent)

    def shut_processors_down(self) -> None:
        """Shut down the processors that somebody has added, and tell them nothing more; spans are recorded as before."""
        if self._isolated is not None:
            self._isolated.shut_down_and_forget()

    def finish(self, span: Span) -> None:
        """
        Take in a span that has ended: count it, tell processors, queue it.

        Args:
            span: A span of a tracer of this provider.
        """
        if span._record_end_metrics is not None:
            span._record_end_metrics()
        if self._isolated is None or not self._isolated.is_empty():
            self._active_span_processor._on_ending(span)
            self._active_span_processor.on_end(span)
        queue = self._queue
        if queue is None:
            return
        if len(queue.items) < queue.limit:
            queue.items.append(span)
        else:
            queue.overflow(span)
