"""
The durations of one function, as its callers leave them.

A call appends its duration to a list: one step of the interpreter. Who collects the lists is in `durations`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from otel_agent.recording.distribution import ExponentialBuckets
from otel_agent.recording.failures import is_failure, type_name

__all__ = ["FULL", "LOOK_S", "Example", "FunctionDurations", "Owner"]

FULL = 4096
"""Durations a list holds before it is handed over."""

LOOK_S = 0.02
"""Time between two looks at a list that is looked at by time."""


class Owner(Protocol):
    """Who collects; see `durations.Durations`."""

    wall: Callable[[], int]
    """Tells nanoseconds since 1970."""

    def take(self, series: "FunctionDurations") -> None:
        """Set full lists aside."""

    def sort(self, series: "FunctionDurations") -> None:
        """Sort in everything a series holds."""


class Example(NamedTuple):
    """One call with a span that was sampled."""

    duration_ns: int
    time_ns: int
    """When it was taken, in nanoseconds since 1970."""
    trace_id: int
    span_id: int


class FunctionDurations:
    """
    The durations of one function.

    `pending` and `pending_s` stay the same objects for ever: callers keep them and append to them. They call `hand_over` when they
    find `FULL` durations in `pending`. For `pending_s`, whose callers have the time in hand as a float, comparing that is cheaper
    than counting: they call `look` when it is due.
    """

    __slots__ = (
        "_owner",
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

    def __init__(self, owner: Owner, name: str) -> None:
        """
        Begin empty; see `Durations.series`.

        Args:
            owner: Collects it.
            name: `code.function.name`.
        """
        self._owner = owner
        self.name = name
        self.pending: list[int] = []
        """Durations of calls without an error since the last look, in nanoseconds."""
        self.pending_s: list[float] = []
        """Likewise, in seconds."""
        self.due_s = 0.0
        """When to call `look` next, by `clock.perf_s`."""
        self.failed: list[tuple[str, int]] = []
        """Error type and duration of the other calls, in nanoseconds."""
        self.waiting: list[tuple[list[int], list[float]]] = []
        """Full lists that have been set aside."""
        self.sorted: dict[str | None, ExponentialBuckets] = {}
        """What has been collected, by error type."""
        self.slowest_ns = -1
        """Callers with a span that took longer call `example`; set back a minute after an example was taken."""
        self.examples: dict[str | None, Example] = {}
        """The newest slow call, and the newest failed one for each error type."""

    def add(self, duration_ns: int, error: BaseException | None, context: Any = None) -> None:
        """
        Count a call.

        Args:
            duration_ns: Of the call.
            error: What it ended with; cancellation and its like are no errors.
            context: A `SpanContext`, when the call has a span.
        """
        if error is not None and is_failure(error):
            kind = type_name(error)
            self.fail(kind, duration_ns)
            if context is not None and context.trace_flags.sampled:
                self.examples[kind] = Example(duration_ns, self._owner.wall(), context.trace_id, context.span_id)
            return
        self.pending.append(duration_ns)
        if len(self.pending) >= FULL:
            self.hand_over()

    def fail(self, error_type: str, duration_ns: int) -> None:
        """
        Count a call that ended with an error.

        Args:
            error_type: Full name of the exception's class.
            duration_ns: Of the call.
        """
        self.failed.append((error_type, duration_ns))
        if len(self.failed) >= FULL:
            self._owner.sort(self)

    def example(self, duration_ns: int, span: Any) -> None:
        """
        Remember a call as an example of a slow one, when it was sampled; mend one that ended before it began.

        Args:
            duration_ns: Longer than `slowest_ns`, or negative: the clock was set back meanwhile.
            span: Of the call; of ours.
        """
        if duration_ns < 0:
            span.end_ns = span.start_ns
        elif span.flags & 1:
            self.slowest_ns = duration_ns
            self.examples[None] = Example(duration_ns, self._owner.wall(), span.trace_id, span.span_id)

    def look(self, now_s: float) -> None:
        """
        Hand over when there is much.

        Args:
            now_s: By `clock.perf_s`; later than `due_s`.
        """
        self.due_s = now_s + LOOK_S
        if len(self.pending_s) >= FULL:
            self._owner.take(self)

    def hand_over(self) -> None:
        """Make room; called by whoever finds a list full."""
        self._owner.take(self)
