"""The instrument in place, and engines for it to watch."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import METADATA, Stage, create_engine
from sqlalchemy.pool import Pool

from otel_agent import guard


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    """What a test has connected to is closed behind it: Python 3.13 warns of a connection that a collection finds open."""
    made: list[Any] = []

    def connected(connection: Any, _: Any) -> None:
        made.append(connection)

    sa.event.listen(Pool, "connect", connected)
    yield
    sa.event.remove(Pool, "connect", connected)
    for connection in made:
        with suppress(Exception):  # closed already, or another thread's
            connection.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The instrument in place, with the SDK's providers."""
    stage = Stage()
    before = guard.shared.counts()
    yield stage
    stage.close()
    assert before == guard.shared.counts()


@pytest.fixture
def engine(stage: Stage) -> Iterator[sa.Engine]:
    """An engine with an empty table of orders, nothing recorded yet."""
    engine = create_engine()
    METADATA.create_all(engine)
    stage.forget()
    yield engine
    engine.dispose()


@pytest.fixture
def pooled(stage: Stage, tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine whose pool keeps two connections and opens three."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/orders.db", pool_size=2, max_overflow=1, pool_timeout=0.05)
    yield engine
    engine.dispose()
