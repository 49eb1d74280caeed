"""
The durations of one function: lists that calls append to, and an exemplar for each outcome.

A call appends its duration to a list: one step of the interpreter. The lists are collected by `durations.Durations`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from otel_agent.recording.exponential_buckets import ExponentialBuckets
from otel_agent.recording.failures import is_failure, type_name

__all__ = ["FULL", "LOOK_S", "DurationsCollector", "Example", "FunctionDurations"]

FULL = 4096
"""Durations a list holds before it is handed over."""

LOOK_S = 0.02
"""Time between two looks at a list that is looked at by time."""


class DurationsCollector(Protocol):
    """Collector of full lists; see `durations.Durations`."""

    wall: Callable[[], int]
    """Tells nanoseconds since 1970."""

    def take(self, series: "FunctionDurations") -> None:
        """Set full lists aside."""

    def sort(self, series: "FunctionDurations") -> None:
        """Sort in everything a series holds."""


class Example(NamedTuple):
    """Exemplar: one call with a span that was sampled."""

    duration_ns: int
    time_ns: int
    """Time of the call's end, in nanoseconds since 1970."""
    trace_id: int
    span_id: int


class FunctionDurations:
    """
    The durations of one function.

    `pending` and `pending_s` stay the same objects for ever: callers keep them and append to them. They call `hand_over` when they
    find `FULL` durations in `pending`. For `pending_s`, whose callers have the time in hand as a float, comparing that is cheaper
    than counting: they call `look` when it is due.

    Args:
        collector: Takes full lists, and tells the time.
        name: `code.function.name`.
    """

    __slots__ = (
        "_collector",
        "due_s",
        "examples",
        "failed",
        "name",
        "pending",
        "pending_s",
        "slowest_ns",
        "sorted",
        "waiting",
    )

    def __init__(self, collector: DurationsCollector, name: str) -> None:
        self._collector = collector
        self.name = name
        self.pending: list[int] = []
        """Durations of calls without an error since the last look, in nanoseconds."""
        self.pending_s: list[float] = []
        """Durations of calls without an error since the last look, in seconds."""
        self.due_s = 0.0
        """Moment from which `look` is to be called, by `clock.perf_s`."""
        self.failed: list[tuple[str, int]] = []
        """Error type and duration of the other calls, in nanoseconds."""
        self.waiting: list[tuple[list[int], list[float]]] = []
        """Full lists that have been set aside."""
        self.sorted: dict[str | None, ExponentialBuckets] = {}
        """Durations that have been collected, by error type."""
        self.slowest_ns = -1
        """Callers with a span that took longer call `example`; set back a minute after an example was taken."""
        self.examples: dict[str | None, Example] = {}
        """The newest slow call, and the newest failed one for each error type."""

    def add(self, duration_ns: int, error: BaseException | None, context: Any = None) -> None:
        """
        Count a call.

        Args:
            duration_ns: Duration of the call, in nanoseconds.
            error: Exception it ended with; cancellation and its like are no errors.
            context: A `SpanContext`, when the call has a span.
        """
        if error is not None and is_failure(error):
            kind = type_name(error)
            self.fail(kind, duration_ns)
            if context is not None and context.trace_flags.sampled:
                self.examples[kind] = Example(duration_ns, self._collector.wall(), context.trace_id, context.span_id)
            return
        self.pending.append(duration_ns)
        if len(self.pending) >= FULL:
            self.hand_over()

    def fail(self, error_type: str, duration_ns: int) -> None:
        """
        Count a call that ended with an error.

        Args:
            error_type: Full name of the exception's class.
            duration_ns: Duration of the call, in nanoseconds.
        """
        self.failed.append((error_type, duration_ns))
        if len(self.failed) >= FULL:
            self._collector.sort(self)

    def example(self, duration_ns: int, span: Any) -> None:
        """
        Remember a call as the exemplar of a slow one, when it was sampled; clamp a span whose end precedes its start.

        Args:
            duration_ns: Longer than `slowest_ns`, or negative: the clock was set back meanwhile.
            span: A span of ours, that of the call.
        """
        if duration_ns < 0:
            span.end_ns = span.start_ns
        elif span.flags & 1:
            self.slowest_ns = duration_ns
            self.examples[None] = Example(duration_ns, self._collector.wall(), span.trace_id, span.span_id)

    def look(self, now_s: float) -> None:
        """
        Hand `pending_s` over when it is full.

        Args:
            now_s: Now, by `clock.perf_s`; later than `due_s`.
        """
        self.due_s = now_s + LOOK_S
        if len(self.pending_s) >= FULL:
            self._collector.take(self)

    def hand_over(self) -> None:
        """Hand a full list to the collector; called by whoever finds it full."""
        self._collector.take(self)
