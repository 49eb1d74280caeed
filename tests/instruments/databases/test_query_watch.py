"""Queries that took a while, and pools that are short, watched from `init` on."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from otel_agent.insight.call_notes import CallNotes
from otel_agent.insight.findings import Sighting
from otel_agent.instruments.databases import sqlalchemy
from otel_agent.instruments.databases.histograms import DurationHistograms
from otel_agent.instruments.databases.pools import Pools
from otel_agent.instruments.databases.query_watch import QueryWatch


def slow(tmp_path: Path, query: str, *, explains: bool = True) -> list[Sighting]:
    """What is found about a query that is sent twenty times to a table of 120,000 rows."""
    path = tmp_path / "parcels.sqlite"
    with sqlite3.connect(path) as filling:
        filling.execute("create table parcels (id integer primary key, code text)")
        filling.executemany("insert into parcels (code) values (?)", [(f"P{number}",) for number in range(120_000)])
    filling.close()
    found: list[Sighting] = []
    watch = QueryWatch(CallNotes(), found.append, 0.5, explains=explains)
    sqlalchemy.uninstall()
    sqlalchemy.install(keeps_durations=True, watch=watch)
    try:
        engine = create_engine(f"sqlite:///{path}")
        with engine.connect() as connection:
            for number in range(60):
                connection.execute(text(query), {"value": f"{number}"}).all()
        engine.dispose()
        end_s = time.monotonic() + 10
        watch.round()
        while explains and time.monotonic() < end_s and not found:
            watch.round()
            if watch._task is not None and watch._task.is_done():
                watch.round()
                break
            time.sleep(0.01)
    finally:
        sqlalchemy.uninstall()
    return found


def test_a_scan_is_found_with_the_index_that_it_wants(tmp_path: Path) -> None:
    """At the line that sends it."""
    sighting = slow(tmp_path, "select id from parcels where code = :value")[-1]

    assert "CREATE INDEX parcels_code ON parcels (code)" in sighting.fix
    assert __file__ == sighting.place.rpartition(":")[0]


def test_without_a_plan_nothing_is_claimed(tmp_path: Path) -> None:
    """Where databases are not to be asked."""
    assert [] == slow(tmp_path, "select id from parcels where code = :value", explains=False)


def test_a_pool_that_nobody_waits_for_is_no_matter() -> None:
    """It is not even counted."""
    found: list[Sighting] = []
    pools = Pools(DurationHistograms())
    watch: Any = pools.watch("desk")
    QueryWatch(CallNotes(), found.append, 0.5, explains=False).look_at_pools([watch])

    assert [] == found
