"""
The one metric reader.

It collects at a fast interval, shows every collection to whoever evaluates it, and delivers every k-th. Metrics are cumulative,
so leaving collections out on the way to the backend loses nothing, and no second reader runs every callback twice.

One thread, `otel-agent-metrics`, keeps the time: on absolute deadlines of the monotonic clock, so that a late tick does not
shift the next. `_collection_lock` is held during a collection, so that collections of the thread, of a flush and of the end come
one after the other; a fork waits for it, so that no child is born in the middle of one.

A forked child inherits locks that a thread of the parent held, and with it a deadlock at its first measurement; and it inherits
the parent's counts, which would be reported twice. So the child drops both: the SDK's metric storage begins empty, with locks of
its own. The SDK offers no public way to do this; where one of its private names is gone, the child keeps what it inherited and a
line says so. Source: https://github.com/open-telemetry/opentelemetry-python/issues/4345
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.metrics.export import MetricReader, MetricsData, ResourceMetrics, ScopeMetrics
from opentelemetry.sdk.resources import Resource

from otel_agent import guard, primitives
from otel_agent.clock import monotonic_s
from otel_agent.lifecycle.forks import follow_forks
from otel_agent.lifecycle.tasks import Task
from otel_agent.lifecycle.threads import begin_thread
from otel_agent.processors.callbacks import Callbacks

__all__ = ["AgentMetricReader", "Producer", "Receiver"]

Producer = Callable[[], Sequence[ScopeMetrics]]
"""Metrics that are not kept by the SDK, cumulative as well; called once a collection."""

Receiver = Callable[[MetricsData], object]
"""Takes a collection."""

_SDK_PATIENCE_S = 60.0
"""What the SDK may take at least for a collection, in seconds: it does not wait, it only raises when the time is over."""

_FORK_PATIENCE_S = 0.5
"""How long a fork waits for a collection to end, in seconds."""


class AgentMetricReader(MetricReader):
    """
    Collects fast, delivers seldom; see the module. Nothing runs before `start`.

    Args:
        deliver: Takes every k-th collection and the last; must not block.
        on_collect: Takes every collection, before `deliver`.
        producers: Producers of metrics beside the SDK's.
        resource: Resource of the producers' metrics as long as the SDK has none.
        collect_interval_s: Time between two collections, in seconds; more than 0.
        interval_s: Time between two deliveries, in seconds; rounded to a multiple of `collect_interval_s`, at least one.
    """

    def __init__(
        self,
        deliver: Receiver | None = None,
        *,
        on_collect: Receiver | None = None,
        producers: Sequence[Producer] = (),
        resource: Resource | None = None,
        collect_interval_s: float = 1.0,
        interval_s: float = 60.0,
    ) -> None:
        super().__init__()
        self._deliver = deliver
        self._on_collect = on_collect
        self._producers = tuple(producers)
        self._resource = resource or Resource.get_empty()
        self._collect_interval_s = collect_interval_s
        self._every = max(1, round(interval_s / collect_interval_s))
        self._callbacks: Callbacks | None = None
        self._collection_lock = primitives.Lock()
        self._received: MetricsData | None = None
        self._is_ours = False
        self._thread: primitives.Thread | None = None
        self._end = primitives.Event()
        self._is_started = self._is_closed = False
        self._pid = os.getpid()
        self._fork_holder: int | None = None

    def attach(self, callbacks: Callbacks) -> None:
        """
        Run a provider's observable callbacks before each collection.

        Args:
            callbacks: Callbacks of an `AgentMeterProvider`.
        """
        self._callbacks = callbacks

    def renew_resource(self, resource: Resource) -> None:
        """
        Name another resource from now on, as a forked child does.

        Args:
            resource: Resource of the producers' metrics as long as the SDK has none.
        """
        self._resource = resource

    def start(self) -> None:
        """Begin to collect; safe twice."""
        if self._thread is None and not self._is_closed:
            self._is_started = True
            follow_forks(self)
            self._begin()

    def close(self, timeout_s: float = 2.0) -> bool:
        """
        Collect and deliver once more, and end; safe before `start`, and twice.

        Args:
            timeout_s: Longest time for all of it, in seconds.

        Returns:
            Whether the last collection was delivered in time.
        """
        if self._is_closed:
            return True
        self._is_closed = True
        end_s = monotonic_s() + timeout_s
        self._end.set()
        last = Task("metrics-end", lambda: self._run(end_s, is_delivered=True)).start()
        last.wait(timeout_s)
        if self._thread is not None:
            self._thread.join(max(0.0, end_s - monotonic_s()))
        if self._callbacks is not None:
            self._callbacks.close()
        return last.is_done()

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """
        Collect and deliver now.

        Args:
            timeout_millis: Longest time for all of it, in milliseconds, as the SDK counts.

        Returns:
            Whether it was done in time.
        """
        if self._thread is None and self._is_started and not self._is_closed:
            self._begin()  # no thread could be had before
        return self._run(monotonic_s() + timeout_millis / 1e3, is_delivered=True)

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
        """
        End; see `close`.

        Args:
            timeout_millis: Longest time for all of it, in milliseconds, as the SDK counts.
        """
        self.close(timeout_millis / 1e3)

    def hold_for_fork(self) -> None:
        """Let a collection end before the process forks, and begin no other."""
        if self._collection_lock.acquire(timeout=_FORK_PATIENCE_S):
            self._fork_holder = primitives.get_ident()

    def go_on_after_fork(self) -> None:
        """Collect again, in the parent."""
        if self._fork_holder == primitives.get_ident():
            self._fork_holder = None
            self._collection_lock.release()

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child: own thread, own locks, counts from zero. Safe twice."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._collection_lock = primitives.Lock()
        self._end = primitives.Event()
        self._received = None
        self._is_ours = False
        self._fork_holder = None
        if self._callbacks is not None:
            self._callbacks.reinit_after_fork()
        _empty_storage(self)
        if self._is_started and not self._is_closed:
            self._begin()

    def _begin(self) -> None:
        self._thread = begin_thread("metrics", self._tick)

    def _tick(self) -> None:
        end = self._end
        next_s = monotonic_s() + self._collect_interval_s
        count = 0
        while not end.wait(max(0.0, next_s - monotonic_s())):
            count += 1
            self._run(monotonic_s() + self._patience_s(), is_delivered=count % self._every == 0)
            # A tick that was missed altogether (a suspended machine) is not made up for: two readings at once tell nothing.
            missed = max(0.0, monotonic_s() - next_s) // self._collect_interval_s
            next_s += (missed + 1) * self._collect_interval_s

    def _patience_s(self) -> float:
        return max(10.0, self._collect_interval_s)

    def _run(self, end_s: float, *, is_delivered: bool) -> bool:
        lock = self._collection_lock
        if not lock.acquire(timeout=max(0.0, end_s - monotonic_s())):
            return False
        try:
            data = self._gather(end_s)
            if data is not None:
                _hand(self._on_collect, data, "metrics.judge", "what watches the metrics failed")
                if is_delivered:
                    _hand(self._deliver, data, "metrics.deliver", "metrics could not be handed on")
        except BaseException as error:  # noqa: BLE001 - the top of the thread; the next tick must come
            guard.shared.report("metrics.collect", "metrics could not be collected", error)
            return False
        finally:
            lock.release()
        return True

    def _gather(self, end_s: float) -> MetricsData | None:
        callbacks = self._callbacks
        self._received = None
        self._is_ours = True
        try:
            if callbacks is not None:
                callbacks.gather(max(0.0, end_s - monotonic_s()))
                callbacks.served_thread = primitives.get_ident()
            # What was asked is ready, so nothing is waited for; a short time would only make the SDK raise on a busy machine.
            self.collect(timeout_millis=max(_SDK_PATIENCE_S, end_s - monotonic_s()) * 1e3)
        finally:
            self._is_ours = False
            if callbacks is not None:
                callbacks.served_thread = None
        return self._merged(self._received)

    def _merged(self, data: MetricsData | None) -> MetricsData | None:
        more: list[ScopeMetrics] = []
        for producer in self._producers:
            with guard.guarded("metrics.producer", "metrics beside the SDK's could not be collected"):
                more.extend(producer())
        if not more:
            return data
        if data is None or not data.resource_metrics:
            return MetricsData([ResourceMetrics(self._resource, more, self._resource.schema_url)])
        first, *others = data.resource_metrics
        merged = ResourceMetrics(first.resource, [*first.scope_metrics, *more], first.schema_url)
        return MetricsData([merged, *others])

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: Any) -> None:  # noqa: ARG002 - the SDK's signature
        if self._is_ours:
            self._received = metrics_data
        else:  # somebody called `collect` by name: an answer now is what they want
            data = self._merged(metrics_data) or metrics_data
            _hand(self._on_collect, data, "metrics.judge", "what watches the metrics failed")
            _hand(self._deliver, data, "metrics.deliver", "metrics could not be handed on")


def _hand(receiver: Receiver | None, data: MetricsData, kind: str, message: str) -> None:
    if receiver is not None:
        with guard.guarded(kind, message):
            receiver(data)


def _empty_storage(reader: MetricReader) -> None:
    """
    Empty what a reader's provider has stored and replace its locks; only in a child, before its first measurement.

    Args:
        reader: Reader that is registered at a provider of the SDK; one that is not is left alone.
    """
    collect = getattr(reader, "_collect", None)
    consumer: Any = getattr(collect, "__self__", None)
    if consumer is None:
        return
    try:
        consumer._lock = primitives.Lock()  # noqa: SLF001 - see the module
        storages = consumer._reader_storages  # noqa: SLF001 - see the module
        for storage in list(storages.values()):
            storage._lock = primitives.RLock()  # noqa: SLF001 - see the module
            storage._instrument_view_instrument_matches = {}  # noqa: SLF001 - see the module
    except AttributeError as error:
        guard.shared.report("metrics.fork", "the forked child reports its parent's counts: the SDK has changed", error)
