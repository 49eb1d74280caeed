"""
Listeners for the begin and the end of a query.

All of it runs in the agent's own calls. What goes wrong here is counted and said once a minute, and the agent sees nothing of it.

Between begin and end nothing is kept but two values on SQLAlchemy's execution context, which goes with the query, whatever
becomes of it.
"""

from collections.abc import Callable
from typing import Any

from otel_agent.catalog import attributes as a
from otel_agent.catalog import database as metrics
from otel_agent.clock import perf_ns
from otel_agent.guard import shared
from otel_agent.instruments.databases.engines import Database, Databases
from otel_agent.instruments.databases.errors import attach_safe_text, error_type, status_code
from otel_agent.instruments.databases.prepared_statements import PreparedStatement
from otel_agent.instruments.databases.query_spans import QuerySpans
from otel_agent.recording.context import current
from otel_agent.suppression import is_suppressed

__all__ = ["LONG_NS", "QueryListeners", "QueryWatcher"]

_CONTRIB = "_otel_span"
"""Attribute under which opentelemetry-instrumentation-sqlalchemy keeps its span."""

_ROWS_LIMIT = 1 << 31
"""Drivers that do not know the number of rows say -1, or the largest number they have."""

_MULTIPLE_VALUES = "INSERTMANYVALUES"
_NEXT_ROW = "), ("

_KIND = "instruments.sqlalchemy"


LONG_NS = 1_000_000
"""Quicker queries are not told of."""

QueryWatcher = Callable[[Any, Database, PreparedStatement, int, Any], object]
"""Takes engine, database, statement, duration in nanoseconds and span (or None) of a query; quick, and does not raise."""


class QueryListeners:
    """
    Listeners for the queries of all engines.

    Args:
        spans: Makes the spans.
        databases: Knows what engines are connected to.
        watch: Told of queries that took a while; None: nobody is.
    """

    def __init__(self, spans: QuerySpans, databases: Databases, watch: QueryWatcher | None = None) -> None:
        self._spans = spans
        self._databases = databases
        self._watch = watch
        self._long_ns = 1 << 62 if watch is None else LONG_NS

    def before(
        self,
        _conn: Any,
        _cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,  # noqa: FBT001 - SQLAlchemy's signature
    ) -> tuple[str, Any]:
        """Begin; see `sqlalchemy.events.ConnectionEvents.before_cursor_execute`."""
        if context is None:  # a dialect's own business
            return statement, parameters
        try:
            text, batch_size = _as_batch(context, statement, parameters) if executemany else (statement, 0)
            context._otel_agent_running = (perf_ns(), text, batch_size)  # noqa: SLF001 - our own attribute
        except Exception as error:  # noqa: BLE001 - the agent's query goes on whatever happens here
            shared.report(_KIND, "a query could not be watched", error)
        return statement, parameters

    def after(
        self,
        conn: Any,
        cursor: Any,
        _statement: str,
        _parameters: Any,
        context: Any,
        _executemany: bool,  # noqa: FBT001 - SQLAlchemy's signature
    ) -> None:
        """End; see `sqlalchemy.events.ConnectionEvents.after_cursor_execute`."""
        try:
            running = getattr(context, "_otel_agent_running", None)
            if running is None:
                return
            duration_ns = perf_ns() - running[0]
            context._otel_agent_running = None  # noqa: SLF001 - as above
            surroundings = current()
            if surroundings and is_suppressed(surroundings):
                return
            database = self._databases.of(conn.engine)
            statement = database.statements.of(running[1])
            if running[2] > 1:
                statement = database.statements.batch_of(statement)
            statement.record(duration_ns * 1e-9)
            if getattr(context, _CONTRIB, None) is None:
                rows = _rows(cursor) if statement.is_select else -1
                span = self._spans.make(statement, surroundings, duration_ns, running[2], rows)
                if duration_ns >= self._long_ns and self._watch is not None:
                    self._watch(conn.engine, database, statement, duration_ns, span)
        except Exception as error:  # noqa: BLE001 - as above
            shared.report(_KIND, "a query could not be recorded", error)

    def failed(self, failure: Any) -> None:
        """End with an error; see `sqlalchemy.events.DialectEvents.handle_error`."""
        try:
            self._fail(failure)
        except Exception as error:  # noqa: BLE001 - as above
            shared.report(_KIND, "a failed query could not be recorded", error)

    def _fail(self, failure: Any) -> None:
        context = failure.execution_context
        running = getattr(context, "_otel_agent_running", None)
        if running is None:
            # The statement has not been sent, or has ended, and fetching or committing failed. What is said of connecting
            # holds no values, and helps.
            if failure.connection is not None:
                sent = failure.statement if context is None else None
                _attach(failure, self._databases.of(failure.engine).statements.of(sent).text if sent else "")
            return
        duration_ns = perf_ns() - running[0]
        context._otel_agent_running = None  # noqa: SLF001 - our own attribute
        database = self._databases.of(failure.engine)
        statement = database.statements.of(running[1])
        _attach(failure, statement.text)
        surroundings = current()
        if is_suppressed(surroundings):
            return
        if running[2] > 1:
            statement = database.statements.batch_of(statement)
        error = failure.original_exception
        # Cancelled, or the process ends: no failure of the database.
        said = (error_type(error), status_code(error)) if isinstance(error, Exception) else None
        _record(database, statement, duration_ns, said)
        if getattr(context, _CONTRIB, None) is None:
            self._spans.make(statement, surroundings, duration_ns, running[2], failure=said)


def _record(
    database: Database, statement: PreparedStatement, duration_ns: int, said: tuple[str, str | None] | None
) -> None:
    record = statement.record
    if said is not None:
        dimensions = {**statement.dimensions, a.ERROR_TYPE.name: said[0]}
        if said[1] is not None:
            dimensions[a.DB_RESPONSE_STATUS_CODE.name] = said[1]
        record = database.histograms.of(metrics.OPERATION_DURATION, dimensions)
    record(duration_ns * 1e-9)


def _attach(failure: Any, text: str) -> None:
    if isinstance(failure.original_exception, Exception):
        attach_safe_text(failure.original_exception, failure.sqlalchemy_exception, text)


def _as_batch(context: Any, statement: str, parameters: Any) -> tuple[str, int]:
    """The statement for one set of parameters, and the number of sets."""
    if getattr(context.execute_style, "name", "") != _MULTIPLE_VALUES:
        return statement, len(parameters) if isinstance(parameters, list | tuple) else 0
    # SQLAlchemy repeats the row of its own statement; what it repeats is short, what is sent may be megabytes.
    single = str(context.statement)
    if single.count(_NEXT_ROW) == 0:
        return single, statement.count(_NEXT_ROW) + 1
    return single, len(parameters) // max(1, len(context.parameters[0]))


def _rows(cursor: Any) -> int:
    rows = getattr(cursor, "rowcount", -1)
    return rows if isinstance(rows, int) and 0 <= rows < _ROWS_LIMIT else -1
