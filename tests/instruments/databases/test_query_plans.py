"""Plans of queries, asked for on a connection of their own."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from otel_agent.instruments.databases.query_plans import explain, rows_of


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    path = tmp_path / "desk.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table parcels (id integer primary key, code text)")
        connection.executemany("insert into parcels (code) values (?)", [(str(number),) for number in range(50)])
    connection.close()
    return create_engine(f"sqlite:///{path}")


def test_a_plan_is_made_without_values(engine: Any) -> None:
    """Whatever way the query marks their places."""
    assert ["SCAN parcels"] == list(explain(engine, "sqlite", "select id from parcels where code = ?"))
    assert "SEARCH" in explain(engine, "sqlite", "select code from parcels where id = :id")[0]
    assert 50 == rows_of(engine, "sqlite", "parcels")


def test_nothing_is_changed_and_nothing_raised(engine: Any) -> None:
    """No plan is had of what fails, of a database in memory, or of one that is not known."""
    memory = create_engine("sqlite://")

    assert () == explain(engine, "sqlite", "drop table parcels")
    assert () == explain(engine, "sqlite", "select nothing from nowhere")
    assert [] == list(explain(memory, "sqlite", "select 1"))
    assert () == explain(engine, "oracle", "select 1")
    assert rows_of(engine, "sqlite", "nowhere; drop table parcels") is None
    assert 50 == rows_of(engine, "sqlite", "parcels")
