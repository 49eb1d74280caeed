"""
All caches of the process, and the metrics of them.

There is one instrument for each metric and all caches, because a meter keeps only the callbacks of the first instrument of a
name. Behind it stands a registry of weak references: a cache that is gone has no size any more, but its counts stay, with their last
numbers, and go on when another cache takes its name. Caches are registered when they are made or shown to `watch_cache`, before or
after the metrics are installed.
"""

import os
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from opentelemetry.metrics import Meter

from otel_agent import guard, primitives
from otel_agent.catalog import attributes as a
from otel_agent.catalog import caches as metrics
from otel_agent.clock import monotonic_s
from otel_agent.instruments.observing import Handle, observe

__all__ = ["CacheRegistry", "CacheStatistics", "install", "registry"]

MOST_GONE = 1024
"""Caches that are gone whose counts are still exported; of more, the oldest are forgotten."""

WINDOW_S = 60.0
"""The hit ratio is that of the lookups of this long."""


class CacheStatistics(NamedTuple):
    """Counts since a cache was made, and its size now."""

    hits: int
    misses: int
    entries: int | None = None
    limit: int | None = None
    """`None` when there is none, or none is known."""
    evictions: Mapping[str, int] | None = None
    """By reason; `None` when not known."""


class _WatchedCache:
    """One cache under its name."""

    def __init__(
        self,
        name: str,
        read: Callable[[], CacheStatistics | None],
        now_s: Callable[[], float],
        last: Callable[[], CacheStatistics] | None = None,
        before: CacheStatistics | None = None,
    ) -> None:
        self.name = name
        self.is_gone = False
        self._read = read
        self._last = last
        self._now_s = now_s
        before = before or CacheStatistics(0, 0)
        self._floor = (before.hits, before.misses)
        self._latest = (0, 0)
        self._eviction_floor: Mapping[str, int] = {reason: -count for reason, count in (before.evictions or {}).items()}
        self._newest = before
        self._samples: deque[tuple[float, int, int]] = deque([(now_s(), before.hits, before.misses)])

    def statistics(self) -> CacheStatistics:
        """The cache's own counts, made to grow only; its last ones, without a size, when it is gone."""
        found = None if self.is_gone else self._read()
        if found is not None:
            self._newest = self._grown(found)
        elif not self.is_gone:
            newest = self._newest if self._last is None else self._grown(self._last())
            self._newest = newest._replace(entries=None, limit=None)
            self.is_gone = True
            self._read, self._last = _nothing, None
        return self._newest

    def _grown(self, found: CacheStatistics) -> CacheStatistics:
        if found.hits < self._latest[0] or found.misses < self._latest[1]:
            # `cache_clear()` of functools sets the counts back; a counter must not fall, so it goes on from where it was.
            self._floor = (self._floor[0] + self._latest[0], self._floor[1] + self._latest[1])
        self._latest = (found.hits, found.misses)
        evictions = found.evictions
        if evictions is not None:
            evictions = {reason: count - self._eviction_floor.get(reason, 0) for reason, count in evictions.items()}
        return CacheStatistics(
            self._floor[0] + found.hits, self._floor[1] + found.misses, found.entries, found.limit, evictions
        )

    def hit_ratio(self) -> float | None:
        """Hits by lookups within the window; `None` without a lookup."""
        statistics = self.statistics()
        now_s = self._now_s()
        samples = self._samples
        samples.append((now_s, statistics.hits, statistics.misses))
        # The newest sample that is older than the window stays, as what to subtract.
        while len(samples) > 1 and samples[1][0] <= now_s - WINDOW_S:
            samples.popleft()
        _, hits, misses = samples[0]
        lookups = statistics.hits - hits + statistics.misses - misses
        return (statistics.hits - hits) / lookups if lookups else None

    def reinit_after_fork(self) -> None:
        """Count from zero in a forked child."""
        self.statistics()
        found = None if self.is_gone else self._read()
        if found is None:
            return
        self._latest = (found.hits, found.misses)
        self._floor = (-found.hits, -found.misses)
        self._eviction_floor = dict(found.evictions or {})
        self._samples = deque([(self._now_s(), 0, 0)])


def _nothing() -> None:
    """A cache that is gone."""


class CacheRegistry:
    """
    The caches that are measured.

    `_lock` guards the table of names and is not held while a cache is asked.

    Args:
        now_s: The monotonic clock.
    """

    def __init__(self, now_s: Callable[[], float] = monotonic_s) -> None:
        self._now_s = now_s
        self._lock = primitives.Lock()
        self._watched: dict[str, _WatchedCache] = {}
        self._keys: dict[str, object] = {}
        self._forked_owners: weakref.WeakSet[Any] = weakref.WeakSet()
        self._has_hook = False

    def add(
        self,
        name: str,
        read: Callable[[], CacheStatistics | None],
        key: object = None,
        last: Callable[[], CacheStatistics] | None = None,
    ) -> str:
        """
        Measure a cache.

        Args:
            name: Wanted cache name; when it is taken, a number is appended and said.
            read: Answers with statistics, or `None` once the cache is gone.
            key: Identifies the cache; a second `add` with it renames the cache.
            last: Answers with the last counts when `read` does not any more; those that were read last by default.

        Returns:
            The name it has in metrics.
        """
        with self._lock:
            for known, other in list(self._keys.items()):
                if key is not None and other == key and not self._is_gone(known):
                    self._watched.pop(known, None)
                    self._keys.pop(known)
            given, number = name, 1
            while given in self._watched and not self._is_gone(given):
                number += 1
                given = f"{name}-{number}"
            # Another cache of the name goes on where one that is gone has stopped.
            gone = self._watched.pop(given, None)
            before = None if gone is None else gone.statistics()
            self._watched[given] = _WatchedCache(given, read, self._now_s, last, before)
            self._keys[given] = key
            if not self._has_hook and hasattr(os, "register_at_fork"):
                self._has_hook = True
                os.register_at_fork(after_in_child=self._reinit_after_fork)
        if given != name:
            guard.shared.report(
                f"cache.name.{name}", f"two caches are called {name!r}: one is measured as {given!r}; give it a name"
            )
        return given

    def reinit_in_forks(self, owner: Any) -> None:
        """
        Have `owner.reinit_after_fork()` called in every forked child.

        Args:
            owner: Held weakly; has locks that a thread of the parent may hold.
        """
        self._forked_owners.add(owner)

    def each(self) -> Iterator[_WatchedCache]:
        """The caches there are, and the newest of those that are gone."""
        gone: list[str] = []
        for watched in list(self._watched.values()):
            with guard.guarded(f"cache.{watched.name}", f"cache {watched.name} cannot be measured"):
                watched.statistics()
                yield watched
            if watched.is_gone:
                gone.append(watched.name)
        for name in gone[:-MOST_GONE]:
            self._forget(name)

    def _is_gone(self, name: str) -> bool:
        watched = self._watched[name]
        with guard.guarded(f"cache.{name}", f"cache {name} cannot be measured"):
            watched.statistics()
        return watched.is_gone

    def _forget(self, name: str) -> None:
        with self._lock:
            watched = self._watched.get(name)
            if watched is not None and watched.is_gone:
                del self._watched[name]
                self._keys.pop(name, None)

    def _reinit_after_fork(self) -> None:
        self._lock = primitives.Lock()
        for owner in list(self._forked_owners):
            owner.reinit_after_fork()
        for watched in list(self._watched.values()):
            with guard.guarded(f"cache.{watched.name}", f"cache {watched.name} cannot be measured"):
                watched.reinit_after_fork()
            if watched.is_gone:
                self._forget(watched.name)


registry = CacheRegistry()
"""The process's own: `cached` and `watch_cache` work before anything is installed."""


def install(meter: Meter, *, caches: CacheRegistry | None = None) -> Handle:
    """
    Export the metrics of all caches.

    Args:
        meter: Meter of the OpenTelemetry API.
        caches: Caches to measure; those of the process by default.

    Returns:
        A handle whose `close` takes the metrics out; caches stay registered.
    """
    known = caches or registry
    return Handle(
        observe(meter, metric, lambda points=points: points(known))  # type: ignore[misc]  # mypy does not infer defaults
        for metric, points in (
            (metrics.REQUESTS, _requests),
            (metrics.EVICTIONS, _evictions),
            (metrics.ENTRY_COUNT, _entry_count),
            (metrics.ENTRY_LIMIT, _entry_limit),
            (metrics.HIT_RATIO, _hit_ratio),
        )
    )


Points = Iterator[tuple[float, Mapping[str, Any]]]

_HIT, _MISS = a.AGENT_CACHE_RESULT.values


def _readings(caches: CacheRegistry) -> Iterator[tuple[str, CacheStatistics]]:
    for watched in caches.each():
        yield watched.name, watched.statistics()


def _requests(caches: CacheRegistry) -> Points:
    for name, statistics in _readings(caches):
        yield statistics.hits, {a.AGENT_CACHE_NAME.name: name, a.AGENT_CACHE_RESULT.name: _HIT}
        yield statistics.misses, {a.AGENT_CACHE_NAME.name: name, a.AGENT_CACHE_RESULT.name: _MISS}


def _evictions(caches: CacheRegistry) -> Points:
    for name, statistics in _readings(caches):
        for reason, count in (statistics.evictions or {}).items():
            yield count, {a.AGENT_CACHE_NAME.name: name, a.AGENT_CACHE_EVICTION_REASON.name: reason}


def _entry_count(caches: CacheRegistry) -> Points:
    for name, statistics in _readings(caches):
        if statistics.entries is not None:
            yield statistics.entries, {a.AGENT_CACHE_NAME.name: name}


def _entry_limit(caches: CacheRegistry) -> Points:
    for name, statistics in _readings(caches):
        if statistics.limit is not None:
            yield statistics.limit, {a.AGENT_CACHE_NAME.name: name}


def _hit_ratio(caches: CacheRegistry) -> Points:
    for watched in caches.each():
        ratio = watched.hit_ratio()
        if ratio is not None:
            yield ratio, {a.AGENT_CACHE_NAME.name: watched.name}
