"""Readings of one collection interval: the newest and the one before it, and the CPU share between them."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from otel_agent import primitives
from otel_agent.clock import monotonic_s

if TYPE_CHECKING:
    from otel_agent.instruments.machine.readings import CpuTimes  # loaded with the first reading

__all__ = ["LatestReading", "busy_ratio"]

_Reading = TypeVar("_Reading")


def busy_ratio(before: "CpuTimes", after: "CpuTimes") -> float | None:
    """
    Share of the time between two readings in which a CPU was not idle.

    Args:
        before: Seconds by mode at the first reading.
        after: Seconds by mode at the second reading.

    Returns:
        From 0 to 1; `None` when no time has passed, or one of the readings is empty.
    """
    if not before or not after:
        return None
    total_s = sum(after.values()) - sum(before.values())
    if total_s <= 0:
        return None
    idle_s = sum(after.get(mode, 0.0) - before.get(mode, 0.0) for mode in ("idle", "iowait"))
    return min(1.0, max(0.0, 1.0 - idle_s / total_s))


class LatestReading(Generic[_Reading]):
    """
    The newest reading and the one before, shared by all callbacks of one collection.

    A reading is taken anew when the newest is older than most of a tick. So however many callbacks and readers ask, rates are
    always over a tick and never over the moment between two questions. `_lock` is held while reading, so that two readers
    that ask at once share one reading.

    Args:
        read: Takes a reading.
        tick_s: Time between two collections, in seconds; a reading is stale after nine tenths of it.
        now_s: The monotonic clock.
    """

    def __init__(self, read: Callable[[], _Reading], tick_s: float, now_s: Callable[[], float] = monotonic_s) -> None:
        self._read = read
        self._stale_after_s = 0.9 * tick_s
        self._now_s = now_s
        self._pid = os.getpid()
        self._lock = primitives.Lock()
        self._taken_s: float | None = None
        self._newest: _Reading | None = None
        self._before: _Reading | None = None

    def get(self) -> tuple[_Reading, _Reading | None]:
        """
        The newest reading and the one before it.

        Returns:
            Both; `None` for the second after the first reading.
        """
        if self._pid != os.getpid():
            self._reinit_after_fork()
        with self._lock:
            now_s = self._now_s()
            newest = self._newest
            if newest is None or self._taken_s is None or now_s - self._taken_s >= self._stale_after_s:
                self._before = newest
                self._newest = newest = self._read()
                self._taken_s = now_s
            return newest, self._before

    def _reinit_after_fork(self) -> None:
        # The parent's readings are not the child's, and a thread of the parent may hold the lock for ever.
        self._pid = os.getpid()
        self._lock = primitives.Lock()
        self._taken_s = None
        self._newest = None
        self._before = None
