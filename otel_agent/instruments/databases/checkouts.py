"""
Listeners for connections: opened, checked out, checked in, detached, closed.

SQLAlchemy has events for all of it, but none for the moment somebody begins to wait for a connection: for that, and for
timeouts, `Engine.raw_connection` is wrapped, through which every checkout of every engine goes. All of it runs in the agent's
own calls; what goes wrong here is counted, and the agent sees nothing of it.
"""

import time
from collections.abc import Callable
from typing import Any

from otel_agent.clock import perf_ns
from otel_agent.guard import guarded, shared
from otel_agent.instruments.databases.engines import Databases
from otel_agent.instruments.databases.pools import Pools, PoolSlot, PoolWatch

__all__ = ["CheckoutListeners"]

_KIND = "instruments.sqlalchemy.pools"
_MESSAGE = "a connection cannot be measured"

_SLOT = "otel_agent.slot"
_CREATED = "otel_agent.created"
"""Keys in the `record_info` of a place in a pool."""


class CheckoutListeners:
    """
    Listeners for the connections of all engines.

    Args:
        pools: Where pools are watched.
        databases: Knows the pools of engines.
        timeout: Exception that a pool raises when a request has waited too long.
    """

    def __init__(self, pools: Pools, databases: Databases, timeout: type[BaseException]) -> None:
        self._pools = pools
        self._databases = databases
        self._timeout = timeout
        self._is_active = True

    def wrap(self, engine: Any) -> Callable[[], None]:
        """
        Put a method around `Engine.raw_connection`, through which every checkout goes.

        Args:
            engine: The class `sqlalchemy.Engine`.

        Returns:
            Takes it away again; when somebody has put another around it since, it stays and only passes calls on.
        """
        below = engine.raw_connection
        checkout = self._checkout

        def raw_connection(self: Any) -> Any:
            return checkout(self, below)

        raw_connection.__doc__ = below.__doc__
        raw_connection.__wrapped__ = below  # type: ignore[attr-defined]  # as functools.wraps does
        engine.raw_connection = raw_connection

        def unwrap() -> None:
            self._is_active = False
            if engine.raw_connection is raw_connection:
                engine.raw_connection = below

        return unwrap

    def _checkout(self, engine: Any, below: Callable[[Any], Any]) -> Any:
        watch = None
        if self._is_active:
            with guarded(_KIND, "a connection pool cannot be measured"):
                watch = self._databases.of(engine).pools
        if watch is None:
            return below(engine)
        token = object()
        begin_ns = perf_ns()
        watch.waiting[token] = begin_ns
        try:
            connection = below(engine)
        except self._timeout:
            self._pools.timed_out(watch)
            raise
        finally:
            watch.waiting.pop(token, None)
        try:
            watch.record_wait((perf_ns() - begin_ns) * 1e-9)
            if watch.engine() is None:
                watch.use_engine(engine)
            info = connection.record_info
            if info is not None:
                _note_checkout(watch, engine.pool, info)
        except Exception as error:  # noqa: BLE001 - the agent gets its connection whatever happens here
            shared.report(_KIND, _MESSAGE, error)
        return connection

    @staticmethod
    def connected(_dbapi_connection: Any, record: Any) -> None:
        """Note a new connection; see `sqlalchemy.events.PoolEvents.connect`."""
        with guarded(_KIND, _MESSAGE):
            _note_created(record)

    @staticmethod
    def checked_in(_dbapi_connection: Any, record: Any) -> None:
        """Note that one was given back; see `sqlalchemy.events.PoolEvents.checkin`."""
        try:
            slot = record.record_info.get(_SLOT)
            if slot is not None:
                slot.check_in()
        except Exception as error:  # noqa: BLE001 - the agent gives its connection back whatever happens here
            shared.report(_KIND, _MESSAGE, error)

    @staticmethod
    def detached(_dbapi_connection: Any, record: Any) -> None:
        """Note that one is the pool's no longer; see `sqlalchemy.events.PoolEvents.detach`."""
        with guarded(_KIND, _MESSAGE):
            slot = record.record_info.get(_SLOT)
            if slot is not None:
                slot.is_open = False
                slot.check_in()

    @staticmethod
    def closed(_dbapi_connection: Any, record: Any) -> None:
        """Note that one is closed; see `sqlalchemy.events.PoolEvents.close`."""
        with guarded(_KIND, _MESSAGE):
            slot = record.record_info.get(_SLOT)
            if slot is not None:
                slot.is_open = False


def _note_created(record: Any) -> None:
    """Remember how long a connection took to open, until it is known which pool it belongs to."""
    info = record.record_info
    slot = info.get(_SLOT)
    if slot is not None:
        slot.is_open = True
    begin_s = getattr(record, "last_connect_time", None)
    if begin_s:
        # SQLAlchemy keeps the beginning by the wall clock; when that jumps back meanwhile, there is no duration.
        info[_CREATED] = time.time() - begin_s


def _note_checkout(watch: PoolWatch, pool: Any, info: dict[str, Any]) -> None:
    slot = info.get(_SLOT)
    if slot is None or slot.watch is not watch:
        info[_SLOT] = slot = PoolSlot(watch, pool)
        watch.slots.add(slot)
    created_s = info.pop(_CREATED, None)
    if created_s is not None and created_s >= 0:
        watch.record_create(created_s)
    slot.is_open = True
    slot.checked_out_ns = perf_ns()
