"""A fault beside its fix, by its rule: what its finding says the fix saves, and what it does save, in seconds a minute."""

import asyncio
import functools
import itertools
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import otel_agent

telemetry = otel_agent.init("fixes", export="none", instrument=True, trace_modules=False)
from sqlalchemy import bindparam, create_engine, text

RATES = {"EUR": 1.0, "GBP": 0.86, "USD": 1.08}


@otel_agent.traced
def rate(currency: str) -> float:
    """Asked the same again and again."""
    time.sleep(0.004)
    return RATES[currency]


kept_rate = functools.lru_cache(rate.__wrapped__)


class SlowCursor(sqlite3.Cursor):
    """Of a database that is 6 ms away."""

    def execute(self, *statement: Any) -> Any:
        """Wait, and ask."""
        time.sleep(0.006)
        return super().execute(*statement)


class SlowConnection(sqlite3.Connection):
    """To the same."""

    def cursor(self, factory: Any = None) -> Any:
        """A cursor that waits."""
        return super().cursor(SlowCursor)


path = f"{tempfile.mkdtemp()}/teams.sqlite"
with sqlite3.connect(path) as filling:
    filling.executescript(
        "create table team (id integer primary key); create table member (team_id integer, name text)"
    )
    filling.executemany("insert into team values (?)", [(number,) for number in range(12)])
    filling.executemany("insert into member values (?, ?)", [(number % 12, f"m{number}") for number in range(48)])
engine = create_engine(f"sqlite:///{path}", connect_args={"factory": SlowConnection})
several = text("select team_id, name from member where team_id in :ids").bindparams(bindparam("ids", expanding=True))


@otel_agent.traced
def members_one_by_one() -> list[Any]:
    """A query for each row."""
    with engine.connect() as connection:
        teams = connection.execute(text("select id from team where id < :top"), {"top": 99}).all()
        one = text("select name from member where team_id = :id")
        return [connection.execute(one, {"id": team.id}).all() for team in teams]


@otel_agent.traced
def members_at_once() -> list[Any]:
    """Two queries."""
    with engine.connect() as connection:
        teams = connection.execute(text("select id from team where id < :high"), {"high": 99}).all()
        return list(connection.execute(several, {"ids": [team.id for team in teams]}))


def render() -> None:
    """Work that takes its time, without a processor."""
    time.sleep(0.25)


async def rendered() -> None:
    """On the loop."""
    render()


async def rendered_aside() -> None:
    """In a thread, while the loop goes on."""
    await asyncio.to_thread(time.sleep, 0.25)


def compared(fault: Callable[[], object], fix: Callable[[], object], rounds: int, pause_s: float) -> float:
    """What the fix saves, in seconds in each minute of running both."""
    begin_s, saved_s = time.perf_counter(), 0.0
    for _ in range(rounds):
        for work, sign in ((fault, 1), (fix, -1)):
            at_s = time.perf_counter()
            work()
            saved_s += sign * (time.perf_counter() - at_s)
            time.sleep(pause_s)
    return saved_s / (time.perf_counter() - begin_s) * 60


async def blocked() -> float:
    """How long nothing else could run, in seconds in each minute; what runs aside keeps nobody."""
    begin_s, late_s = time.perf_counter(), 0.0
    for number in range(8):
        for work in (rendered, rendered_aside):
            task = asyncio.create_task(work())
            at_s = time.perf_counter()
            await asyncio.sleep(0)  # another task of the loop, which wants to go on at once
            await asyncio.sleep(0)
            late_s += time.perf_counter() - at_s
            await task
            await asyncio.sleep(0.05 + number % 2 * 0.03)
    return late_s / (time.perf_counter() - begin_s) * 60


def asked_again() -> float:
    """The same three currencies, again and again."""
    faults, fixes = (itertools.cycle(RATES) for _ in range(2))
    return compared(lambda: rate(next(faults)), lambda: kept_rate(next(fixes)), 800, 0.0)


def asked_for_each_row() -> float:
    """Members of twelve teams."""
    return compared(members_one_by_one, members_at_once, 20, 0.02)


MEASURED: dict[str, Callable[[], float]] = {
    "cacheable": asked_again,
    "n_plus_one": asked_for_each_row,
    "blocked_loop": lambda: asyncio.run(blocked()),
}

rule = sys.argv[1]
measured = MEASURED[rule]()
time.sleep(2.0)
said = {finding.rule: finding.saving_s_per_min for finding in telemetry.findings()}
sys.stdout.write(json.dumps([said.get(rule), measured]))
telemetry.shutdown()
