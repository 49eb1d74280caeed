"""
Insight: the findings of one `Telemetry`, who feeds them, and who is told.

Everything but this module is loaded after the start, by the thread that loads what a start does not wait for. Detectors look at
spans on the delivery thread, behind the agent, and at everything else in rounds, on a thread of their own.
"""

import socket
from collections.abc import Callable, Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.catalog.database import OPERATION_DURATION
from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.config.sections.insight import InsightSettings
from otel_agent.guard import guarded
from otel_agent.guard import shared as guard
from otel_agent.instruments.caches.watching import registry
from otel_agent.instruments.functions import binding
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.threads import begin_thread
from otel_agent.outgoing_texts import Redact, cleaned
from otel_agent.recording import durations

if TYPE_CHECKING:
    from otel_agent.insight import call_notes, finding_store, rounds
    from otel_agent.insight.detectors import caches, consecutive, queries, tools
    from otel_agent.insight.findings import Finding, Sighting
    from otel_agent.insight.pieces import Call, PieceOfWork
    from otel_agent.instruments.databases import foreign_statements, query_watch, sqlalchemy
    from otel_agent.instruments.functions import sampling
    from otel_agent.instruments.machine import loop_stalls, thread_waits
    from otel_agent.instruments.machine.event_loops import LoopWatch
    from otel_agent.processors import call_gathering
    from otel_agent.telemetry import control
    from otel_agent.telemetry.assembly import memory_watch
else:
    call_notes = late_module("otel_agent.insight.call_notes")
    control = late_module("otel_agent.telemetry.control")
    memory_watch = late_module("otel_agent.telemetry.assembly.memory_watch")
    finding_store = late_module("otel_agent.insight.finding_store")
    rounds = late_module("otel_agent.insight.rounds")
    caches = late_module("otel_agent.insight.detectors.caches")
    consecutive = late_module("otel_agent.insight.detectors.consecutive")
    queries = late_module("otel_agent.insight.detectors.queries")
    tools = late_module("otel_agent.insight.detectors.tools")
    foreign_statements = late_module("otel_agent.instruments.databases.foreign_statements")
    query_watch = late_module("otel_agent.instruments.databases.query_watch")
    sqlalchemy = late_module("otel_agent.instruments.databases.sqlalchemy")
    sampling = late_module("otel_agent.instruments.functions.sampling")
    loop_stalls = late_module("otel_agent.instruments.machine.loop_stalls")
    thread_waits = late_module("otel_agent.instruments.machine.thread_waits")
    call_gathering = late_module("otel_agent.processors.call_gathering")

__all__ = ["InsightAssembly"]

BEGIN_S = 0.2
"""So long after the rest nothing is loaded for insight, in seconds: an agent that ends at once does not wait for it."""

MOST_EARLY = 4096
"""Spans that are kept until they are looked at."""

FUNCTIONS_S = 0.5
"""How often functions are looked at, in seconds."""


class InsightAssembly:
    """
    Findings, from the start to the end of one `Telemetry`.

    Args:
        settings: Section `insight` of the configuration.
        redact: Takes secrets out of texts.
        on_new: Told of each finding when it is first seen, without its secrets.
        is_production: Whether slow queries are explained only when that is asked for.
    """

    def __init__(
        self,
        settings: InsightSettings,
        redact: Redact,
        on_new: "Callable[[Finding], object]",
        *,
        is_production: bool = False,
    ) -> None:
        self._settings = settings
        self._explains = settings.explain if settings.explain is not None else not is_production
        self._redact = redact
        self._on_new = on_new
        self._is_begun = self._is_closed = False
        self._is_store_ours = False
        self._early: list[Any] = []
        self._gathering: call_gathering.CallGathering | None = None
        self._rounds: rounds.Rounds | None = None
        self._memory: memory_watch.MemoryWatch | None = None
        self._pauses: memory_watch.PauseTotals | None = None
        self._loops: LoopWatch | None = None
        self._functions: sampling.FunctionSampling | None = None
        self._queries: query_watch.QueryWatch | None = None
        self._conversations: tools.Conversations | None = None
        self._foreign: foreign_statements.ForeignStatements | None = None
        self._answers: Mapping[str, control.Answer] = {}
        self._control: control.ControlSocket | None = None
        self._began_s = wall_ns() / 1e9
        self._lock = primitives.Lock()
        self._stop = primitives.Event()
        self._thread: primitives.Thread | None = None

    def begin(self) -> None:
        """Begin to look, a moment later and on a thread of its own: what ends before that is too short to be looked at. Safe twice."""
        if self._settings.enabled and self._thread is None and not self._is_closed:
            self._thread = begin_thread("insight", self._run, self._stop)

    def _look(self) -> bool:
        """Load everything and begin to look, unless that has happened; whether anything is looked for."""
        with self._lock:
            if not self._is_begun and self._settings.enabled and not self._is_closed:
                self._arm()
                self._is_begun = True
        return self._is_begun

    def _store(self) -> "finding_store.FindingStore":
        """The findings; those of an earlier telemetry are forgotten."""
        store = finding_store.shared
        if not self._is_store_ours:
            self._is_store_ours = True
            rules = self._settings.rules
            store.begin(lambda rule: bool(getattr(rules, rule, True)), self._settings.most)
            store.on_new(lambda finding: self._on_new(cleaned(finding, self._redact)))
        return store

    def start(self) -> None:
        """Have functions that call tools and services looked at from their first call on; everything else begins later."""
        if self._settings.enabled:
            binding.shared.on_made = self._made
            for each in binding.shared.each():
                self._made(each)

    def answer_with(self, answers: "Mapping[str, control.Answer]") -> None:
        """
        Answer questions of other processes of the same user.

        Args:
            answers: What can be asked, by name; see `telemetry.control`.
        """
        self._answers = answers

    def watch_loops(self, loops: "LoopWatch") -> None:
        """
        Look at these event loops when they are late.

        Args:
            loops: Heartbeats of the loops that run.
        """
        self._loops = loops

    def query_watch(self) -> "query_watch.QueryWatch | None":
        """Who is told of queries that took a while; None where nothing is looked for."""
        if not self._settings.enabled:
            return None
        if self._queries is None:
            self._queries = query_watch.QueryWatch(
                call_notes.shared,
                self._saw,
                self._settings.slow_query_s,
                explains=self._explains,
                total_s=_query_time_s,
            )
        return self._queries

    def _made(self, bindable: Any) -> None:
        """A function was decorated: one that calls outside is looked at from its first call on."""
        if getattr(bindable, "calls_outside", False) and not self._is_closed:
            self._sampling().note_calls(bindable)

    def _sampling(self) -> "sampling.FunctionSampling":
        if self._functions is None:
            self._functions = sampling.FunctionSampling(
                binding.shared,
                durations.shared,
                call_notes.shared,
                self._saw,
                finding_store.shared.forget,
                self._began_s,
            )
            self._functions.is_sampling = self._settings.rules.cacheable
        return self._functions

    def _saw(self, sighting: "Sighting") -> None:
        self._store().saw(sighting)

    def _arm(self) -> None:
        """Put every detector in place: observers of spans, and what is looked at in rounds."""
        self._store()
        rules = self._settings.rules
        self._rounds = due = rounds.Rounds()
        self._conversations = tools.Conversations()
        self._gathering = call_gathering.CallGathering(self._judge, call_notes.shared, self._on_call, self._facts_of)
        due.add("functions", self._sampling().round, FUNCTIONS_S)
        due.add("tools", self._judge_conversations, 0.5)
        due.add("queries", self._look_at_queries, 0.5)
        due.add("caches", self._look_at_caches, 2.0)
        if self._settings.control and self._answers and hasattr(socket, "AF_UNIX"):
            self._control = control.ControlSocket(self._answers, control.control_directory())
            due.add("control", self._control.look, 1.0)
        if rules.pool_starvation:
            due.add("pools", self._look_at_pools, 0.25)
        if rules.blocked_loop and self._loops is not None:
            stalls = loop_stalls.LoopStalls(self._loops, self._settings.blocked_loop_s, self._saw)
            due.add("loops", stalls.look, stalls.period_s)
        if rules.lock_wait or rules.busy_polling:
            waits = thread_waits.ThreadWaits(self._saw, self._threads_with_loops)
            due.add("waits", waits.look, waits.period_s)
        self._memory = memory_watch.MemoryWatch(self._settings, self._saw, finding_store.shared.forget, self._pauses)
        self._memory.arm(due)

    def _judge(self, piece: "PieceOfWork") -> set[int]:
        """Look at a piece of work, on the delivery thread."""
        dealt_with: set[int] = set()
        for sighting, spans in queries.repeated_queries(piece):
            self._saw(sighting)
            dealt_with |= spans
        for sighting, spans in consecutive.consecutive_calls(piece, dealt_with):
            self._saw(sighting)
            dealt_with |= spans
        return dealt_with

    def _facts_of(self, system: str, statement: str) -> tuple[str, str, str]:
        """Read a statement of a library that others instrument, on the delivery thread."""
        if self._foreign is None:
            self._foreign = foreign_statements.ForeignStatements()
        return self._foreign.facts_of(system, statement)

    def _on_call(self, call: "Call") -> None:
        if call.kind == "tool" and self._conversations is not None:
            for sighting in self._conversations.add(call):
                finding_store.shared.forget(sighting.rule, sighting.subject, sighting.place)

    def _threads_with_loops(self) -> Container[int]:
        is_told = self._settings.rules.blocked_loop and self._loops is not None
        return self._loops.beating() if is_told and self._loops is not None else ()

    def _judge_conversations(self) -> None:
        if self._conversations is not None:
            for sighting in self._conversations.judge(wall_ns()):
                self._saw(sighting)

    def _look_at_queries(self) -> None:
        if self._queries is not None:
            self._queries.round()

    def _look_at_pools(self) -> None:
        if self._queries is not None:
            self._queries.look_at_pools(sqlalchemy.pool_watches())

    def _look_at_caches(self) -> None:
        now_s = wall_ns() / 1e9
        for watched in registry.each():
            counts = watched.statistics()
            sighting = caches.low_value(
                watched.name, counts.hits, counts.misses, counts.limit, counts.evictions or {}, self._began_s, now_s
            )
            if sighting is not None:
                self._saw(sighting)
            elif counts.hits + counts.misses >= caches.FEWEST:
                finding_store.shared.forget("low_value_cache", watched.name, "")

    def watch_collections(self, pauses: "memory_watch.PauseTotals") -> None:
        """
        Look at the pauses of the garbage collector.

        Args:
            pauses: Tells the time in collections since the start, in seconds, and how many of them were long.
        """
        self._pauses = pauses

    def observe(self, spans: Sequence[Any]) -> None:
        """
        Look at spans that have ended, on the delivery thread; those that end before anybody looks are kept for that.

        Args:
            spans: Spans of ours or any `ReadableSpan`, in the order in which they ended.
        """
        gathering = self._gathering
        if gathering is None:
            self._early.extend(spans[: MOST_EARLY - len(self._early)])
            return
        if self._early:
            early, self._early = self._early, []
            gathering.observe(early)
        gathering.observe(spans)

    def findings(self) -> "list[Finding]":
        """What was found, most saving first, without secrets; empty where nothing is looked for."""
        return list(cleaned(finding_store.shared.findings(), self._redact)) if self._look() else []

    def lines(self) -> list[str]:
        """A line for each finding, most saving first; none where nobody has looked yet, for nothing is loaded for this."""
        if not self._is_begun:
            return []
        return [f"{each.rule} in {each.subject}, {each.place or 'no line'}" for each in finding_store.shared.findings()]

    def counts(self) -> Mapping[str, int]:
        """Findings that are known, by rule."""
        return finding_store.shared.counts() if self._is_begun else {}

    def close(self, timeout_s: float) -> None:
        """
        Look no longer; what was found stays.

        Args:
            timeout_s: To wait for the thread, in seconds.
        """
        binding.shared.on_made = None
        self._is_closed = True
        if self._control is not None:
            self._control.close()
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None and not thread.is_current():
            thread.join(timeout_s)
        if self._is_begun:
            for look in (self._sampling().round, self._judge_conversations, self._look_at_queries):
                with guarded("insight.close", "insight: the last look failed"):
                    look()
        if self._functions is not None:
            self._functions.close()
        if self._memory is not None:
            self._memory.close()

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child: nothing is known, and everything is looked at again."""
        self._lock = primitives.Lock()
        self._stop = primitives.Event()
        was_running, self._thread = self._thread is not None, None
        if self._is_begun and self._settings.enabled:
            finding_store.shared.reinit_after_fork()
            call_notes.shared.clear()
        if self._control is not None:
            self._control.reinit_after_fork()
        if self._memory is not None:
            self._memory.reinit_after_fork()
        if was_running:
            self._thread = begin_thread("insight", self._run, self._stop)

    def _run(self, stop: primitives.Event) -> None:
        pause_s = BEGIN_S
        while not stop.wait(pause_s):
            try:
                self._look()
                pause_s = rounds.IDLE_S if self._rounds is None else self._rounds.run(monotonic_s())
            except Exception as error:  # noqa: BLE001 - top of a thread
                guard.report("insight.round", "a round of insight failed; the next follows", error)
                pause_s = rounds.IDLE_S


def _query_time_s() -> float | None:
    """How long all queries took together; None where durations are not kept here."""
    found = [each.read()[1] for each in sqlalchemy.distributions() if each.metric.name == OPERATION_DURATION.name]
    return sum(found) if found else None
