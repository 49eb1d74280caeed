"""Failures are told by type and code, never in words that quote values."""

import logging
import traceback
from typing import Any

import pytest
import sqlalchemy as sa
from databases import CANARY, METADATA, ORDERS, SpanQueue, Stage, create_engine, dispose
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE

from otel_agent.delivery.wire import encode_spans
from otel_agent.instruments.databases import sqlalchemy as instrument
from otel_agent.instruments.databases.errors import attach_safe_text, error_type, status_code
from otel_agent.logs.messages import exception_attributes
from otel_agent.recording.failures import SAFE_TEXT, stack_of, text_of
from otel_agent.recording.provider import TracerProvider as OurTracerProvider


def test_around_a_failing_query_no_span_and_no_log_record_tells_a_value() -> None:
    """Whoever describes the exception on its way, the span around the call or a logger, finds words without values."""
    queue = SpanQueue()
    provider = OurTracerProvider(shutdown_on_exit=False, queue=queue)
    assert "instrumented" == instrument.install(provider, NoOpMeterProvider())
    engine = create_engine()
    METADATA.create_all(engine)

    def order(symbol: str) -> None:
        with engine.begin() as connection:
            connection.execute(ORDERS.insert(), {"symbol": symbol})

    order(CANARY)
    records: list[dict[str, Any]] = []
    with pytest.raises(RuntimeError), provider.get_tracer("tests").start_as_current_span("decide"):
        try:
            order(CANARY)
        except sa.exc.IntegrityError as error:
            record = logging.LogRecord("tests", logging.ERROR, __file__, 1, "failed", None, (type(error), error, None))
            records.append(exception_attributes(record))
            raise RuntimeError("the order failed") from error
    instrument.uninstall()
    dispose()
    decide = queue.items[-1]
    provider.shutdown()
    (event,) = decide.events

    assert "decide" == decide.name
    assert b"canary" not in encode_spans(list(queue.items))
    assert "canary" not in f"{records} {event.attributes}"
    for described in (records[0], event.attributes):
        stack = described["exception.stacktrace"]
        assert "sqlite3.IntegrityError: (sqlite3.IntegrityError SQLITE_CONSTRAINT_UNIQUE)" in stack
        assert "[SQL: INSERT INTO orders (symbol) VALUES (?)]" in stack
        assert "in order" in stack
    assert "RuntimeError: the order failed" in event.attributes["exception.stacktrace"]


def test_a_stack_with_a_failed_query_in_it_shows_no_source_and_no_value() -> None:
    """The literal may stand in the very line that sent it, and the failure may be anywhere in a chain or a group."""
    stage = Stage()
    caught: BaseException | None = None
    try:
        try:
            with create_engine().connect() as connection:
                connection.execute(sa.text("SELECT 'canary' FROM nowhere"))
        except sa.exc.DBAPIError as error:
            error.add_note("a note of the agent's")
            raise ExceptionGroup("several", [error, KeyError("x")])  # noqa: B904 - the context is part of what is shown
    except ExceptionGroup as group:
        caught = group
    stage.close()
    assert caught is not None
    stack = stack_of(caught)

    assert "canary" not in stack
    assert "canary" in "".join(traceback.format_exception(caught))
    line = f'File "{__file__}", line '
    assert 2 <= stack.count(line)
    assert "ExceptionGroup: several (2 sub-exceptions)" in stack
    assert "KeyError: 'x'" in stack
    assert "a note of the agent's" in stack
    assert (
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError SQLITE_ERROR) [SQL: SELECT ? FROM nowhere]" in stack
    )


def test_exceptions_that_repeat_an_earlier_failure_are_covered(stage: Stage, engine: sa.Engine) -> None:
    """What was never sent and what SQLAlchemy says after an earlier failure quote values, and are told without them."""
    broken = sa.Table("broken", sa.MetaData(), sa.Column("day", sa.DateTime))
    with engine.connect() as connection, pytest.raises(sa.exc.StatementError) as unsent:
        connection.execute(broken.insert(), {"day": CANARY})
    pending = sa.exc.PendingRollbackError(f"Original exception was: [parameters: ('{CANARY}',)]")
    unmarked = sa.exc.StatementError("message", f"SELECT '{CANARY}'", {}, ValueError(CANARY))

    assert "(builtins.TypeError)" in str(unsent.value)
    assert [
        "(TypeError) [SQL: INSERT INTO broken (day) VALUES (?)]",
        "(after an earlier failure)",
        "(ValueError)",
    ] == [text_of(error) for error in (unsent.value, pending, unmarked)]
    assert CANARY in f"{unsent.value}{pending}{unmarked}"
    instrument.uninstall()
    assert CANARY in text_of(pending)


class DriverError(Exception):
    """As a driver's."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (type("E", (DriverError,), {"sqlstate": "23505"})(), "23505"),
        (type("E", (DriverError,), {"pgcode": "40001"})(), "40001"),
        (type("E", (DriverError,), {"sqlite_errorname": "SQLITE_BUSY"})(), "SQLITE_BUSY"),
        (DriverError(1062, "Duplicate entry 'canary'"), "1062"),
        (DriverError(True), None),
        (DriverError("canary"), None),
        (DriverError(), None),
        (type("E", (DriverError,), {"sqlstate": "it's a canary, no code"})(), None),
    ],
)
def test_codes_of_failures_are_codes(error: BaseException, code: str | None) -> None:
    """What does not look like a code is not taken for one, because it might be a message."""
    assert code == status_code(error)


def test_marking_survives_exceptions_that_refuse() -> None:
    """An exception that takes no attribute, and a chain without end, cost nothing."""

    class RefusingError(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    first, second = DriverError(5, "canary"), DriverError()
    first.__cause__, second.__cause__ = second, first
    attach_safe_text(RefusingError(), None, "SELECT ?")
    attach_safe_text(first, None, "")

    assert f"({__name__}.DriverError 5)" == getattr(first, SAFE_TEXT)
    assert f"{__name__}.DriverError" == error_type(first)
    assert "error.type" == ERROR_TYPE
