"""The instrument in place, and engines for it to watch."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import METADATA, Stage, create_engine

from otel_agent import guard


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
