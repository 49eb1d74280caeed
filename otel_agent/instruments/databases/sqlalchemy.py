"""
SQLAlchemy: a span and a duration for every query, and the state of every connection pool.

Listeners sit on SQLAlchemy's classes, not on engines, so every engine is covered: made before or after, by whatever import,
synchronous or not. A span is made when its query has ended, with the time at which it began. So nothing can be left open,
whatever becomes of the query, and a query below an unsampled parent costs two looks at the clock.

Beside opentelemetry-instrumentation-sqlalchemy, a query for which that package has made a span gets none here.

Left to others: what may be said of a statement (`statements`), what an engine is connected to (`engines`), pools (`pools`).
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import metadata, util
from typing import Any

from opentelemetry import metrics as api_metrics
from opentelemetry import trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from otel_agent import primitives
from otel_agent.catalog import database as metrics
from otel_agent.guard import guarded
from otel_agent.instruments.databases.checkouts import CheckoutListeners
from otel_agent.instruments.databases.engines import Databases
from otel_agent.instruments.databases.errors import cover_exceptions
from otel_agent.instruments.databases.histograms import DurationHistogram, DurationHistograms
from otel_agent.instruments.databases.pools import Pools, PoolWatch
from otel_agent.instruments.databases.queries import QueryListeners, QueryWatcher
from otel_agent.instruments.databases.query_spans import QuerySpans
from otel_agent.instruments.imports import after_import
from otel_agent.instruments.observing import Handle, observe

__all__ = ["SCOPE", "SLOW_S", "distributions", "install", "pool_watches", "uninstall"]

SCOPE = "otel_agent.instruments.sqlalchemy"
"""Instrumentation scope of spans and metrics."""

SLOW_S = 0.5
"""A query that takes longer tells where it comes from, unless said otherwise."""

INSTRUMENTED = "instrumented"
BESIDE = f"{INSTRUMENTED}; opentelemetry-instrumentation-sqlalchemy is active too and makes the spans of its engines"
_CONTRIB_MODULE = "opentelemetry.instrumentation.sqlalchemy"
_LIBRARY = "sqlalchemy"
_OLDEST = (2, 0)

_lock = primitives.Lock()
"""Guards installing and uninstalling; no query takes it."""

_installed: "_InstalledListeners | None" = None


class _InstalledListeners(Handle):
    """Listeners and metrics that `install` has put in place."""

    def __init__(self, histograms: DurationHistograms, pools: Pools, undo: Sequence[Callable[[], object]]) -> None:
        self.histograms = histograms
        self.pools = pools
        super().__init__(undo)

    def close(self) -> None:
        """Take out everything, also when something of it refuses; safe twice."""
        while self._undo:
            with guarded("instruments.sqlalchemy", "the watch over SQLAlchemy could not be ended altogether"):
                self._undo.pop()()

    def also(self, undo: Callable[[], object]) -> None:
        """Take out one thing more at the end."""
        self._undo.append(undo)


def install(
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    *,
    slow_s: float = SLOW_S,
    keeps_durations: bool = False,
    watch: QueryWatcher | None = None,
) -> str:
    """
    Watch every engine of SQLAlchemy, also those that exist already. Never raises; safe to call twice.

    SQLAlchemy is not imported: when the agent has not done so yet, it is watched from the moment the agent does.

    Args:
        tracer_provider: Makes the spans; `None` means the global one.
        meter_provider: Takes the metrics; `None` means the global one.
        slow_s: Queries that take longer, in seconds, tell where in the agent's code they come from; 0 means all.
        keeps_durations: Keep histograms here for `distributions`, at a tenth of the cost, instead of recording them through the
            meter provider. For readers that ask for `distributions`.
        watch: Told of queries that took a while; None: nobody is.

    Returns:
        "instrumented", also beside another instrumentation, which it then names; or why not.
    """
    global _installed
    version = _version()
    if version is None:
        return "needs sqlalchemy>=2.0, which is not installed"
    if _number(version) < _OLDEST:
        return f"needs sqlalchemy>=2.0, found {version}"
    with _lock:
        if _installed is not None:
            return _status()
        made: list[_InstalledListeners] = []
        with guarded("instruments.sqlalchemy", "queries of SQLAlchemy cannot be watched"):
            made.append(_put_in_place(tracer_provider, meter_provider, slow_s, watch, keeps_durations=keeps_durations))
        if not made:
            return "failed; the log says why"
        _installed = made[0]
    return _status()


def uninstall() -> None:
    """Watch no longer; safe to call twice and without `install`."""
    global _installed
    with _lock:
        if _installed is not None:
            _installed.close()
            _installed = None


def distributions() -> Sequence[DurationHistogram]:
    """
    Histograms for export, when durations are kept here.

    Returns:
        Those that have a value; none without `install(keeps_durations=True)`.
    """
    installed = _installed
    return () if installed is None else installed.histograms.distributions()


def pool_watches() -> Sequence[PoolWatch]:
    """The watches over pools; none without `install`."""
    installed = _installed
    return () if installed is None else installed.pools.watches()


def _put_in_place(
    tracer_provider: TracerProvider | None,
    meter_provider: MeterProvider | None,
    slow_s: float,
    watch: QueryWatcher | None,
    *,
    keeps_durations: bool,
) -> _InstalledListeners:
    tracer = (tracer_provider or trace.get_tracer_provider()).get_tracer(SCOPE)
    meter = (meter_provider or api_metrics.get_meter_provider()).get_meter(SCOPE)
    histograms = DurationHistograms(None if keeps_durations else meter)
    pools = Pools(histograms)
    observed = (
        (metrics.CONNECTION_COUNT, pools.counts),
        (metrics.CONNECTION_IDLE_MAX, pools.idle_limits),
        (metrics.CONNECTION_MAX, pools.limits),
        (metrics.CONNECTION_PENDING_REQUESTS, pools.pending),
        (metrics.CONNECTION_TIMEOUTS, pools.timeouts),
    )
    installed = _InstalledListeners(histograms, pools, [observe(meter, metric, source) for metric, source in observed])
    spans = QuerySpans(tracer, slow_s)

    def listen(sqlalchemy: Any) -> None:
        for undo in _listen(sqlalchemy, spans, pools, Databases(histograms, pools), watch):
            installed.also(undo)

    if _LIBRARY in sys.modules:
        listen(sys.modules[_LIBRARY])
    else:
        installed.also(after_import(lambda name: name == _LIBRARY, listen).close)
    return installed


def _listen(
    sqlalchemy: Any, spans: QuerySpans, pools: Pools, databases: Databases, watch: QueryWatcher | None
) -> Iterator[Callable[[], object]]:
    """Put listeners on SQLAlchemy's classes; gives what takes each away again."""
    engine, pool, event = sqlalchemy.engine.Engine, sqlalchemy.pool.Pool, sqlalchemy.event
    queries = QueryListeners(spans, databases, watch)
    checkouts = CheckoutListeners(pools, databases, sqlalchemy.exc.TimeoutError)
    listeners: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (engine, "before_cursor_execute", queries.before),
        (engine, "after_cursor_execute", queries.after),
        (engine, "handle_error", queries.failed),
        (pool, "connect", checkouts.connected),
        (pool, "checkin", checkouts.checked_in),
        (pool, "detach", checkouts.detached),
        (pool, "close", checkouts.closed),
    )
    for target, name, function in listeners:
        # Only with `retval` does SQLAlchemy call a listener before a query without another function around it.
        event.listen(target, name, function, **({"retval": True} if function == queries.before else {}))
        yield partial(event.remove, target, name, function)
    yield checkouts.wrap(engine)
    yield from cover_exceptions(sqlalchemy.exc)


def _status() -> str:
    contrib = sys.modules.get(_CONTRIB_MODULE)
    is_active = False
    if contrib is not None:
        with guarded(
            "instruments.sqlalchemy", "cannot ask opentelemetry-instrumentation-sqlalchemy whether it is active"
        ):
            is_active = bool(contrib.SQLAlchemyInstrumentor().is_instrumented_by_opentelemetry)
    return BESIDE if is_active else INSTRUMENTED


def _version() -> str | None:
    """The version of SQLAlchemy there is, found without importing it."""
    loaded = sys.modules.get(_LIBRARY)
    if loaded is not None and hasattr(loaded, "__version__"):
        return str(loaded.__version__)
    version = None
    with guarded("instruments.sqlalchemy", "it cannot be found out which SQLAlchemy is installed"):
        if util.find_spec(_LIBRARY) is not None:
            version = metadata.version(_LIBRARY)
    return version


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _reinit_after_fork() -> None:
    """Begin again in a forked child: its figures are its own, and a thread that is gone may hold any lock."""
    global _lock
    _lock = primitives.Lock()
    if _installed is not None:
        _installed.histograms.reinit_after_fork()
        _installed.pools.reinit_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reinit_after_fork)
