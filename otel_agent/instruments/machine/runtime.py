"""
The Python runtime: pauses of the garbage collector, its counts, delays of event loops.

Pauses and delays are kept in distributions, because neither the collector nor a loop may wait for a metric; whoever exports
reads them (`RuntimeMetrics.distributions`).
"""

import gc
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from operator import ne
from typing import Any

from opentelemetry.metrics import Meter

from otel_agent import primitives
from otel_agent.catalog import attributes as a
from otel_agent.catalog import runtime as metrics
from otel_agent.clock import perf_ns
from otel_agent.instruments.distributions import BucketCounts
from otel_agent.instruments.machine.event_loops import LoopWatch
from otel_agent.instruments.observing import Handle, observe

__all__ = ["RuntimeMetrics", "install"]

_GENERATIONS = 3
_LOCK_S = 1.0
_MOST_MOMENTS = 1 << 14
_LONG = metrics.PAUSE_BOUNDS_S.index(0.05) + 1
"""First of the buckets that hold pauses of more than 50 ms."""


class RuntimeMetrics(Handle):
    """
    Metrics of the runtime that `install` has put in place, until closed.

    Args:
        pauses: Histograms of the garbage collector's pauses: one, or one for each generation.
        delays: Histogram of the delays of event loops.
        loops: Watch over the event loops that feeds `delays`.
        collect: Called before the histograms are read.
        undo: See `Handle`.
    """

    def __init__(
        self,
        pauses: Sequence[BucketCounts],
        delays: BucketCounts,
        loops: LoopWatch,
        collect: Callable[[], object],
        undo: Sequence[Any],
    ) -> None:
        super().__init__(undo)
        self._distributions = (*pauses, delays)
        self._collect = collect
        self.loops = loops
        self.watch_running_loop = loops.watch_running_loop

    def pause_totals(self) -> tuple[float, int]:
        """
        Pauses of the garbage collector, as of the last collection of metrics.

        Returns:
            Time in them, in seconds, and how many were longer than 50 ms.
        """
        read = [each.read() for each in self._distributions[:-1]]
        return sum(total_s for _, total_s, _, _ in read), sum(sum(counts[_LONG:]) for counts, *_ in read)

    def distributions(self) -> Sequence[BucketCounts]:
        """
        Histograms for export.

        Returns:
            Those that have a value.
        """
        self._collect()
        return [each for each in self._distributions if any(each.read()[0])]


def install(meter: Meter, *, detail: bool = False) -> RuntimeMetrics:
    """
    Measure the runtime from now on.

    Args:
        meter: Meter of the OpenTelemetry API.
        detail: Whether pauses are told apart by generation and counts are exported.

    Returns:
        A handle with the histograms, whose `close` takes everything out.
    """
    pauses = [
        BucketCounts(metrics.GC_PAUSE_DURATION, {a.CPYTHON_GC_GENERATION.name: generation} if detail else None)
        for generation in range(_GENERATIONS if detail else 1)
    ]
    delays = BucketCounts(metrics.EVENT_LOOP_DELAY)
    loops = LoopWatch(delays)
    stamps = _PauseStamps(pauses[0])
    watches = [_PauseWatch(pauses)] if detail else stamps.callbacks
    gc.callbacks += watches
    loops.install()
    undo = [*(partial(_remove, watch) for watch in watches), loops.close]
    if detail:
        undo += [
            observe(meter, metric, lambda key=key: _counts(key))  # type: ignore[misc]  # mypy does not infer defaults
            for metric, key in (
                (metrics.GC_COLLECTIONS, "collections"),
                (metrics.GC_COLLECTED_OBJECTS, "collected"),
                (metrics.GC_UNCOLLECTABLE_OBJECTS, "uncollectable"),
            )
        ]
    return RuntimeMetrics(pauses, delays, loops, stamps.collect, undo)


class _PauseStamps:
    """
    Begin and end of each collection, noted without a Python frame.

    A collection may come in the middle of anything. In the last frame that the limit of recursion allows no function of ours could be
    called any more, and the interpreter would say so on the program's standard error. In the middle of Python's own parser a
    function of ours would let another thread run, whose parsing spoils this one's: "SystemError: AST constructor recursion depth
    mismatch" (3.11). So the callback is made of functions in C alone: `max` looks at its two arguments through `key`, which notes
    the moment and calls all moments equal. Each event is noted twice, so a pause is four moments. A dictionary keeps which event
    came first: only that tells a begin from an end.

    Whoever reads may do so in the middle of a collection, in a finalizer or while one runs in another thread. Its begin is left for
    the next reading. `_lock` guards the reading.

    Args:
        pauses: Histogram of the pauses, in seconds.
    """

    def __init__(self, pauses: BucketCounts) -> None:
        self._pauses = pauses
        self._pid = os.getpid()
        self._lock = primitives.Lock()
        self._moments_ns: deque[int] = deque(maxlen=_MOST_MOMENTS)
        self._events: dict[str, Mapping[str, int]] = {}
        self._begins_with_a_begin = False
        noted = map(ne, map(self._moments_ns.append, iter(perf_ns, None)), repeat(0))
        self.callbacks: list[Callable[[str, Mapping[str, int]], object]] = [
            self._events.setdefault,
            partial(max, key=partial(next, noted)),
        ]

    def collect(self) -> None:
        """Sort what was noted into the histogram."""
        if self._pid != os.getpid():
            self._pid, self._lock = os.getpid(), primitives.Lock()
        if self._lock.acquire(timeout=_LOCK_S):  # in vain only for a finalizer in the middle of the reading
            try:
                self._sort()
            finally:
                self._lock.release()

    def _sort(self) -> None:
        if not self._begins_with_a_begin and self._events:
            if next(iter(self._events)) == "stop":  # of a collection that was under way before anything was noted
                self._take(2)
            self._begins_with_a_begin = True
        if len(self._moments_ns) == _MOST_MOMENTS:  # older ones are lost, so which event comes next is found out anew
            self._events.clear()
            self._begins_with_a_begin = False
        moments_ns = self._take(len(self._moments_ns) // 4 * 4)
        for begin_ns, end_ns in zip(moments_ns[::4], moments_ns[2::4], strict=True):
            self._pauses.add((end_ns - begin_ns) * 1e-9)

    def _take(self, number: int) -> list[int]:
        return [self._moments_ns.popleft() for _ in range(number)]


class _PauseWatch:
    """
    Called by the garbage collector at the start and the end of each collection, where generations are told apart.

    The interpreter runs one collection at a time, so one slot for its start is enough. Nothing the collector tracks is made.
    """

    __slots__ = ("_pauses", "_start_ns")

    def __init__(self, pauses: Sequence[BucketCounts]) -> None:
        self._pauses = [pauses[min(generation, len(pauses) - 1)] for generation in range(_GENERATIONS)]
        self._start_ns = 0

    def __call__(self, phase: str, info: Mapping[str, int]) -> None:
        if phase == "start":
            self._start_ns = perf_ns()
        elif self._start_ns:
            self._pauses[info["generation"]].add((perf_ns() - self._start_ns) * 1e-9)
            self._start_ns = 0


def _counts(key: str) -> Iterator[tuple[float, Mapping[str, Any]]]:
    for generation, stats in enumerate(gc.get_stats()):
        yield stats[key], {a.CPYTHON_GC_GENERATION.name: generation}


def _remove(watch: Any) -> None:
    if watch in gc.callbacks:
        gc.callbacks.remove(watch)
