"""
Queries that took a while, and pools that are short of connections, for insight.

In the agent's call a query is noted and its place looked up now and then; everything else happens in rounds, off the agent's threads.
"""

import weakref
from collections import deque
from collections.abc import Callable, Sequence
from sys import _getframe
from typing import Any

from otel_agent.catalog import attributes as a
from otel_agent.catalog import database as names
from otel_agent.clock import monotonic_s, perf_ns, wall_ns
from otel_agent.guard import shared as guard
from otel_agent.insight.call_notes import CallNote, CallNotes
from otel_agent.insight.detectors.pools import PoolReading, PoolStarvation
from otel_agent.insight.detectors.slow_queries import SlowQueries, StatementStatistics, advice_of_plan
from otel_agent.insight.findings import Sighting
from otel_agent.instruments.agent_frames import frames_above
from otel_agent.instruments.databases.call_sites import call_site
from otel_agent.instruments.databases.engines import Database
from otel_agent.instruments.databases.pools import PoolWatch
from otel_agent.instruments.databases.prepared_statements import PreparedStatement
from otel_agent.instruments.databases.query_plans import explain, rows_of
from otel_agent.lifecycle.tasks import Task

__all__ = ["QueryWatch"]

NOTED_NS = 20_000_000
"""Where a query comes from is looked up for those that take longer, and for the first few of each statement."""

FIRST_LOOKS = 3

FEWEST_ROWS = 1000
"""Reading all of a smaller table costs no more than searching it."""

JUST_ASKED_NS = 1_000_000

INDEX_SHARE = 0.9
"""Share of a scan's time that an index is taken to save."""


_Noted = tuple["weakref.ref[Any]", PreparedStatement, int, int, str, int]
"""
Engine, statement, nanoseconds it took, when it ended in nanoseconds since 1970, place or "", trace. There may be ten thousand a second:
they are made as cheaply as can be, and added up by statement.
"""


class QueryWatch:
    """
    Watches queries and pools.

    Args:
        notes: Takes where queries that took long were made.
        saw: Takes sightings.
        slow_s: A query is slow when 5 % of its executions take longer, in seconds.
        explains: Whether databases are asked for plans.
        total_s: Tells how long all queries took together, in seconds; None where that is not known.
    """

    def __init__(
        self,
        notes: CallNotes,
        saw: Callable[[Sighting], object],
        slow_s: float,
        *,
        explains: bool,
        total_s: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._notes = notes
        self._saw = saw
        self._explains = explains
        self._total_s = total_s
        self._noted: deque[_Noted] = deque(maxlen=8192)
        self._slow = SlowQueries(slow_s)
        self._engines: dict[str, tuple[weakref.ref[Any], str]] = {}
        self._starvation = PoolStarvation()
        self._looked_s = monotonic_s()
        self._task: Task | None = None

    def __call__(
        self, engine: Any, _database: Database, statement: PreparedStatement, duration_ns: int, span: Any
    ) -> None:
        """Note a query that has just ended, in the agent's own call; see `queries.QueryWatcher`."""
        place = ""
        span_id, trace_id = getattr(span, "span_id", 0), getattr(span, "trace_id", 0)
        if duration_ns >= NOTED_NS or statement.looks < FIRST_LOOKS:
            statement.looks += 1
            site = call_site()
            if site is not None:
                place = f"{site[names.CODE_FILE_PATH]}:{site[names.CODE_LINE_NUMBER]}"
            if span_id:
                self._notes.put(span_id, CallNote(frames_above(_getframe(1)), place))
        self._noted.append((weakref.ref(engine), statement, duration_ns, wall_ns(), place, trace_id))

    def round(self) -> None:
        """Add up what was noted, and find slow queries."""
        by_statement: dict[PreparedStatement, list[_Noted]] = {}
        while self._noted:
            noted = self._noted.popleft()
            by_statement.setdefault(noted[1], []).append(noted)
        for statement, executions in by_statement.items():
            self._add(statement, executions)
        if len(self._engines) > 1024:  # noqa: PLR2004 - twice what is known of statements
            self._engines.clear()
        total_s = self._total_s()
        if total_s is not None:
            self._slow.total_s = max(total_s, 0.0)
        slow = self._slow.slow()
        unexplained = [each for each in slow if not each.is_explained]
        if unexplained and self._explains and (self._task is None or self._task.is_done()):
            self._task = Task("explain", lambda: self._explain(unexplained)).start()
        for each in slow:
            if each.advice is not None or (self._slow.is_slow(each) and (each.is_explained or not self._explains)):
                self._saw(_sighting(each))

    def _add(self, statement: PreparedStatement, executions: list[_Noted]) -> None:
        system, database, table = (
            str(statement.dimensions.get(name.name, ""))
            for name in (a.DB_SYSTEM_NAME, a.DB_NAMESPACE, a.DB_COLLECTION_NAME)
        )
        key = f"{system}\0{database}\0{statement.text}"
        engine, _, _, ended_ns, _, trace_id = executions[-1]
        self._engines[key] = (engine, system)
        took_s = [execution[2] / 1e9 for execution in executions]
        place = next((execution[4] for execution in executions if execution[4]), "")
        self._slow.add(key, statement.text, statement.name, table, took_s, ended_ns / 1e9, place, trace_id)

    def look_at_pools(self, watches: Sequence[PoolWatch]) -> None:
        """
        Look at all pools.

        Args:
            watches: One over the pools of each engine.
        """
        now_s, before_s = monotonic_s(), self._looked_s
        self._looked_s = now_s
        readings = []
        for watch in watches:
            waiting = list(watch.waiting.values())
            longest_s = (perf_ns() - min(waiting)) / 1e9 if waiting else 0.0
            # Who has just asked does not wait: it takes a moment to get a connection, and a while to open one.
            held_up = sum(1 for begin_ns in waiting if perf_ns() - begin_ns > JUST_ASKED_NS)
            if not held_up:
                readings.append(PoolReading(watch.name, 0, None, 0, 0.0))
                continue
            counted = watch.count()
            readings.append(PoolReading(watch.name, counted[1] if counted else 0, watch.limit(), held_up, longest_s))
        for sighting in self._starvation.look(readings, wall_ns() / 1e9, min(now_s - before_s, 1.0)):
            self._saw(sighting)

    def _explain(self, statements: Sequence[StatementStatistics]) -> None:
        for each in statements:
            each.is_explained = True
            reference, system = self._engines.get(each.key, (lambda: None, ""))
            engine = reference()
            if engine is None:
                continue
            try:
                advice = advice_of_plan(system, explain(engine, system, each.text), each.text)
                rows = None if advice is None else rows_of(engine, system, advice.table)
            except Exception as error:  # noqa: BLE001 - top of a thread
                guard.report("insight.explain", "the plan of a slow query could not be read", error)
                continue
            if advice is not None and rows is not None and rows >= FEWEST_ROWS:
                each.advice = advice


def _sighting(known: StatementStatistics) -> Sighting:
    evidence: dict[str, float | int | str] = {
        "executions": known.count,
        "p95_s": known.p95_s,
        "total_s": known.total_s,
        "query": known.text[:200],
    }
    saved_s = None
    if known.advice is None:
        fix = "Ask for less, or in another way: look at its plan with EXPLAIN."
    else:
        advice = known.advice
        evidence["reason"] = advice.reason
        evidence["columns"] = ", ".join(advice.columns)
        columns = ", ".join(advice.columns)
        fix = (
            f"Make an index: CREATE INDEX ON {advice.table} ({columns})."
            if known.key.startswith("postgresql")
            else f"Make an index: CREATE INDEX {advice.table}_{'_'.join(advice.columns)} ON {advice.table} ({columns})."
        )
        saved_s = known.total_s * INDEX_SHARE
    return Sighting(
        "slow_query",
        known.name,
        known.place,
        evidence,
        fix,
        saved_s,
        known.first_s,
        known.last_s,
        0.9 if known.advice is not None else 0.6,
        (f"{known.trace_id:032x}",) if known.trace_id else (),
        count=known.count,
        is_total=True,
    )
