"""
The cache of one decorated function: results that are kept, and loads in flight (single flight).

Results lie in a cache of cachetools that counts why entries leave. A miss starts a load; whoever asks for the same key while it
is in flight waits for its result. An exception of the load reaches all who wait, and nothing is kept. When the loader is
cancelled or interrupted, or its result can be read once only, that concerns nobody but it: one of those who wait loads instead.

`FunctionCache.lock` guards entries, loads in flight and counts, and is never held while loading. A forked child makes it anew
and forgets loads in flight, whose loaders are threads that do not exist there.
"""

import asyncio
import contextlib
import functools
import math
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_agent.clock import monotonic_s
from otel_agent.instruments.caches.watching import CacheStatistics
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import cachetools
else:
    cachetools = late_module("cachetools")

__all__ = ["CacheCounts", "CacheInfo", "Entries", "FunctionCache", "InFlightLoad", "LoaderCancelledError", "Storage"]

Storage = Any
"""A cache of cachetools: a mapping with `maxsize`."""


class CacheInfo(NamedTuple):
    """Counts and size of a cache, as in functools."""

    hits: int
    misses: int
    maxsize: int | None
    currsize: int


class CacheCounts:
    """Lookups and evictions of one decorated function; small, so that they can outlive what is kept."""

    __slots__ = ("evictions", "hits", "misses")

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self.evictions: Counter[str] = Counter()
        """Entries that left, by reason."""

    def statistics(self, entries: int | None = None, limit: int | None = None) -> CacheStatistics:
        """
        Statistics for the metrics.

        Args:
            entries: Entries there are; `None` when the cache is gone.
            limit: Entries there is room for; `None` when there is no limit, or no cache.
        """
        evictions = {reason: self.evictions[reason] for reason in ("capacity", "expired", "explicit")}
        return CacheStatistics(self.hits, self.misses, entries, limit, evictions)


class InFlightLoad:
    """One load of one key, from the miss to the result."""

    __slots__ = ("loader", "result")

    def __init__(self, loader: object) -> None:
        self.loader = loader
        self.result: Future[Any] = Future()
        # A future that runs cannot be cancelled by one of those who wait.
        self.result.set_running_or_notify_cancel()


class LoaderCancelledError(Exception):
    """The loader was cancelled or interrupted; one of those who wait has to load."""


class Entries:
    """Results and loads in flight: of a function, or of one instance of a method."""

    __slots__ = ("in_flight", "storage")

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.in_flight: dict[object, InFlightLoad] = {}


class FunctionCache:
    """
    Everything that is kept for one decorated function.

    Args:
        maxsize: Entries there is room for; the one not used for longest leaves first. `None` for no limit.
        ttl_s: How long an entry is good for, in seconds; `None` for ever.
    """

    def __init__(self, maxsize: int | None, ttl_s: float | None) -> None:
        self.counts = CacheCounts()
        self._build = _storage_builder(maxsize, ttl_s, self.counts.evictions)
        self.lock = threading.Lock()
        self.shared = Entries(self._build())
        self._instances: dict[int, tuple[weakref.ref[Any], Entries]] = {}

    def of(self, instance: object) -> Entries:
        """Entries of one instance; they go when it goes."""
        identity = id(instance)
        known = self._instances.get(identity)
        if known is not None and known[0]() is instance:
            return known[1]
        try:
            # Not a method of ours, which would keep the whole of it alive as long as the instance lives.
            reference = weakref.ref(instance, functools.partial(_forget, self._instances, identity))
        except TypeError:
            return self.shared
        return self._instances.setdefault(identity, (reference, Entries(self._build())))[1]

    def locate(
        self, make_key: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Entries, object]:
        """Entries and key of a method's call."""
        entries = self.of(args[0])
        key = make_key(*args[1:], **kwargs)
        # Instances that cannot be referred to weakly share their entries, told apart by the key.
        return entries, key if entries is not self.shared else (id(args[0]), key)

    def find_or_load(self, entries: Entries, key: object, loader: object) -> tuple[bool, Any]:
        """
        Look a key up once more, and join the load in flight or start one.

        Args:
            entries: Where the key belongs.
            key: Key of the call.
            loader: Identity of the thread or task that asks.

        Returns:
            Whether the value is there, and it; else the load, which is one's own when one is its loader, or `None` when the
            loader asks for what it is loading.
        """
        with self.lock:
            try:
                return True, entries.storage[key]
            except KeyError:
                pass
            load = entries.in_flight.get(key)
            if load is not None:
                return False, None if load.loader == loader else load
            entries.in_flight[key] = load = InFlightLoad(loader)
            return False, load

    def succeed(self, entries: Entries, key: object, load: InFlightLoad, value: Any) -> None:
        """Keep a loaded value and give it to those who wait."""
        with self.lock:
            if entries.in_flight.get(key) is load:
                del entries.in_flight[key]
                with contextlib.suppress(ValueError):  # no room for even one: `maxsize=0`
                    entries.storage[key] = value
        load.result.set_result(value)

    def fail(self, entries: Entries, key: object, load: InFlightLoad, error: BaseException) -> None:
        """Keep nothing; an exception reaches those who wait, anything else lets one of them load."""
        with self.lock:
            if entries.in_flight.get(key) is load:
                del entries.in_flight[key]
        is_own_affair = isinstance(error, asyncio.CancelledError) or not isinstance(error, Exception)
        load.result.set_exception(LoaderCancelledError() if is_own_affair else error)

    def abandon(self, entries: Entries, key: object, load: InFlightLoad) -> None:
        """Keep nothing; those who wait load themselves."""
        self.fail(entries, key, load, asyncio.CancelledError())

    def statistics(self) -> CacheStatistics:
        """Counts and sizes for metrics; expired entries leave on the way."""
        with self.lock:
            every = self._every()
            for entries in every:
                if hasattr(entries.storage, "expire"):
                    entries.storage.expire()
            limit = self.shared.storage.maxsize
            return self.counts.statistics(
                sum(len(entries.storage) for entries in every),
                None if limit == math.inf else limit * max(1, len(self._instances)),
            )

    def info(self) -> CacheInfo:
        """Counts and size as in functools."""
        with self.lock:
            limit = self.shared.storage.maxsize
            size = sum(len(entries.storage) for entries in self._every())
            return CacheInfo(self.counts.hits, self.counts.misses, None if limit == math.inf else limit, size)

    def clear(self) -> None:
        """Forget every entry; the results of loads in flight are not kept. Counts go on."""
        with self.lock:
            for entries in self._every():
                self.counts.evictions["explicit"] += len(entries.storage)
                entries.storage = self._build()
                entries.in_flight = {}

    def forget(self, entries: Entries, key: object) -> bool:
        """Remove one entry; the result of a load of it in flight is not kept. Answers whether there was one."""
        with self.lock:
            entries.in_flight.pop(key, None)
            was_there = entries.storage.pop(key, self) is not self
            self.counts.evictions["explicit"] += was_there
            return was_there

    def reinit_after_fork(self) -> None:
        """Make the lock anew in a forked child, and forget the parent's loads in flight."""
        self.lock = threading.Lock()
        for entries in self._every():
            entries.in_flight = {}

    def _every(self) -> list[Entries]:
        return [self.shared, *(entries for _, entries in list(self._instances.values()))]


def _forget(instances: dict[int, Any], identity: int, reference: weakref.ref[Any]) -> None:
    known = instances.get(identity)
    if known is not None and known[0] is reference:
        instances.pop(identity, None)


def _storage_builder(maxsize: int | None, ttl_s: float | None, evictions: Counter[str]) -> Callable[[], Storage]:
    """What makes empty caches of cachetools whose evictions are counted, under the lock of whoever uses them."""
    limit: Any = math.inf if maxsize is None else maxsize

    class Bounded(cachetools.LRUCache[Any, Any]):
        def popitem(self) -> tuple[Any, Any]:
            item = super().popitem()
            evictions["capacity"] += 1
            return item

    class Expiring(cachetools.TTLCache[Any, Any]):
        def popitem(self) -> tuple[Any, Any]:
            item = super().popitem()
            evictions["capacity"] += 1
            return item

        def expire(self, time: float | None = None) -> Any:
            expired = super().expire(time)
            evictions["expired"] += len(expired or ())
            return expired

    if ttl_s is None:
        return lambda: Bounded(limit)
    return lambda: Expiring(limit, ttl_s, timer=lambda: monotonic_s())  # noqa: PLW0108 - looked up when asked: tests turn it by hand
