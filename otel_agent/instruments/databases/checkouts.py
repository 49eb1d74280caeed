"""
What SQLAlchemy calls when a connection is opened, lent out, given back, detached or closed.

All of it runs in the agent's own calls; see `sql_queries`.
"""

from collections.abc import Callable
from typing import Any

from otel_agent.clock import perf_ns
from otel_agent.guard import guarded, shared
from otel_agent.instruments.databases.pools import LOAN, Pools, lend, note_created
from otel_agent.instruments.databases.prepared import Databases

__all__ = ["Checkouts"]

_KIND = "instruments.sqlalchemy.pools"
_MESSAGE = "a connection cannot be measured"


class Checkouts:
    """Watches the connection pools of all engines."""

    def __init__(self, pools: Pools, databases: Databases, timeout: type[BaseException]) -> None:
        """
        Prepare to watch.

        Args:
            pools: Where pools are watched.
            databases: Knows the pools of engines.
            timeout: Raised by a pool when a request has waited too long.
        """
        self._pools = pools
        self._databases = databases
        self._timeout = timeout
        self._is_active = True

    def wrap(self, engine: Any) -> Callable[[], None]:
        """
        Put a method around `Engine.raw_connection`, through which every checkout goes.

        Args:
            engine: The class.

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
                lend(watch, engine.pool, info)
        except Exception as error:  # noqa: BLE001 - the agent gets its connection whatever happens here
            shared.report(_KIND, _MESSAGE, error)
        return connection

    @staticmethod
    def connected(_dbapi_connection: Any, record: Any) -> None:
        """Note a new connection; see `sqlalchemy.events.PoolEvents.connect`."""
        with guarded(_KIND, _MESSAGE):
            note_created(record)

    @staticmethod
    def checked_in(_dbapi_connection: Any, record: Any) -> None:
        """Note that one was given back; see `sqlalchemy.events.PoolEvents.checkin`."""
        try:
            loan = record.record_info.get(LOAN)
            if loan is not None:
                loan.end()
        except Exception as error:  # noqa: BLE001 - the agent gives its connection back whatever happens here
            shared.report(_KIND, _MESSAGE, error)

    @staticmethod
    def detached(_dbapi_connection: Any, record: Any) -> None:
        """Note that one is the pool's no longer; see `sqlalchemy.events.PoolEvents.detach`."""
        with guarded(_KIND, _MESSAGE):
            loan = record.record_info.get(LOAN)
            if loan is not None:
                loan.is_open = False
                loan.end()

    @staticmethod
    def closed(_dbapi_connection: Any, record: Any) -> None:
        """Note that one is closed; see `sqlalchemy.events.PoolEvents.close`."""
        with guarded(_KIND, _MESSAGE):
            loan = record.record_info.get(LOAN)
            if loan is not None:
                loan.is_open = False
