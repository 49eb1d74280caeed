"""
What `cached` keeps of one function: entries, loads under way, and counts.

`CacheState.lock` guards entries, flights and counts, and is never held while loading. A forked child makes it anew and forgets flights,
whose loaders are threads that do not exist there.
"""

import asyncio
import contextlib
import functools
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple

from otel_agent.instruments.caches.storage import Storage
from otel_agent.instruments.caches.watching import Figures

__all__ = ["AbandonedError", "CacheInfo", "CacheState", "Counts", "Entries", "Flight"]


class CacheInfo(NamedTuple):
    """As in functools."""

    hits: int
    misses: int
    maxsize: int | None
    currsize: int


class Flight:
    """One load under way."""

    __slots__ = ("loader", "result")

    def __init__(self, loader: object) -> None:
        self.loader = loader
        self.result: Future[Any] = Future()
        # A future that runs cannot be cancelled by one of those who wait.
        self.result.set_running_or_notify_cancel()


class AbandonedError(Exception):
    """The loader was cancelled or interrupted: load yourself."""


class Entries:
    """What is kept and under way: for a function, or for one instance of a method."""

    __slots__ = ("flights", "storage")

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.flights: dict[object, Flight] = {}


class Counts:
    """Lookups and evictions of one decorated function; small, so that they can outlive what is kept."""

    __slots__ = ("evictions", "hits", "misses")

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self.evictions: Counter[str] = Counter()
        """Entries that left, by reason."""

    def figures(self, entries: int | None = None, limit: int | None = None) -> Figures:
        """
        Figures for the metrics.

        Args:
            entries: Entries there are; `None` when the cache is gone.
            limit: Entries there is room for; `None` when there is no limit, or no cache.
        """
        evictions = {reason: self.evictions[reason] for reason in ("capacity", "expired", "explicit")}
        return Figures(self.hits, self.misses, entries, limit, evictions)


class CacheState:
    """
    Everything about one decorated function.

    Args:
        build: Makes an empty storage.
        counts: Counts of the function; the storage counts evictions in it.
    """

    def __init__(self, build: Callable[[], Storage], counts: Counts) -> None:
        self._build = build
        self.counts = counts
        self.lock = threading.Lock()
        self.shared = Entries(build())
        self._instances: dict[int, tuple[weakref.ref[Any], Entries]] = {}

    def of(self, instance: object) -> Entries:
        """The entries of one instance; they go when it goes."""
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

    def begin(self, entries: Entries, key: object, loader: object) -> tuple[bool, Any]:
        """
        Look a key up once more and join or start a flight.

        Returns:
            Whether the value is there, and it; else the flight, which is one's own when one is its loader, or `None` when the
            loader asks for what it is loading.
        """
        with self.lock:
            try:
                return True, entries.storage[key]
            except KeyError:
                pass
            flight = entries.flights.get(key)
            if flight is not None:
                return False, None if flight.loader == loader else flight
            entries.flights[key] = flight = Flight(loader)
            return False, flight

    def land(self, entries: Entries, key: object, flight: Flight, value: Any) -> None:
        """Keep a loaded value and give it to those who wait."""
        with self.lock:
            if entries.flights.get(key) is flight:
                del entries.flights[key]
                with contextlib.suppress(ValueError):  # no room for even one: `maxsize=0`
                    entries.storage[key] = value
        flight.result.set_result(value)

    def crash(self, entries: Entries, key: object, flight: Flight, error: BaseException) -> None:
        """Keep nothing; an exception reaches those who wait, anything else lets one of them load."""
        with self.lock:
            if entries.flights.get(key) is flight:
                del entries.flights[key]
        is_own_affair = isinstance(error, asyncio.CancelledError) or not isinstance(error, Exception)
        flight.result.set_exception(AbandonedError() if is_own_affair else error)

    def abandon(self, entries: Entries, key: object, flight: Flight) -> None:
        """Keep nothing; those who wait load themselves."""
        self.crash(entries, key, flight, asyncio.CancelledError())

    def figures(self) -> Figures:
        """What metrics are made of; expired entries are let go on the way."""
        with self.lock:
            every = self._every()
            for entries in every:
                if hasattr(entries.storage, "expire"):
                    entries.storage.expire()
            limit = self.shared.storage.maxsize
            return self.counts.figures(
                sum(len(entries.storage) for entries in every),
                None if limit == float("inf") else limit * max(1, len(self._instances)),
            )

    def info(self) -> CacheInfo:
        """As in functools."""
        with self.lock:
            limit = self.shared.storage.maxsize
            size = sum(len(entries.storage) for entries in self._every())
            return CacheInfo(self.counts.hits, self.counts.misses, None if limit == float("inf") else limit, size)

    def clear(self) -> None:
        """Forget every entry; loads under way are not kept. Counts go on."""
        with self.lock:
            for entries in self._every():
                self.counts.evictions["explicit"] += len(entries.storage)
                entries.storage = self._build()
                entries.flights = {}

    def forget(self, entries: Entries, key: object) -> bool:
        """Remove one entry; a load of it that is under way is not kept. Answers whether there was one."""
        with self.lock:
            entries.flights.pop(key, None)
            was_there = entries.storage.pop(key, self) is not self
            self.counts.evictions["explicit"] += was_there
            return was_there

    def renew(self) -> None:
        """In a forked child."""
        self.lock = threading.Lock()
        for entries in self._every():
            entries.flights = {}

    def _every(self) -> list[Entries]:
        return [self.shared, *(entries for _, entries in list(self._instances.values()))]


def _forget(instances: dict[int, Any], identity: int, reference: weakref.ref[Any]) -> None:
    known = instances.get(identity)
    if known is not None and known[0] is reference:
        instances.pop(identity, None)
