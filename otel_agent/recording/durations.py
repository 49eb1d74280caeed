"""
How long watched functions take, at the price of one list append a call.

Every call appends its duration in nanoseconds to the list of its function; that is one step of the interpreter, so calls in any
number of threads are counted exactly, without a lock, and a thread that ends leaves nothing behind. A collection takes the list and
sorts it into exponential buckets (`ExponentialBuckets`), finer than any export needs. When a list is full before that, the call that
filled it hands it over; only when nobody collects for long does a call sort values itself, so memory has a bound.

Durations are fed before sampling. Nothing here knows the SDK; see `recording.histograms` for the export.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from otel_agent import primitives
from otel_agent.clock import wall_ns
from otel_agent.recording.exponential_buckets import ExponentialBuckets, merged
from otel_agent.recording.function_durations import FULL, Example, FunctionDurations

__all__ = ["FULL", "Durations", "FunctionDurations", "shared"]

MOST_WAITING = 64
"""Full lists that wait for a collection, over all functions: 10 MB of memory."""

EXAMPLE_NS = 60_000_000_000
"""The exemplar of a slow call is kept from faster ones for a minute."""


class Durations:
    """
    The durations of all watched functions.

    `_lock` guards everything but the lists that callers append to; nothing foreign is called under it.

    Args:
        wall: Tells the start of the series, in nanoseconds since 1970.
    """

    def __init__(self, wall: Callable[[], int] = wall_ns) -> None:
        self.wall = wall
        self._lock = primitives.Lock()
        self._series: dict[str, FunctionDurations] = {}
        self._waiting = 0
        self.start_ns = wall()
        """Since when calls are counted; in a forked child, since the fork."""

    def series(self, name: str) -> FunctionDurations:
        """
        The series of a function; the same one for the same name.

        Args:
            name: `code.function.name`.
        """
        with self._lock:
            known = self._series.get(name)
            if known is None:
                known = self._series[name] = FunctionDurations(self, name)
            return known

    def observer(self, name: str) -> Callable[[int, str | None], None]:
        """
        A function that is told of each call of a function.

        Args:
            name: `code.function.name`.

        Returns:
            A function of a duration in nanoseconds and the type of the error the call ended with, or `None`.
        """
        series = self.series(name)
        pending = series.pending

        def observe(duration_ns: int, error_type: str | None) -> None:
            if error_type is not None:
                series.fail(error_type, duration_ns)
                return
            pending.append(duration_ns)
            if len(pending) >= FULL:
                series.hand_over()

        return observe

    def forget(self, name: str) -> None:
        """
        Take back what was counted for a function: part of a count is no count.

        Args:
            name: Value of `code.function.name`.
        """
        with self._lock:
            series = self._series.pop(name, None)
            self._waiting -= 0 if series is None else len(series.waiting)

    def take(self, series: FunctionDurations) -> None:
        """Set a full list aside for the next collection, or sort it in now when too many wait."""
        with self._lock:
            if self._waiting < MOST_WAITING:
                series.waiting.append((_emptied(series.pending), _emptied(series.pending_s)))
                self._waiting += 1
            else:
                self._sort(series)

    def sort(self, series: FunctionDurations) -> None:
        """Sort in everything a series holds."""
        with self._lock:
            self._sort(series)

    def _sort(self, series: FunctionDurations) -> None:
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

    def total(self, series: FunctionDurations) -> tuple[int, int]:
        """
        How often a function has been called without an error, and how long that took.

        Args:
            series: The function's series.

        Returns:
            Calls, and nanoseconds.
        """
        with self._lock:
            self._sort(series)
            found = series.sorted.get(None)
            return (0, 0) if found is None else (found.count, found.sum_ns)

    def collect(self) -> list[tuple[str, str | None, ExponentialBuckets]]:
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

    def examples(self) -> dict[tuple[str, str | None], Example]:
        """Exemplars, by function and error type."""
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
        whole: dict[str, ExponentialBuckets] = {}
        errors: Counter[str] = Counter()
        for name, error_type, distribution in self.collect():
            if error_type is not None:
                errors[name] += distribution.count
            whole[name] = merged(whole[name], distribution) if name in whole else distribution
        lines = [
            (name, each.count, errors[name], each.sum_ns / 1e9, each.quantile_s(0.5), each.quantile_s(0.99))
            for name, each in whole.items()
        ]
        return sorted(lines, key=lambda line: -line[3])

    def reinit_after_fork(self) -> None:
        """Begin at zero in a forked child."""
        self._lock = primitives.Lock()
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


def _distribution(series: FunctionDurations, error_type: str | None) -> ExponentialBuckets:
    found = series.sorted.get(error_type)
    if found is None:
        found = series.sorted[error_type] = ExponentialBuckets()
    return found


shared = Durations()
"""The durations of this process: decorators are applied long before anybody knows where to export to."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=shared.reinit_after_fork)
