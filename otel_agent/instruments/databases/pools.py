"""
Connection pools, measured by what they are and not by what has been added up.

How many connections are used and idle is read from the pools when metrics are collected, so nothing that happens to a
connection (detached, invalidated, lost to the garbage collector, inherited by a fork) makes the figures drift. A `PoolSlot` lies
in the record that SQLAlchemy keeps for each place in a pool and goes with it; `checkouts` keeps it up to date.
"""

import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from otel_agent import guard, primitives
from otel_agent.catalog import attributes as a
from otel_agent.catalog import database as metrics
from otel_agent.clock import perf_ns
from otel_agent.instruments.databases.histograms import DurationHistograms

__all__ = ["PoolSlot", "PoolWatch", "Pools"]

_IDLE, _USED = a.DB_CLIENT_CONNECTION_STATE.values
_POOL_NAME = a.DB_CLIENT_CONNECTION_POOL_NAME.name
_STATE = a.DB_CLIENT_CONNECTION_STATE.name

_TRIES = 5
"""How often a list of places is asked for that changes while it is made."""

Points = Iterator[tuple[float, Mapping[str, Any]]]


class PoolSlot:
    """
    One place in a pool: whether its connection is checked out, and whether it has one.

    Args:
        watch: The watch over its pool.
        pool: The pool, kept weakly.
    """

    __slots__ = ("__weakref__", "checked_out_ns", "is_open", "pool", "watch")

    def __init__(self, watch: "PoolWatch", pool: Any) -> None:
        self.watch = watch
        self.pool = weakref.ref(pool)
        self.checked_out_ns = 0
        """When its connection was checked out; 0 while it is not."""
        self.is_open = True

    def check_in(self) -> None:
        """Note that the connection is no longer used."""
        begin_ns, self.checked_out_ns = self.checked_out_ns, 0
        if begin_ns:
            self.watch.record_use((perf_ns() - begin_ns) * 1e-9)


class PoolWatch:
    """
    The pools that one engine has had, one after the other.

    Args:
        name: Pool name in all metrics.
        histograms: Where durations are recorded.
    """

    def __init__(self, name: str, histograms: DurationHistograms) -> None:
        self.name = name
        self.attributes = {_POOL_NAME: name}
        self.engine: Callable[[], Any] = _no_engine
        """Answers with an engine that has the pool, as long as there is one."""
        self.slots: weakref.WeakSet[PoolSlot] = weakref.WeakSet()
        self.waiting: dict[object, int] = {}
        """One entry for each request that waits: a dictionary, because adding to a number is not one step in a thread."""
        self.timeouts = 0
        self.record_wait = histograms.of(metrics.CONNECTION_WAIT_TIME, self.attributes)
        self.record_use = histograms.of(metrics.CONNECTION_USE_TIME, self.attributes)
        self.record_create = histograms.of(metrics.CONNECTION_CREATE_TIME, self.attributes)

    def use_engine(self, engine: Any) -> None:
        """
        Read the pool of an engine from now on.

        Args:
            engine: Kept weakly.
        """
        self.engine = weakref.ref(engine)

    def pool(self) -> Any:
        """The engine's pool of now; `None` when the engine is gone."""
        engine = self.engine()
        return None if engine is None else engine.pool

    def count(self) -> tuple[int, int] | None:
        """
        Count connections.

        Returns:
            Idle and used; `None` when there is neither an engine nor a connection of it.
        """
        pool = self.pool()
        slots = self._slots()
        if pool is None and not any(slot.checked_out_ns for slot in slots):
            return None
        # A pool that was replaced by `dispose` keeps no connection, but some of it may still be checked out.
        used = sum(1 for slot in slots if slot.checked_out_ns and slot.pool() is not pool)
        own = [slot for slot in slots if slot.pool() is pool]
        if hasattr(pool, "checkedout") and hasattr(pool, "checkedin"):
            empty = sum(1 for slot in own if not slot.checked_out_ns and not slot.is_open)
            return max(0, pool.checkedin() - empty), used + max(0, pool.checkedout())
        checked_out = sum(1 for slot in own if slot.checked_out_ns)
        return sum(1 for slot in own if not slot.checked_out_ns and slot.is_open), used + checked_out

    def limit(self) -> int | None:
        """Connections that the pool may have; None where there is no limit."""
        pool = self.pool()
        return None if pool is None else _limit(pool)

    def reinit_after_fork(self) -> None:
        """Begin again in a forked child."""
        self.waiting = {}
        self.timeouts = 0

    def _slots(self) -> list[PoolSlot]:
        for _ in range(_TRIES):
            try:
                return list(self.slots)
            except RuntimeError:  # another thread took a place in the pool for the first time meanwhile
                continue
        return []


def _no_engine() -> None:
    return None


class Pools:
    """
    The pools of the process.

    `lock` guards names and the counts of timeouts, which are rare. It can be taken twice by one thread, because the
    garbage collector may run anything at any moment.

    Args:
        histograms: Where durations are recorded.
    """

    def __init__(self, histograms: DurationHistograms) -> None:
        self._histograms = histograms
        self.lock = primitives.RLock()
        self._watches: weakref.WeakValueDictionary[str, PoolWatch] = weakref.WeakValueDictionary()

    def watch(self, name: str) -> PoolWatch:
        """
        Begin to watch the pools of an engine. Whoever calls keeps the watch; the pools have no points without it.

        Args:
            name: Wanted pool name; when it is taken, a number is appended.

        Returns:
            The watch.
        """
        with self.lock:
            given, number = name, 1
            while given in self._watches:
                number += 1
                given = f"{name}-{number}"
            self._watches[given] = watch = PoolWatch(given, self._histograms)
        return watch

    def timed_out(self, watch: PoolWatch) -> None:
        """
        Count a request that gave up.

        Args:
            watch: The watch over the pool.
        """
        with self.lock:
            watch.timeouts += 1

    def reinit_after_fork(self) -> None:
        """Begin again in a forked child."""
        self.lock = primitives.RLock()
        for watch in list(self._watches.values()):
            watch.reinit_after_fork()

    # What follows is asked at each collection.

    def counts(self) -> Points:
        """Points of `db.client.connection.count`."""
        for watch in self._each():
            counted = watch.count()
            if counted is not None:
                for state, number in zip((_IDLE, _USED), counted, strict=True):
                    yield number, {**watch.attributes, _STATE: state}

    def limits(self) -> Points:
        """Points of `db.client.connection.max`; none for a pool without limit."""
        for watch in self._each():
            pool = watch.pool()
            limit = None if pool is None else _limit(pool)
            if limit is not None:
                yield limit, watch.attributes

    def idle_limits(self) -> Points:
        """Points of `db.client.connection.idle.max`; none for a pool without limit."""
        for watch in self._each():
            pool = watch.pool()
            limit = None if pool is None else _idle_limit(pool)
            if limit is not None:
                yield limit, watch.attributes

    def pending(self) -> Points:
        """Points of `db.client.connection.pending_requests`."""
        for watch in self._each():
            if watch.pool() is not None:
                yield len(watch.waiting), watch.attributes

    def timeouts(self) -> Points:
        """Points of `db.client.connection.timeouts`."""
        for watch in self._each():
            yield watch.timeouts, watch.attributes

    def watches(self) -> list[PoolWatch]:
        """The watch over the pools of each engine."""
        with self.lock:
            return list(self._watches.values())

    def _each(self) -> Iterator[PoolWatch]:
        for watch in self.watches():
            with guard.guarded("instruments.sqlalchemy.pools", f"the connection pool {watch.name} cannot be measured"):
                yield watch


def _limit(pool: Any) -> int | None:
    kind = type(pool).__name__
    if hasattr(pool, "checkedout"):
        overflow = getattr(pool, "_max_overflow", None)
        if not isinstance(overflow, int) or overflow < 0:
            return None
        return int(pool.size()) + overflow
    if kind in {"StaticPool", "AssertionPool"}:
        return 1
    return int(pool.size) if kind == "SingletonThreadPool" else None


def _idle_limit(pool: Any) -> int | None:
    kind = type(pool).__name__
    if hasattr(pool, "checkedout"):
        return int(pool.size()) or None
    if kind == "NullPool":
        return 0
    return _limit(pool)
