"""
Garbage collection that takes a noticeable share of the time. Pure: what was measured each second in, a sighting out.

Either collections stopped the process for more than 5 % of the time, or several of them stopped it for more than 50 ms each; and the heap was
stable meanwhile, because a heap that grows is walked for a reason. Pauses are by the clock, so they are compared with the clock: on a busy
machine both are longer. A small heap cannot be the reason for long pauses, so only a large one is blamed for them.
"""

from collections import deque
from typing import NamedTuple

from otel_agent.insight.findings import Sighting

__all__ = ["LONG_S", "CollectionTotals", "GcPressure"]

LONG_S = 0.05
"""A pause that is long, in seconds."""

SHARE = 0.05
"""Share of the time from which on collections are told."""

WINDOW_S = 10.0
"""Time that is looked at."""

_LEAST_WINDOW_S = 5.0
_LEAST_PAUSES_S = 0.25
"""Pauses of less than this in a window are not worth a line of code."""
_LONG_PAUSES = 3
_LONG_WINDOW_S = 120.0
_STABLE = 0.2
_LARGE = 1_000_000
"""Blocks of memory of a heap whose full collection takes more than 50 ms by itself."""


class CollectionTotals(NamedTuple):
    """What was measured since the start of the process, at one moment."""

    at_s: float
    """Seconds since 1970."""
    pauses_s: float
    """Time in collections, in seconds."""
    long_pauses: int
    """Collections that took longer than `LONG_S`."""
    blocks: int
    """Blocks of memory that are in use."""


class GcPressure:
    """The last two minutes of collections."""

    def __init__(self) -> None:
        self._seen: deque[CollectionTotals] = deque()

    def add(self, now: CollectionTotals) -> Sighting | None:
        """
        Take in what was measured.

        Args:
            now: At most once a second.

        Returns:
            A sighting when collections took too much; the window is then begun anew.
        """
        self._seen.append(now)
        while now.at_s - self._seen[0].at_s > _LONG_WINDOW_S:
            self._seen.popleft()
        recent = next(each for each in self._seen if now.at_s - each.at_s <= WINDOW_S)
        found = self._by_share(recent, now) or self._by_length(self._seen[0], now)
        if found is not None:
            self._seen.clear()
            self._seen.append(now)
        return found

    def _by_share(self, before: CollectionTotals, now: CollectionTotals) -> Sighting | None:
        pauses_s = now.pauses_s - before.pauses_s
        if now.at_s - before.at_s < _LEAST_WINDOW_S or pauses_s < _LEAST_PAUSES_S or not _is_stable(before, now):
            return None
        return _sighting(before, now) if _is_much(before, now) and self._goes_on(before, now) else None

    def _goes_on(self, before: CollectionTotals, now: CollectionTotals) -> bool:
        """Whether both halves of the time have too much of it; a start, or something that is built once, is over sooner."""
        middle_s = (before.at_s + now.at_s) / 2
        middle = min(self._seen, key=lambda each: abs(each.at_s - middle_s))
        return _is_much(before, middle) and _is_much(middle, now)

    @staticmethod
    def _by_length(before: CollectionTotals, now: CollectionTotals) -> Sighting | None:
        if now.long_pauses - before.long_pauses < _LONG_PAUSES or now.blocks < _LARGE or not _is_stable(before, now):
            return None
        return _sighting(before, now)


def _is_much(before: CollectionTotals, now: CollectionTotals) -> bool:
    return now.pauses_s - before.pauses_s > SHARE * (now.at_s - before.at_s)


def _is_stable(before: CollectionTotals, now: CollectionTotals) -> bool:
    return abs(now.blocks - before.blocks) <= _STABLE * before.blocks


def _sighting(before: CollectionTotals, now: CollectionTotals) -> Sighting:
    return Sighting(
        rule="gc_pressure",
        subject="garbage collection",
        place="",
        evidence={
            "gc_share": (now.pauses_s - before.pauses_s) / max(now.at_s - before.at_s, 1e-3),
            "pauses_s": now.pauses_s - before.pauses_s,
            "pauses_above_50_ms": now.long_pauses - before.long_pauses,
            "window_s": now.at_s - before.at_s,
        },
        fix="Call otel_agent.memory.tune() once everything that stays has been loaded, or make fewer objects that hold others.",
        saved_s=now.pauses_s - before.pauses_s,
        began_s=before.at_s,
        ended_s=now.at_s,
        confidence=0.8,
    )
