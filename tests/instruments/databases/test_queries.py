"""Every query of every engine has a span, and nothing of its values leaves the process."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from databases import CANARY, ORDERS, MappedBase, Stage, Trader
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import create_engine as early_bound_create_engine
from sqlalchemy.orm import Session

from otel_agent.recording.failures import SAFE_TEXT

early_engine = early_bound_create_engine("sqlite://")
"""Made before any test installs anything."""


def test_a_query_has_a_client_span_that_says_what_it_does(stage: Stage, engine: sa.Engine) -> None:
    """The span is named by the summary and carries what the conventions ask for, with no value in it."""
    with engine.connect() as connection:
        connection.execute(sa.select(ORDERS).where(ORDERS.c.symbol == CANARY, ORDERS.c.id.in_([4711, 4712])))
    (span,) = stage.spans()

    assert ("SELECT orders", SpanKind.CLIENT, StatusCode.UNSET) == (span.name, span.kind, span.status.status_code)
    assert {
        "db.system.name": "sqlite",
        "db.namespace": ":memory:",
        "db.operation.name": "SELECT",
        "db.collection.name": "orders",
        "db.query.summary": "SELECT orders",
        "db.query.text": "SELECT orders.id, orders.symbol FROM orders WHERE orders.symbol = ? AND orders.id IN (?)",
    } == dict(span.attributes or {})
    assert b"4711" not in stage.wire()


@pytest.mark.parametrize("make", ["early", "module", "engine module", "from url object", "options"])
def test_every_engine_is_covered(stage: Stage, make: str) -> None:
    """Whenever and however an engine was made, its queries are seen once."""
    makers: dict[str, Callable[[], sa.Engine]] = {
        "early": lambda: early_engine,
        "module": lambda: sa.create_engine("sqlite://"),
        "engine module": lambda: sa.engine.create_engine("sqlite://"),
        "from url object": lambda: early_bound_create_engine(sa.make_url("sqlite://")),
        "options": lambda: sa.create_engine("sqlite://").execution_options(isolation_level="AUTOCOMMIT"),
    }
    engine = makers[make]()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    engine.dispose()

    assert ["SELECT"] == stage.names()


def test_every_way_to_execute_is_covered(stage: Stage, engine: sa.Engine) -> None:
    """Core, ORM, driver SQL and batches each give one span a statement."""
    MappedBase.metadata.create_all(engine)
    stage.forget()
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1 FROM orders")
        connection.execute(ORDERS.insert(), [{"symbol": "a"}, {"symbol": "b"}])
        connection.execute(ORDERS.update().values(symbol="c").where(ORDERS.c.id == 1))
        connection.execute(ORDERS.delete())
        connection.scalar(sa.select(sa.func.count()).select_from(ORDERS))
        with connection.begin_nested():
            connection.execute(sa.text("SELECT 2"))
    with Session(engine) as session:
        session.add(Trader(id=1))
        session.flush()
        session.get(Trader, 2)

    assert [
        *("SELECT orders", "BATCH INSERT orders", "UPDATE orders", "DELETE orders", "SELECT orders"),
        *("SAVEPOINT", "SELECT", "RELEASE", "INSERT traders", "SELECT traders"),
    ] == stage.names()


def test_batches_tell_their_size(stage: Stage, engine: sa.Engine) -> None:
    """Sets of parameters sent at once are counted, whichever way SQLAlchemy sends them; one set is no batch."""
    rows = [{"symbol": letter} for letter in "abc"]
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), rows)
        connection.rollback()
        connection.execute(ORDERS.insert().returning(ORDERS.c.id), rows)
        connection.rollback()
        connection.execute(ORDERS.insert(), rows[:1])
        connection.rollback()
        connection.exec_driver_sql("INSERT INTO orders (symbol) VALUES (?)", [("a",), ("b",)])
    found = [
        (attributes["db.operation.name"], attributes["db.query.text"], attributes.get("db.operation.batch.size"))
        for attributes in (span.attributes or {} for span in stage.spans())
    ]
    text = "INSERT INTO orders (symbol) VALUES (?)"

    assert [
        ("BATCH INSERT", text, 3),
        ("BATCH INSERT", f"{text} RETURNING id", 3),
        ("INSERT", text, None),
        ("BATCH INSERT", text, 2),
    ] == found


def test_a_failed_query_tells_its_type_and_code_and_no_value(stage: Stage, engine: sa.Engine) -> None:
    """The driver's words quote values, so neither status nor events repeat them; the agent's exception is untouched."""
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), {"symbol": CANARY})
        with pytest.raises(sa.exc.IntegrityError) as caught:
            connection.execute(ORDERS.insert(), {"symbol": CANARY})
    span = stage.spans()[-1]

    assert (StatusCode.ERROR, "sqlite3.IntegrityError") == (span.status.status_code, span.status.description)
    assert () == span.events
    attributes = span.attributes or {}
    assert "sqlite3.IntegrityError" == attributes["error.type"]
    assert "SQLITE_CONSTRAINT_UNIQUE" == attributes["db.response.status_code"]
    assert CANARY in str(caught.value)
    assert CANARY.encode() not in stage.wire()
    said = "(sqlite3.IntegrityError SQLITE_CONSTRAINT_UNIQUE) [SQL: INSERT INTO orders (symbol) VALUES (?)]"
    assert [said, said] == [getattr(caught.value, SAFE_TEXT), getattr(caught.value.orig, SAFE_TEXT)]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT '{CANARY}' FROM orders -- {CANARY}",
        f"SELECT * FROM orders /* {CANARY} */ WHERE symbol = '{CANARY}' OR symbol IN ('{CANARY}', 'x')",
        f'SELECT "{CANARY}", id FROM orders WHERE symbol = "{CANARY}" AND id > 4711.5e3',
        f"INSERT INTO orders (symbol) VALUES ('it''s {CANARY}'), ('{CANARY}')",
        f"UPDATE orders SET symbol = '{CANARY}' || symbol WHERE id = 4711",
        f"SELECT no_such_column FROM orders WHERE symbol = '{CANARY}'",
        f"SELECT '{CANARY}",
    ],
)
@pytest.mark.parametrize("is_driver_sql", [True, False])
def test_a_canary_is_in_no_exported_byte(stage: Stage, engine: sa.Engine, sql: str, is_driver_sql: bool) -> None:
    """Literals in text, in comments, in double quotes, in failing and in unreadable statements stay here."""
    with stage.tracer.start_as_current_span("decide"), engine.connect() as connection:
        try:
            if is_driver_sql:
                connection.exec_driver_sql(sql)
            else:
                connection.execute(sa.text(sql.replace(":", "\\:")))
        except sa.exc.DBAPIError:
            pass

    assert 1 == len(stage.spans())
    assert b"canary" not in stage.wire()
    assert b"4711" not in stage.wire()


def test_literals_compiled_into_a_statement_stay_here(stage: Stage, engine: sa.Engine) -> None:
    """SQLAlchemy's own inline literals are literals like any other."""
    with engine.connect() as connection:
        connection.execute(
            sa.select(sa.literal(CANARY, literal_execute=True), sa.literal_column(f"'{CANARY}'")).limit(4711)
        )

    assert "SELECT ? AS anon_1, ? LIMIT ? OFFSET ?" == stage.last()["db.query.text"]
    assert b"4711" not in stage.wire()


@pytest.mark.parametrize(
    "statement",
    [
        sa.select(sa.text(f'"{CANARY}"')),
        sa.select(ORDERS).where(sa.text(f'symbol = "{CANARY}"')),
        sa.select(sa.literal_column(f'"{CANARY}"')),
        sa.select(Trader).from_statement(sa.text(f'SELECT 1 AS id WHERE "{CANARY}" = "{CANARY}"')),
    ],
    ids=["column", "condition", "literal column", "statement"],
)
def test_text_inside_an_expression_is_the_agents_own(stage: Stage, engine: sa.Engine, statement: Any) -> None:
    """A literal in double quotes is one as well when it is a part of what SQLAlchemy has written."""
    with Session(engine) as session:
        session.execute(statement)

    assert 1 == len(stage.spans())
    assert CANARY.encode() not in stage.wire()


def test_suppressed_instrumentation_is_honoured(stage: Stage, engine: sa.Engine) -> None:
    """Where instrumentation is told to keep quiet it does, for queries that fail as well."""
    with suppress_instrumentation(), engine.connect() as connection:
        connection.execute(sa.select(ORDERS))
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT a FROM nowhere"))

    assert [] == stage.spans()
