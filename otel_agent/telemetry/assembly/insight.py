"""
Insight: the findings of one `Telemetry`, who feeds them, and who is told.

Everything but this module is loaded after the start, by the thread that loads what a start does not wait for. Detectors look at
spans on the delivery thread, behind the agent, and at everything else in rounds, on a thread of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.config.sections.insight import InsightSettings
from otel_agent.guard import shared as guard
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.threads import begin_thread
from otel_agent.outgoing_texts import Redact, cleaned

if TYPE_CHECKING:
    from otel_agent.insight import finding_store, rounds
    from otel_agent.insight.findings import Finding
    from otel_agent.telemetry.assembly import memory_watch
else:
    memory_watch = late_module("otel_agent.telemetry.assembly.memory_watch")
    finding_store = late_module("otel_agent.insight.finding_store")
    rounds = late_module("otel_agent.insight.rounds")

__all__ = ["InsightAssembly"]


class InsightAssembly:
    """
    Findings, from the start to the end of one `Telemetry`.

    Args:
        settings: Section `insight` of the configuration.
        redact: Takes secrets out of texts.
        on_new: Told of each finding when it is first seen, without its secrets.
    """

    def __init__(self, settings: InsightSettings, redact: Redact, on_new: "Callable[[Finding], object]") -> None:
        self._settings = settings
        self._redact = redact
        self._on_new = on_new
        self._is_begun = self._is_closed = False
        self._observers: list[Callable[[Sequence[Any]], object]] = []
        self._rounds: rounds.Rounds | None = None
        self._memory: memory_watch.MemoryWatch | None = None
        self._pauses: memory_watch.PauseTotals | None = None
        self._lock = primitives.Lock()
        self._stop = primitives.Event()
        self._thread: primitives.Thread | None = None

    def begin(self) -> None:
        """Load and begin to look; after the start, on a thread of ours. Safe twice."""
        with self._lock:
            if self._is_begun or self._is_closed:
                return
            self._is_begun = True
        if not self._settings.enabled:
            return
        rules = self._settings.rules
        store = finding_store.shared
        store.begin(lambda rule: bool(getattr(rules, rule, True)), self._settings.most)
        store.on_new(lambda finding: self._on_new(cleaned(finding, self._redact)))
        self._rounds = rounds.Rounds()
        self._arm(self._rounds)
        self._thread = begin_thread("insight", self._run, self._stop)

    def _arm(self, due: "rounds.Rounds") -> None:
        """Put every detector in place: observers of spans, and what is looked at in rounds."""
        store = finding_store.shared
        self._memory = memory_watch.MemoryWatch(self._settings, store.saw, store.forget, self._pauses)
        self._memory.arm(due)

    def watch_collections(self, pauses: "memory_watch.PauseTotals") -> None:
        """
        Look at the pauses of the garbage collector.

        Args:
            pauses: Tells the time in collections since the start, in seconds, and how many of them were long.
        """
        self._pauses = pauses

    def observe(self, spans: Sequence[Any]) -> None:
        """
        Look at spans that have ended, on the delivery thread.

        Args:
            spans: Spans of ours or any `ReadableSpan`, in the order in which they ended.
        """
        for observer in self._observers:
            observer(spans)

    def findings(self) -> "list[Finding]":
        """What was found, most saving first, without secrets; empty before the first look and where nothing is looked for."""
        if not (self._is_begun and self._settings.enabled):
            return []
        return list(cleaned(finding_store.shared.findings(), self._redact))

    def counts(self) -> Mapping[str, int]:
        """Findings that are known, by rule."""
        if not (self._is_begun and self._settings.enabled):
            return {}
        return finding_store.shared.counts()

    def close(self, timeout_s: float) -> None:
        """
        Look no longer; what was found stays.

        Args:
            timeout_s: To wait for the thread, in seconds.
        """
        with self._lock:
            self._is_closed = True
            thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None and not thread.is_current():
            thread.join(timeout_s)
        if self._memory is not None:
            self._memory.close()

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child: nothing is known, and everything is looked at again."""
        self._lock = primitives.Lock()
        self._stop = primitives.Event()
        was_running, self._thread = self._thread is not None, None
        if self._is_begun and self._settings.enabled:
            finding_store.shared.reinit_after_fork()
        if self._memory is not None:
            self._memory.reinit_after_fork()
        if was_running:
            self._thread = begin_thread("insight", self._run, self._stop)

    def _run(self, stop: primitives.Event) -> None:
        pause_s = 0.0
        while not stop.wait(pause_s):
            try:
                pause_s = rounds.IDLE_S if self._rounds is None else self._rounds.run(monotonic_s())
            except Exception as error:  # noqa: BLE001 - top of a thread
                guard.report("insight.round", "a round of insight failed; the next follows", error)
                pause_s = rounds.IDLE_S
