"""
Statistics of spans for rules: calls, errors, durations and exceptions, counted before sampling and export.

The series have the names and labels the collector's spanmetrics connector gives them, so that a rule reads either. A span
with an error is an event: `wake` is called, and the rules that watch for it are evaluated within a second. For each kind of
error the newest trace is remembered, so that an alert can show it.

Costs a look-up and a few additions a span. `observe` and `on_end` may be called from any thread and never raise; `_lock`
guards the counters and is never held while something foreign is called.

Source: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import StatusCode

from otel_agent import guard, primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.processors.streams import bound_text
from otel_agent.series.labels import NAME, OVERFLOW, Labels
from otel_agent.series.store import Store
from otel_agent.series.wanted import WantedNames, WantedTexts

__all__ = ["BOUNDS_S", "KEYS_LIMIT", "SpanStatistics"]

BOUNDS_S = (0.002, 0.004, 0.006, 0.008, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.4, 2.0, 5.0, 10.0, 15.0)
"""Upper bounds of the duration's buckets, in seconds: those of the connector."""
KEYS_LIMIT = 200
"""Different names, kinds and outcomes of spans told apart; the rest is counted together. Each takes twenty series."""
WANTED_LIMIT = 400
"""As many more for those that a pattern of a rule asks for; names that rules write out are counted beyond every limit."""
OTHERS = "(others)"
"""Span of an exception that a rule asks for, where it was raised in more spans than can be told apart."""
SEEN_NS = 60_000_000_000
"""An exception that ends the process is the one that a span has seen when one of its type was seen within this time."""
_STATUSES = ("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")
CALLS, DURATION, EXCEPTIONS = (
    "traces_span_metrics_calls_total",
    "traces_span_metrics_duration_seconds",
    "traces_span_metrics_exceptions_total",
)

Key = tuple[str, str, int]


class _CallCounts:
    """Counters of one name, kind and outcome."""

    __slots__ = ("buckets", "count", "key", "sum_s")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.count = 0
        self.sum_s = 0.0
        self.buckets = [0] * (len(BOUNDS_S) + 1)


class SpanStatistics(SpanProcessor):
    """
    Counts ended spans into series.

    What rules ask for by name is told apart whatever else has been seen; see `want`.

    Args:
        store: Store into which `write` puts the series.
        labels: Labels of every series: `job`, `instance`, `service_name`.
        wake: Called after a span with an error; must be cheap.
        clock: Tells the moment since which counting goes on.
    """

    def __init__(
        self,
        store: Store,
        labels: Mapping[str, str] | None = None,
        *,
        wake: Callable[[], object] | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self._store = store
        self._labels = dict(labels or {})
        self._wake = wake
        self._is_ended = False
        self._wanted = WantedNames()
        self._has_said_full = False
        self._lock = primitives.Lock()
        self._calls: dict[tuple[str, int, int], _CallCounts] = {}
        self._exceptions: dict[tuple[str, str], int] = {}
        self._traces: dict[tuple[str, str], str] = {}
        self._seen_ns: dict[str, int] = {}
        """When a span last ended with an exception of a type that rules ask for, in nanoseconds since 1970."""
        self.last_exception: tuple[str, str] | None = None
        """Where the exception that ends the process was raised, and the name of its type; see `lifecycle.last_exception`."""
        self._clock = clock
        self._series: dict[object, list[Labels]] = {}
        self._written_ms = clock.wall_ns() // 1_000_000

    def wake_by(self, wake: Callable[[], object]) -> None:
        """
        Set what errors wake, when it is made after this.

        Args:
            wake: Called after a span with an error; must be cheap.
        """
        self._wake = wake

    def want(self, wanted: WantedNames) -> None:
        """
        Set what rules ask for; it is counted on its own from now on.

        Args:
            wanted: Names of spans and types of exceptions.
        """
        self._wanted = wanted

    def on_end(self, span: ReadableSpan) -> None:
        """
        Count one span; the SDK's interface.

        Args:
            span: A span that has ended.
        """
        self.observe((span,))

    def observe(self, spans: Iterable[Any]) -> None:
        """
        Count spans. Never raises.

        Args:
            spans: Spans that have ended, the SDK's or our own, in one batch.
        """
        has_error = False
        if self._is_ended:
            return
        try:
            for span in spans:
                has_error |= self._observe(span)
        except Exception as error:  # noqa: BLE001 - runs where spans end; nothing of ours may be felt there
            guard.shared.report("alerts.spans", "a span could not be counted for alerts", error)
        if has_error and self._wake is not None:
            guard.swallow("alerts.spans", "alerts could not be woken", self._wake)

    def observe_last(self, spans: Iterable[Any]) -> None:
        """
        Count spans for the last time: what comes later has been counted here, or is nobody's. Never raises.

        Args:
            spans: Spans that have ended.
        """
        self.observe(spans)
        self._is_ended = True

    def observe_exception(self) -> None:
        """Count the exception that ends the process, once all spans were, unless one of them has seen it."""
        if self.last_exception is None:
            return
        name, kind = self.last_exception
        with self._lock:
            if self._clock.wall_ns() - self._seen_ns.get(kind, 0) > SEEN_NS and self._wanted.types.accepts(kind):
                key = self._exception_key(name, kind)
                self._exceptions[key] = self._exceptions.get(key, 0) + 1

    def _observe(self, span: Any) -> bool:
        # A span of our own without anything unusual says so in one slot; building its status would cost more than counting.
        is_plain = getattr(span, "extra", span) is None
        code = StatusCode.UNSET if is_plain else span.status.status_code
        is_error = code is StatusCode.ERROR
        types = () if is_plain else _exception_types(span, is_error=is_error)
        duration_s = max(0, (span.end_time or 0) - (span.start_time or 0)) / 1e9
        name, kind = span.name, span.kind
        # Members of enumerations are slow to hash; each is one object for ever.
        key = (name, id(kind), id(code))
        with self._lock:
            calls = self._calls.get(key)
            if calls is None:
                calls = self._new_calls(key, (name, kind.name, code.value))
            calls.count += 1
            calls.sum_s += duration_s
            calls.buckets[bisect_left(BOUNDS_S, duration_s)] += 1
            if not types and not is_error:
                return False
            self._count_exceptions(span, types)
        return True

    def _new_calls(self, key: tuple[str, int, int], named: Key) -> _CallCounts:
        if not self._has_room(len(self._calls), self._wanted.spans, key[0]):
            key, named = (OVERFLOW, key[1], key[2]), (OVERFLOW, named[1], named[2])
        return self._calls.setdefault(key, _CallCounts(named))

    def _has_room(self, count: int, wanted: WantedTexts, name: str) -> bool:
        """Whether one more is told apart from the others."""
        if count < KEYS_LIMIT:
            return True
        if not self._has_said_full:
            self._has_said_full = True
            guard.shared.report(
                "alerts.spans",
                f"more than {KEYS_LIMIT} names of spans, outcomes or exceptions: for alerts the rest is counted together, but for"
                " what a rule names; give spans fewer names, and put what differs into attributes",
            )
        return name in wanted.names or (count < KEYS_LIMIT + WANTED_LIMIT and wanted.accepts(name))

    def _count_exceptions(self, span: Any, types: Sequence[str]) -> None:
        trace_id = f"{span.context.trace_id:032x}"
        for kind in types:
            key = self._exception_key(span.name, kind)
            self._exceptions[key] = self._exceptions.get(key, 0) + 1
            if kind in self._seen_ns or (len(self._seen_ns) < KEYS_LIMIT and self._wanted.types.accepts(kind)):
                self._seen_ns[kind] = self._clock.wall_ns()
            self._remember_trace(("exception_type", kind), trace_id)
        self._remember_trace(("span_name", span.name), trace_id)

    def _exception_key(self, name: str, kind: str) -> tuple[str, str]:
        key, count, wanted = (name, kind), len(self._exceptions), self._wanted
        if key in self._exceptions or self._has_room(count, wanted.spans, name):
            return key
        if not wanted.types.accepts(kind):
            return (OVERFLOW, OVERFLOW)
        return key if count < KEYS_LIMIT + WANTED_LIMIT else (OTHERS, kind)

    def _remember_trace(self, key: tuple[str, str], trace_id: str) -> None:
        kind, name = key
        wanted = self._wanted.types if kind == "exception_type" else self._wanted.spans
        if key in self._traces or len(self._traces) < 2 * KEYS_LIMIT or name in wanted.names:
            self._traces[key] = trace_id

    def trace_ids(self, alert: Any) -> tuple[str, ...]:
        """
        The newest trace that shows what an alert is about.

        Args:
            alert: The alert; of its labels `exception_type` is asked for first, then `span_name`.

        Returns:
            One trace id in hexadecimal, or nothing.
        """
        with self._lock:
            for name in ("exception_type", "span_name"):
                found = self._traces.get((name, alert.labels.get(name)))
                if found is not None:
                    return (found,)
        return ()

    def write(self, at_ms: int) -> None:
        """
        Write the counters into the store.

        Args:
            at_ms: Moment of the points, in milliseconds since 1970.
        """
        with self._lock:
            calls = {one.key: (one.count, one.sum_s, tuple(one.buckets)) for one in self._calls.values()}
            exceptions = dict(self._exceptions)
        with self._store.lock:
            if at_ms <= self._written_ms:
                return
            for key, (count, sum_s, buckets) in calls.items():
                total, points = 0, [float(count), sum_s, float(count)]
                for bucket in buckets:
                    total += bucket
                    points.append(float(total))
                self._push(key, points, at_ms)
            for pair, count in exceptions.items():
                self._push(pair, [float(count)], at_ms)
            self._written_ms = at_ms

    def _push(self, key: tuple[Any, ...], points: Sequence[float], at_ms: int) -> None:
        labels = self._series.get(key)
        is_new = labels is None
        if labels is None:
            labels = self._series[key] = self._labels_of(key)
        for one, value in zip(labels, points, strict=True):
            series = self._store.series(one, is_counter=True)
            if series is not None:
                if is_new:
                    series.points.push(self._written_ms, 0.0)  # type: ignore[arg-type] # never a series of histograms
                series.points.push(at_ms, value)  # type: ignore[arg-type] # never a series of histograms

    def _labels_of(self, key: tuple[Any, ...]) -> list[Labels]:
        if len(key) == 2:  # noqa: PLR2004 - name and type, of an exception
            return [Labels({**self._labels, NAME: EXCEPTIONS, "span_name": key[0], "exception_type": key[1]})]
        common = {
            **self._labels,
            "span_name": key[0],
            "span_kind": f"SPAN_KIND_{key[1]}",
            "status_code": _STATUSES[key[2]],
        }
        bounds = [*(bound_text(bound) for bound in BOUNDS_S), "+Inf"]
        return [
            Labels({**common, NAME: CALLS}),
            Labels({**common, NAME: f"{DURATION}_sum"}),
            Labels({**common, NAME: f"{DURATION}_count"}),
            *(Labels({**common, NAME: f"{DURATION}_bucket", "le": bound}) for bound in bounds),
        ]

    def shutdown(self) -> None:
        """Nothing to do; the store belongs to somebody else."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the interface is the SDK's
        """Nothing waits here."""
        return True

    @property
    def labels(self) -> dict[str, str]:
        """Labels of every series."""
        return self._labels

    def relabel(self, labels: Mapping[str, str]) -> None:
        """
        Give new series other labels, as a forked child does before its first span.

        Args:
            labels: Labels of every series.
        """
        self._labels = dict(labels)

    def reinit_after_fork(self) -> None:
        """Make the lock anew in a forked child."""
        self._lock = primitives.Lock()
        self._is_ended = False
        self._seen_ns.clear()


def _exception_types(span: Any, *, is_error: bool) -> Sequence[str]:
    types: list[str] = []
    for event in span.events or ():
        if event.name == "exception":
            kind = (event.attributes or {}).get("exception.type")
            if kind:
                types.append(str(kind).rpartition(".")[2])
    if is_error and not types:
        kind = (span.attributes or {}).get("error.type")
        if kind:
            types.append(str(kind).rpartition(".")[2])
    return list(dict.fromkeys(types))
