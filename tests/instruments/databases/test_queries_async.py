"""Asynchronous engines are watched like any other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import Stage
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from waiting import PATIENCE_S

from otel_agent import guard

early_engine = create_async_engine("sqlite+aiosqlite://")
"""Made before any test installs anything."""


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The instrument in place; every query tells where it comes from."""
    stage = Stage(slow_s=0)
    before = guard.shared.counts()
    yield stage
    stage.close()
    assert before == guard.shared.counts()


def test_queries_have_spans_below_the_task_that_awaits_them(stage: Stage, tmp_path: Path) -> None:
    """A hundred tasks at once keep their parents, and each query tells the line that awaits it."""

    async def work(engine: AsyncEngine, number: int) -> int:
        with stage.tracer.start_as_current_span(f"task {number}") as parent:
            async with engine.connect() as connection:
                for _ in range(2):
                    await connection.execute(sa.text("SELECT 1 FROM (SELECT 2)"))
            return parent.get_span_context().span_id

    async def main(engine: AsyncEngine) -> list[int]:
        found = await asyncio.gather(*(work(engine, number) for number in range(100)))
        await engine.dispose()
        return list(found)

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/orders.db")
    parents = asyncio.run(main(engine))
    spans = stage.spans()

    assert 200 == len(spans)
    assert sorted(parents * 2) == sorted(span.parent.span_id for span in spans if span.parent)
    assert {f"{__name__}.{work.__qualname__}"} == {(span.attributes or {})["code.function.name"] for span in spans}
    assert {__file__} == {(span.attributes or {})["code.file.path"] for span in spans}


def test_an_engine_made_early_and_its_sessions_are_covered(stage: Stage) -> None:
    """The engine behind an asynchronous one is an engine."""

    async def main() -> None:
        async with AsyncSession(early_engine) as session:
            await session.execute(sa.text("SELECT 1"))
        async with early_engine.connect() as connection:
            stream = await connection.stream(sa.text("SELECT 2"))
            assert [(2,)] == [tuple(row) async for row in stream]
        await early_engine.dispose()

    asyncio.run(main())

    assert ["SELECT", "SELECT"] == stage.names()
    assert "sqlite" == stage.last()["db.system.name"]


def test_a_failure_names_the_drivers_exception(stage: Stage) -> None:
    """SQLAlchemy's stand-in for the driver's exception is looked through."""

    async def main() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as connection:
            with pytest.raises(sa.exc.OperationalError):
                await connection.execute(sa.text("SELECT 'canary' FROM nowhere"))
        await engine.dispose()

    asyncio.run(main())
    (span,) = stage.spans()

    assert "sqlite3.OperationalError" == span.status.description
    assert "SQLITE_ERROR" == stage.last()["db.response.status_code"]
    assert b"canary" not in stage.wire()


def test_cancelling_a_query_is_no_failure(stage: Stage) -> None:
    """A query that was given up has a span that says so by its time alone."""
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT count(*) FROM n"

    async def main() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))
            is_sent = asyncio.Event()
            sa.event.listen(engine.sync_engine, "before_cursor_execute", lambda *_: is_sent.set())
            task = asyncio.ensure_future(connection.execute(sa.text(sql)))
            await is_sent.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await engine.dispose()

    asyncio.run(main())
    cancelled = stage.spans()[-1]

    assert "SELECT" == cancelled.name
    assert cancelled.status.is_unset
    assert "error.type" not in (cancelled.attributes or {})


def test_waiting_for_an_asynchronous_pool_is_measured(stage: Stage, tmp_path: Path) -> None:
    """Requests that wait, give up and are served are counted as with threads."""
    url = f"sqlite+aiosqlite:///{tmp_path}/orders.db"

    async def ask(engine: AsyncEngine) -> list[asyncio.Future[Any]]:
        return [asyncio.ensure_future(engine.connect().start()) for _ in range(3)]

    async def wait_patiently() -> int:
        engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=10 * PATIENCE_S)
        async with engine.connect():
            asked = await ask(engine)
            async with asyncio.timeout(PATIENCE_S):
                while [3] != list(stage.figures("db.client.connection.pending_requests").values()):  # noqa: ASYNC110 - the figures have no event to wait for
                    await asyncio.sleep(0.005)
            for each in asked:
                each.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        pending = list(stage.figures("db.client.connection.pending_requests").values())
        await engine.dispose()
        return int(pending[0])

    async def give_up() -> int:
        engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.05)
        async with engine.connect():
            done = await asyncio.gather(*await ask(engine), return_exceptions=True)
        await engine.dispose()
        return sum(isinstance(each, sa.exc.TimeoutError) for each in done)

    assert 0 == asyncio.run(wait_patiently())
    assert 3 == asyncio.run(give_up())
    assert 3 == sum(stage.figures("db.client.connection.timeouts").values())
