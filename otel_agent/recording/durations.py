"""
How long watched functions take, at the price of one list append a call.

Every call appends its duration in nanoseconds to the list of its function; that is one step of the interpreter, so calls in any
number of threads are counted exactly, without a lock, and a thread that ends leaves nothing behind. A collection takes the list and
sorts it into exponential buckets (`Distribution`), finer than any export needs. When a list is full before that, the call that
filled it hands it over; only when nobody collects for long does a call sort values itself, so memory has a bound.

Durations are fed before sampling. Nothing here knows the SDK; see `recording.histograms` for the export.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from otel_agent.clock import wall_ns
from otel_agent.recording.distribution import Distribution, united
from otel_agent.recording.failures import is_failure, type_name

__all__ = ["FULL", "Durations", "Example", "Series", "shared"]

FULL = 4096
"""Durations a list holds before it is handed over."""

LOOK_S = 0.02
"""Time between two looks at a list that is looked at by time."""

MOST_WAITING = 64
"""Full lists that wait for a collection, over all functions: 10 MB of memory."""

EXAMPLE_NS = 60_000_000_000
"""An example of a slow call is kept from faster ones for a minute."""


class Example(NamedTuple):
    """One call with a span that was sampled."""

    duration_ns: int
    time_ns: int
    """When it was taken, in nanoseconds since 1970."""
    trace_id: int
    span_id: int


class Series:
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

    def __init__(self, owner: "Durations", name: str) -> None:
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
        self.sorted: dict[str | None, Distribution] = {}
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


class Durations:
    """
    The durations of all watched functions.

    `_lock` guards everything but the lists that callers append to; nothing foreign is called under it.
    """

    def __init__(self, wall: Callable[[], int] = wall_ns) -> None:
        """
        Begin without functions.

        Args:
            wall: Tells the start of the series, in nanoseconds since 1970.
        """
        self.wall = wall
        self._lock = threading.Lock()
        self._series: dict[str, Series] = {}
        self._waiting = 0
        self.start_ns = wall()
        """Since when calls are counted; in a forked child, since the fork."""

    def series(self, name: str) -> Series:
        """
        The series of a function; the same one for the same name.

        Args:
            name: `code.function.name`.
        """
        with self._lock:
            known = self._series.get(name)
            if known is None:
                known = self._series[name] = Series(self, name)
            return known

    def observer(self, name: str) -> Callable[[int, str | None], None]:
        """
        Somebody who is told of each call of a function.

        Args:
            name: `code.function.name`.

        Returns:
            Takes a duration in nanoseconds and the type of the error the call ended with, or `None`.
        """
        series = self.series(name)
        pending = series.pending

        def told(duration_ns: int, error_type: str | None) -> None:
            if error_type is not None:
                series.fail(error_type, duration_ns)
                return
            pending.append(duration_ns)
            if len(pending) >= FULL:
                series.hand_over()

        return told

    def take(self, series: Series) -> None:
        """Set a full list aside for the next collection, or sort it in now when too many wait."""
        with self._lock:
            if self._waiting < MOST_WAITING:
                series.waiting.append((_emptied(series.pending), _emptied(series.pending_s)))
                self._waiting += 1
            else:
                self._sort(series)

    def sort(self, series: Series) -> None:
        """Sort in everything a series holds."""
        with self._lock:
            self._sort(series)

    def _sort(self, series: Series) -> None:
        batches, series.waiting = series.waiting, []
        self._waiting -= len(batches)
        batches.append((_emptied(series.pending), _emptied(series.pending_s)))
        for batch_ns, batch_s in batches:
            if batch_ns or batch_s:
                _distribution(series, None).add([*batch_ns, *[round(each * 1e9) for each in batch_s]])
        slow = series.examples.get(None)
        if slow is not None and self.wall() - slow.time_ns > EXAMPLE_NS:
            series.slowest_ns = -1
        by_type: dict[str, list[int]] = {}
        for error_type, duration_ns in _emptied(series.failed):
            by_type.setdefault(error_type, []).append(duration_ns)
        for error_type, batch in by_type.items():
            _distribution(series, error_type).add(batch)

    def collect(self) -> list[tuple[str, str | None, Distribution]]:
        """
        Everything counted so far.

        Returns:
            Function, error type (`None` for calls without an error) and what is known of them at this moment.
        """
        with self._lock:
            for series in self._series.values():
                self._sort(series)
            return [
                (series.name, error_type, distribution.copy())
                for series in self._series.values()
                for error_type, distribution in series.sorted.items()
            ]

    def examples(self) -> dict[tuple[str, str | None], "Example"]:
        """A call for each function and outcome that shows what it is like, by function and error type."""
        with self._lock:
            return {
                (series.name, error_type): example
                for series in self._series.values()
                for error_type, example in list(series.examples.items())
            }

    def figures(self) -> list[tuple[str, int, int, float, float, float]]:
        """
        A line for each function, for people.

        Returns:
            Name, calls, errors, total, median and 99th percentile in seconds; the one with the largest total first.
        """
        whole: dict[str, Distribution] = {}
        errors: Counter[str] = Counter()
        for name, error_type, distribution in self.collect():
            if error_type is not None:
                errors[name] += distribution.count
            whole[name] = united(whole[name], distribution) if name in whole else distribution
        lines = [
            (name, each.count, errors[name], each.sum_ns / 1e9, each.quantile_s(0.5), each.quantile_s(0.99))
            for name, each in whole.items()
        ]
        return sorted(lines, key=lambda line: -line[3])

    def reinit_after_fork(self) -> None:
        """Begin at zero in a forked child."""
        self._lock = threading.Lock()
        self._waiting = 0
        self.start_ns = self.wall()
        for series in self._series.values():
            series.pending.clear()
            series.pending_s.clear()
            series.failed.clear()
            series.waiting = []
            series.sorted = {}
            series.slowest_ns, series.examples = -1, {}


def _emptied(items: list[Any]) -> list[Any]:
    """Take what a list holds; what others append meanwhile stays in it."""
    taken = items[:]
    del items[: len(taken)]
    return taken


def _distribution(series: Series, error_type: str | None) -> Distribution:
    found = series.sorted.get(error_type)
    if found is None:
        found = series.sorted[error_type] = Distribution()
    return found


shared = Durations()
"""The durations of this process: decorators are applied long before anybody knows where to export to."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=shared.reinit_after_fork)
