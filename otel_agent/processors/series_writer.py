"""
Writer of series: each collection of metrics becomes points of series, named as Prometheus names them.

What comes is what the SDK's readers give, read by its shape only. Names and labels are worked out when a point's attributes
are seen first; after that a point costs a look-up and a push. A stream that is missing from a collection is ended at once,
so that no alert hangs on to a last value.

Counter birth: Prometheus cannot see the first increase of a counter that is born with it. OpenTelemetry knows when counting
began, and this reader knows that the counter was not there a collection ago; so its series begins with a zero then. With
`is_birth_counted` off, series are exactly those a Prometheus would have.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from otel_agent import guard
from otel_agent.processors.streams import BucketStream, NativeStream, NumberStream, Stream
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.naming import Naming, label_name, metric_name
from otel_agent.series.store import SERIES_LIMIT, Store

__all__ = ["SeriesWriter", "resource_labels"]

DELTA = 1
"""Number of the delta temporality; such points cannot become Prometheus's series."""
FORGET_AFTER_MS = 3_600_000
"""A stream that ended this long ago is forgotten."""


def resource_labels(
    attributes: Mapping[str, Any], more: Iterable[str] = (), naming: Naming = Naming.OTLP
) -> dict[str, str]:
    """
    The labels every series of a resource has: `job` and `instance`, as Prometheus makes them of OTLP.

    Args:
        attributes: Attributes of the resource.
        more: Names of further attributes to take over.
        naming: Translation of the names.

    Returns:
        Names and values of the labels.
    """
    namespace, name = attributes.get("service.namespace"), attributes.get("service.name")
    job = f"{namespace}/{name}" if namespace and name else str(name or "")
    labels = {"job": job, "instance": str(attributes.get("service.instance.id", ""))}
    return labels | {label_name(key, naming): _text(attributes[key]) for key in more if key in attributes}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "[" + ",".join(f'"{item}"' if isinstance(item, str) else _text(item) for item in value) + "]"
    return str(value)


class _MetricStreams:
    """One metric of one resource, with its streams."""

    __slots__ = ("by_identity", "by_labels", "is_counter", "name")

    def __init__(self, name: str, *, is_counter: bool) -> None:
        self.name = name
        self.is_counter = is_counter
        # The SDK hands out the same attributes object again and again. An entry keeps it alive, so its identity stays its own.
        self.by_identity: dict[int, tuple[Any, Stream | None]] = {}
        self.by_labels: dict[Labels, Stream] = {}


class SeriesWriter:
    """
    Writes collections into a store. One thread calls `on_collect`.

    Args:
        store: Store into which series are written.
        naming: Translation of names the rules are written for.
        is_birth_counted: Whether the series of a counter begins with a zero; see the module.
        more_labels: Attributes of the resource that become labels, beside `job` and `instance`.
        before: Writes further series, before anything is evaluated; called with the moment of each collection, in milliseconds
            since 1970.
        stamp_ms: Tells the moment of each collection, in milliseconds since 1970; `None`: it is the points' own.
    """

    def __init__(
        self,
        store: Store,
        *,
        naming: Naming = Naming.OTLP,
        is_birth_counted: bool = True,
        more_labels: Sequence[str] = (),
        before: Callable[[int], object] | None = None,
        stamp_ms: Callable[[], int] | None = None,
    ) -> None:
        self._store = store
        self._naming = naming
        self._is_birth_counted = is_birth_counted
        self._more_labels = tuple(more_labels)
        self._before = before
        self._stamp_ms = stamp_ms
        self._stamped_ms = 0
        self._metrics: dict[tuple[int, str, str, str], _MetricStreams] = {}
        self._resources: dict[int, tuple[Any, dict[str, str]]] = {}
        self._previous_ms = 0
        self._now_ms = 0
        self._collection_count = 0
        self._has_said_full = False

    def on_collect(self, data: Any) -> None:
        """
        Take a collection. Never raises.

        Args:
            data: The SDK's `MetricsData`, or anything of its shape.
        """
        with guard.guarded("alerts.series", "a collection could not be kept for alerts"):
            self._collection_count += 1
            self._stamped_ms = 0 if self._stamp_ms is None else self._stamp_ms()
            with self._store.lock:
                for resource in data.resource_metrics:
                    self._write_resource(resource)
                self._end_missing()
                self._store.bound()
            self._say_full()
            if self._now_ms:
                self._previous_ms = self._now_ms
                if self._before is not None:
                    self._before(self._now_ms)

    def _say_full(self) -> None:
        if self._store.overflow_count and not self._has_said_full:
            self._has_said_full = True
            guard.shared.report(
                "alerts.series",
                f"more than {SERIES_LIMIT} series: those that come now are not kept for rules and queries, but for those a rule"
                " names; give attributes fewer different values",
            )

    def _write_resource(self, resource: Any) -> None:
        known = self._resources.get(id(resource.resource))
        if known is None or known[0] is not resource.resource:
            labels = resource_labels(resource.resource.attributes, self._more_labels, self._naming)
            known = self._resources[id(resource.resource)] = (resource.resource, labels)
        for scope in resource.scope_metrics:
            scope_name = scope.scope.name if scope.scope is not None else ""
            for metric in scope.metrics:
                self._write_metric(metric, (id(known[0]), scope_name, metric.name, metric.unit or ""), known[1])

    def _write_metric(self, metric: Any, key: tuple[int, str, str, str], common: dict[str, str]) -> None:
        data = metric.data
        known = self._metrics.get(key)
        if known is None:
            is_counter = bool(getattr(data, "is_monotonic", False))
            is_gauge = not hasattr(data, "aggregation_temporality")
            name = metric_name(metric.name, key[3], is_gauge=is_gauge, is_counter=is_counter, naming=self._naming)
            known = self._metrics[key] = _MetricStreams(name, is_counter=is_counter)
        if getattr(data, "aggregation_temporality", None) == DELTA:
            guard.shared.report(
                "alerts.delta",
                f"alerts cannot see {metric.name}: it is sent as differences; use cumulative temporality",
            )
            return
        number = self._collection_count
        by_identity = known.by_identity
        for point in data.data_points:
            attributes = point.attributes
            entry = by_identity.get(id(attributes))
            if entry is None or entry[0] is not attributes:
                entry = self._entry(known, point, common)
            stream = entry[1]
            if stream is not None:
                stream.seen_in = number
                self._now_ms = self._stamped_ms or point.time_unix_nano // 1_000_000
                stream.push(self._now_ms, point)

    def _entry(self, metric: _MetricStreams, point: Any, common: dict[str, str]) -> tuple[Any, Stream | None]:
        if len(metric.by_identity) > 2 * len(metric.by_labels) + 16:
            metric.by_identity.clear()
        attributes = point.attributes
        translated = {label_name(name, self._naming): _text(value) for name, value in (attributes or {}).items()}
        labels = Labels({**translated, **common, NAME: metric.name})
        stream = metric.by_labels.get(labels)
        if stream is None:
            stream = self._new_stream(labels, point, is_counter=metric.is_counter)
            if stream is not None:
                metric.by_labels[labels] = stream
        entry = (attributes, stream)
        metric.by_identity[id(attributes)] = entry
        return entry

    def _new_stream(self, labels: Labels, point: Any, *, is_counter: bool) -> Stream | None:
        stream: Stream
        if hasattr(point, "bucket_counts"):
            stream = BucketStream(self._store, labels, point.explicit_bounds)
        elif hasattr(point, "positive"):
            stream = NativeStream(self._store, labels)
        else:
            stream = NumberStream(self._store, labels, is_counter=is_counter)
        if not stream.is_kept:
            return None
        is_accumulated = is_counter or not isinstance(stream, NumberStream)
        begun_ns = point.start_time_unix_nano
        if self._is_birth_counted and is_accumulated and begun_ns:
            begun_ms = self._stamped_ms - 1 if self._stamped_ms else begun_ns // 1_000_000
            born_ms = max(begun_ms, self._previous_ms)
            if born_ms < (self._stamped_ms or point.time_unix_nano // 1_000_000):
                stream.push_zero(born_ms)
        return stream

    def _end_missing(self) -> None:
        now_ms, number = self._now_ms, self._collection_count
        for metric in self._metrics.values():
            for labels, stream in list(metric.by_labels.items()):
                if stream.seen_in != number:
                    if not stream.ended_ms:
                        stream.end(now_ms)
                    elif now_ms - stream.ended_ms > FORGET_AFTER_MS:
                        del metric.by_labels[labels]
                        metric.by_identity.clear()
                else:
                    stream.ended_ms = 0
