"""Queries that are sent again and again under one parent are counted."""

from typing import Any

import pytest
import sqlalchemy as sa
from databases import MappedBase, Stage, Trade, Trader
from sqlalchemy.orm import Session, selectinload

from otel_agent.instruments.databases.n_plus_one import RepeatedQueries


def repetitions(stage: Stage) -> list[Any]:
    """How often each query had been sent under its parent, where it said so."""
    counts = [(span.attributes or {}).get("agent.db.query.repetitions") for span in stage.spans()]
    return [count for count in counts if count is not None]


@pytest.fixture
def traders(stage: Stage, engine: sa.Engine) -> sa.Engine:
    """Eight traders with a trade each."""
    MappedBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Trader(id=number, trades=[Trade(id=number)]) for number in range(1, 9))
        session.commit()
    stage.forget()
    return engine


def test_a_lazy_loading_loop_shows(stage: Stage, traders: sa.Engine) -> None:
    """From the fifth on the same query under one parent is counted, and the fifth tells where the loop is."""
    with stage.tracer.start_as_current_span("decide"), Session(traders) as session:
        for trader in session.scalars(sa.select(Trader)):
            assert trader.trades

    assert [5, 6, 7, 8] == repetitions(stage)
    fifth = next(
        span.attributes or {}
        for span in stage.spans()
        if (span.attributes or {}).get("agent.db.query.repetitions") == 5
    )
    assert ("SELECT trades", __file__) == (fifth["db.query.summary"], fifth["code.file.path"])


def test_eager_loading_shows_nothing(stage: Stage, traders: sa.Engine) -> None:
    """Two queries are no pattern, and neither are queries without a common parent."""
    with stage.tracer.start_as_current_span("decide"), Session(traders) as session:
        for trader in session.scalars(sa.select(Trader).options(selectinload(Trader.trades))):
            assert trader.trades
    for _ in range(10):
        with Session(traders) as session:
            session.scalars(sa.select(Trader)).all()

    assert [] == repetitions(stage)


def test_repetitions_are_counted_within_bounds() -> None:
    """Counts are per parent and text; neither parents nor texts are kept without end."""
    repeats = RepeatedQueries()
    assert [1, 2, 3] == [repeats.count("parent", "a") for _ in range(3)]
    assert 1 == repeats.count("other parent", "a")
    assert 0 == [repeats.count("parent", f"text {number}") for number in range(100)][-1]
    for number in range(5000):
        repeats.count(number, "a")

    assert 1 == repeats.count("parent", "a")
    assert len(repeats._young) + len(repeats._old) <= 1024
