"""A real PostgreSQL, through psycopg and asyncpg: what is said of queries is true, and no value of theirs leaves the process."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from agent_process import environment
from databases import Postgres, Stage
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from otel_agent import guard
from otel_agent.recording.failures import SAFE_TEXT

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(Postgres.program("postgres") is None, reason="needs PostgreSQL: apt-get install postgresql"),
]

PARCELS = """import json
import time

import otel_agent

telemetry = otel_agent.init("parcels", export="none", instrument=True, trace_modules=False)
from sqlalchemy import create_engine, text

engine = create_engine("postgresql+psycopg://ADDRESS")
with engine.begin() as connection:
    connection.execute(text("DROP TABLE IF EXISTS parcels"))
    connection.execute(text("CREATE TABLE parcels (id serial PRIMARY KEY, code text, weight integer)"))
    rows = "SELECT 'P' || n, n % 30 FROM generate_series(1, 200000) AS n"
    connection.execute(text(f"INSERT INTO parcels (code, weight) {rows}"))
with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
    connection.execute(text("ANALYZE parcels"))


@otel_agent.traced
def by_code(code):
    with engine.connect() as connection:
        return connection.execute(text("SELECT weight FROM parcels WHERE code = :code"), {"code": code}).scalar_one()


@otel_agent.traced
def by_id(number):
    with engine.connect() as connection:
        return connection.execute(text("SELECT weight FROM parcels WHERE id = :id"), {"id": number}).scalar_one()


begin_s, number = time.monotonic(), 0
while not telemetry.findings() and time.monotonic() < begin_s + 60:
    number += 1
    by_code(f"P{(number % 6000 + 1) * 31}"), by_id(number)
found = telemetry.findings()
print(json.dumps([[each.rule, each.place, each.fix, each.evidence["columns"]] for each in found]))
telemetry.shutdown()
"""

CANARY = "canary4711"
SYNC = ["psycopg"]
ASYNC = ["asyncpg", "psycopg"]

METADATA = sa.MetaData()
ORDERS = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("symbol", sa.String(40), unique=True),
    sa.Column("parent_id", sa.ForeignKey("orders.id", deferrable=True, initially="DEFERRED")),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """The server of this module."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The instrument in place, with the SDK's providers."""
    stage = Stage()
    before = guard.shared.counts()
    yield stage
    stage.close()
    assert before == guard.shared.counts()


@pytest.fixture
def table(server: Postgres) -> Iterator[None]:
    """An empty table of orders, made before anything is watched."""
    engine = sa.create_engine(f"postgresql+psycopg://{server.address}", poolclass=sa.NullPool)
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    yield
    METADATA.drop_all(engine)


@pytest.fixture(params=SYNC)
def engine(request: pytest.FixtureRequest, server: Postgres, table: None, stage: Stage) -> Iterator[sa.Engine]:
    """A synchronous engine; nothing recorded yet but its first connection."""
    engine = sa.create_engine(f"postgresql+{request.param}://{server.address}")
    engine.connect().close()
    stage.forget()
    yield engine
    engine.dispose()


def common(server: Postgres) -> dict[str, Any]:
    """Attributes of every query."""
    return {
        "db.system.name": "postgresql",
        "db.namespace": "postgres",
        "server.address": "127.0.0.1",
        "server.port": server.port,
    }


def told(span: ReadableSpan) -> dict[str, Any]:
    """Attributes of a span."""
    return dict(span.attributes or {})


def test_a_query_says_where_it_went_and_how_many_rows_came(server: Postgres, stage: Stage, engine: sa.Engine) -> None:
    """Database, address and the rows of the answer are known; the casts of the driver's dialect are part of the text."""
    with engine.connect() as connection:
        connection.execute(ORDERS.insert(), [{"symbol": letter} for letter in "abc"])
        connection.execute(sa.select(ORDERS.c.id).where(ORDERS.c.symbol.in_(["a", "b", CANARY])))
    found = stage.last()

    assert {
        **common(server),
        "db.operation.name": "SELECT",
        "db.collection.name": "orders",
        "db.query.summary": "SELECT orders",
        "db.query.text": "SELECT orders.id FROM orders WHERE orders.symbol IN (?)",
        "db.response.returned_rows": 2,
    } == found
    assert b"canary" not in stage.wire()
    assert b"not-a-secret" not in stage.wire()


def test_what_sqlalchemy_asks_a_new_server_is_no_query_of_the_agent(
    server: Postgres, table: None, stage: Stage
) -> None:
    """The first connection looks up version and settings by itself; that makes no spans."""
    engine = sa.create_engine(f"postgresql+psycopg://{server.address}")
    engine.connect().close()
    engine.dispose()

    assert [] == stage.names()


INSERTS = [
    pytest.param(ORDERS.insert(), [{"symbol": CANARY}, {"symbol": CANARY}], "UniqueViolation", "23505", id="batch"),
    pytest.param(ORDERS.insert(), {"symbol": CANARY * 9}, "StringDataRightTruncation", "22001", id="too long"),
    pytest.param(sa.text(f"SELECT '{CANARY}'::integer"), {}, "InvalidTextRepresentation", "22P02", id="not a number"),
    pytest.param(sa.text(f"SELECT 1 1 x '{CANARY}'"), {}, "SyntaxError", "42601", id="syntax"),
    pytest.param(
        sa.text(f"SELECT $q$ {CANARY} $q$, E'\\'{CANARY}' / 0"), {}, "InvalidTextRepresentation", "22P02", id="quotes"
    ),
]


@pytest.mark.parametrize(("statement", "parameters", "kind", "code"), INSERTS)
def test_a_failure_tells_type_and_state_and_no_value(
    stage: Stage, engine: sa.Engine, statement: Any, parameters: Any, kind: str, code: str
) -> None:
    """PostgreSQL's own words quote the value; neither a span of the query nor the state repeats them."""
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.execute(statement, parameters)
    span = stage.spans()[-1]

    assert (StatusCode.ERROR, f"psycopg.errors.{kind}") == (span.status.status_code, span.status.description)
    assert (f"psycopg.errors.{kind}", code) == (told(span)["error.type"], told(span)["db.response.status_code"])
    assert "canary" not in getattr(caught.value, SAFE_TEXT)
    assert b"canary" not in stage.wire()


def test_a_constraint_that_fails_at_the_commit_is_marked(stage: Stage, engine: sa.Engine) -> None:
    """No statement fails there, but the exception's words quote the key: what may be said of it is put on it."""
    with pytest.raises(sa.exc.IntegrityError) as caught, engine.begin() as connection:
        connection.execute(ORDERS.insert(), {"symbol": "a", "parent_id": 4711})

    assert "4711" in str(caught.value)
    said = "(psycopg.errors.ForeignKeyViolation 23503)"
    assert [said, said] == [getattr(caught.value, SAFE_TEXT), getattr(caught.value.orig, SAFE_TEXT)]
    assert ["INSERT orders"] == stage.names()


def test_rows_of_several_values_are_one_text(stage: Stage, engine: sa.Engine) -> None:
    """However many rows one statement inserts, its text and its name are the same; their number is an attribute."""
    with engine.begin() as connection:
        for rows in (3, 40, 1500):
            connection.execute(ORDERS.insert().returning(ORDERS.c.id), [{"symbol": f"{rows}-{n}"} for n in range(rows)])
    found = [(told(span)["db.query.text"], told(span).get("db.operation.batch.size")) for span in stage.spans()]

    assert {"INSERT INTO orders (symbol) VALUES (?::VARCHAR) RETURNING orders.id"} == {text for text, _ in found}
    assert [3, 40, 1000, 500] == [size for _, size in found]
    assert {"BATCH INSERT orders"} == set(stage.names())


def test_a_cursor_of_the_server_is_watched(stage: Stage, engine: sa.Engine) -> None:
    """Rows that come bit by bit make one span, for the statement."""
    with engine.connect() as connection:
        rows = connection.execution_options(stream_results=True).execute(
            sa.text("SELECT * FROM generate_series(1, 5000)")
        )
        assert 5000 == sum(1 for _ in rows)

    assert ["SELECT"] == stage.names()


def test_a_lost_server_leaves_true_figures(server: Postgres, table: None, stage: Stage) -> None:
    """Killed connections are an error of the query, are counted no longer, and new ones are; nothing drifts."""
    engine = sa.create_engine(f"postgresql+psycopg://{server.address}", pool_size=3)
    held = [engine.connect() for _ in range(3)]
    for connection in held[1:]:
        connection.close()
    assert {"idle": 2, "used": 1} == stage.connections()
    server.stop()
    with pytest.raises(sa.exc.OperationalError):
        held[0].execute(sa.text("SELECT 1"))
    failed = stage.spans()[-1]
    held[0].close()
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
    server.start()
    with engine.connect() as connection:
        assert 1 == connection.scalar(sa.text("SELECT 1"))
        during = stage.connections()
    after = stage.connections()
    engine.dispose()

    assert ("psycopg.errors.AdminShutdown", "57P01") == (
        told(failed)["error.type"],
        told(failed)["db.response.status_code"],
    )
    assert 1 == during["used"]
    assert 0 == after["used"]
    assert 1 <= after["idle"] <= 3


@pytest.mark.parametrize("driver", ASYNC)
def test_asynchronous_drivers_are_watched_like_any_other(
    server: Postgres, table: None, stage: Stage, driver: str
) -> None:
    """Names, parents, failures and pools of an asynchronous engine are those of a synchronous one."""

    async def work(engine: AsyncEngine, number: int) -> None:
        with stage.tracer.start_as_current_span("decide"):
            async with engine.begin() as connection:
                await connection.execute(ORDERS.insert(), {"symbol": f"{CANARY} {number}"})

    async def main() -> dict[str, int]:
        engine = create_async_engine(f"postgresql+{driver}://{server.address}", pool_size=4)
        await asyncio.gather(*(work(engine, number) for number in range(20)))
        with pytest.raises(sa.exc.IntegrityError) as caught:
            await work(engine, 0)
        assert CANARY in str(caught.value)
        assert CANARY not in getattr(caught.value, SAFE_TEXT)
        async with engine.connect() as connection:
            assert 20 == await connection.scalar(sa.select(sa.func.count()).select_from(ORDERS))
            connections: dict[str, int] = stage.connections()
        await engine.dispose()
        return connections

    connections = asyncio.run(main())
    inserts = [span for span in stage.spans() if span.name == "INSERT orders"]
    failed = inserts[-1]

    assert 21 == len(inserts)
    assert all(span.parent is not None for span in inserts)
    assert common(server).items() <= told(inserts[0]).items()
    assert {"psycopg": "psycopg.errors.UniqueViolation", "asyncpg": "asyncpg.exceptions.UniqueViolationError"}[
        driver
    ] == failed.status.description
    assert "23505" == told(failed)["db.response.status_code"]
    assert 1 == connections["used"]
    assert CANARY.encode() not in b"".join(
        str((span.name, span.attributes, span.status.description)).encode() for span in stage.spans()
    )


@pytest.mark.parametrize("driver", ASYNC)
def test_cancelling_an_asynchronous_query_is_no_failure(
    server: Postgres, table: None, stage: Stage, driver: str
) -> None:
    """A query that was given up is no error of the database, and its connection is not missing afterwards."""

    async def main() -> dict[str, int]:
        engine = create_async_engine(f"postgresql+{driver}://{server.address}")
        async with engine.connect() as connection:
            task = asyncio.ensure_future(connection.execute(sa.text("SELECT pg_sleep(30)")))
            while not await running(server):  # noqa: ASYNC110 - the server has no event to wait for
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        connections: dict[str, int] = stage.connections()
        await engine.dispose()
        return connections

    async def running(server: Postgres) -> bool:
        def ask() -> bool:
            engine = sa.create_engine(f"postgresql+psycopg://{server.address}", poolclass=sa.NullPool)
            with engine.connect() as connection:
                sql = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'"
                return bool(connection.exec_driver_sql(sql).scalar())

        return await asyncio.to_thread(ask)

    asyncio.run(main())
    cancelled = [span for span in stage.spans() if "pg_sleep(?)" == told(span)["db.query.text"].removeprefix("SELECT ")]

    assert 1 == len(cancelled)
    assert cancelled[0].status.is_unset


def test_a_scan_is_found_with_the_index_that_it_wants(server: Postgres, tmp_path: Path) -> None:
    """PostgreSQL's own plan names table and column, and the index that is advised ends the scan; a look-up by key is none."""
    program = tmp_path / "parcels.py"
    program.write_text(PARCELS.replace("ADDRESS", server.address))
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    ((rule, place, fix, columns),) = json.loads(done.stdout)
    engine = sa.create_engine(f"postgresql+psycopg://{server.address}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(fix.removeprefix("Make an index: ").rstrip(".")))
        connection.execute(sa.text("ANALYZE parcels"))
        plan = str(connection.execute(sa.text("EXPLAIN SELECT weight FROM parcels WHERE code = 'P31'")).all())
        connection.execute(sa.text("DROP TABLE parcels"))

    assert ("slow_query", "parcels.py:22", "code") == (rule, place.rpartition("/")[2], columns)
    assert "CREATE INDEX ON parcels (code)" in fix
    assert "Index Scan" in plan
