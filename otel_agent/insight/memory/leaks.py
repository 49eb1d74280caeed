"""
Types that grow from probe to probe. Pure: counts of objects in, suspects out.

A type is suspected when there were more of its objects at each of five probes, steadily and to the end: a cache that fills slows down, a
queue of steady length goes up and down. What has not grown at the last three probes is suspected no longer. Garbage that waits
for a full collection grows as well, so nothing is said before one has come.
"""

from collections import deque
from dataclasses import dataclass

from otel_agent.insight.memory.growing import grows
from otel_agent.insight.memory.type_counts import TypeCounts

__all__ = ["PROBES", "LeakWatch", "Suspect"]

PROBES = 5
"""Probes that have to agree."""

LEAST_OBJECTS = 100
"""Growth over them that is told, in objects."""

_LEAST_SHARE = 0.05
_LAST_SHARE = 0.5
"""The last step is at least this share of the mean one."""
_QUIET = 3
_MOST_TYPES = 5000
_LIBRARIES = ("otel_agent.", "opentelemetry.")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A type that grows."""

    type: str
    """Full name."""
    before: int
    """Objects at the first of the probes."""
    after: int
    """Objects at the last of them."""
    began_s: float
    """When the first probe was, in seconds since 1970."""
    ended_s: float
    """When the last one was."""


@dataclass(frozen=True, slots=True)
class _Probe:
    at_s: float
    counts: dict[str, int]
    stride: int
    full_collections: int


class LeakWatch:
    """The last probes, and the types that are suspected by them."""

    def __init__(self) -> None:
        self._probes: deque[_Probe] = deque(maxlen=PROBES)
        self.found: set[str] = set()
        """Types that are suspected."""

    def add(self, counts: TypeCounts, at_s: float, full_collections: int) -> None:
        """
        Take in a probe.

        Args:
            counts: Objects by type.
            at_s: When it was, in seconds since 1970.
            full_collections: Full collections since the start of the process.
        """
        kept = counts.counts
        if len(kept) > _MOST_TYPES:
            kept = dict(sorted(kept.items(), key=lambda item: -item[1])[:_MOST_TYPES])
        self._probes.append(_Probe(at_s, kept, counts.stride, full_collections))

    def amend(self, counts: TypeCounts, full_collections: int) -> None:
        """
        Replace the last probe by one that was made after a full collection.

        Args:
            counts: Objects by type.
            full_collections: Full collections since the start of the process.
        """
        last = self._probes.pop()
        self.add(counts, last.at_s, full_collections)

    def is_sure(self) -> bool:
        """Whether a full collection has come between the first and the last of the probes."""
        return bool(self._probes) and self._probes[-1].full_collections > self._probes[0].full_collections

    def suspects(self) -> list[Suspect]:
        """Types that have grown at every probe; empty before there have been `PROBES`. Those that grow fastest come first."""
        if len(self._probes) < PROBES:
            return []
        first, last = self._probes[0], self._probes[-1]
        stride = max(probe.stride for probe in self._probes)
        found = []
        for name in last.counts:
            if name.startswith(_LIBRARIES):
                continue
            sizes = [probe.counts.get(name, 0) for probe in self._probes]
            total = sizes[-1] - sizes[0]
            if (
                total >= _LEAST_SHARE * sizes[0]
                and grows(sizes, LEAST_OBJECTS, stride=stride)
                and sizes[-1] - sizes[-2] >= _LAST_SHARE * total / (PROBES - 1)
            ):
                found.append(Suspect(name, sizes[0], sizes[-1], first.at_s, last.at_s))
        return sorted(found, key=lambda each: each.before - each.after)

    def cleared(self) -> list[str]:
        """Types that were found and have not grown at the last probes; they are forgotten here."""
        recent = list(self._probes)[-_QUIET:]
        if len(recent) < _QUIET:
            return []
        quiet = [name for name in self.found if recent[-1].counts.get(name, 0) <= recent[0].counts.get(name, 0)]
        self.found.difference_update(quiet)
        return quiet
