"""
What is measured and traced without a line in the agent's code, put in place and taken back in reverse.

Each instrument is isolated: one that cannot be installed is named, and the others go on.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from otel_agent.config.installed import version
from otel_agent.guard import guarded, shared
from otel_agent.instruments import reporting, threads
from otel_agent.instruments.automatic import modules as automatic
from otel_agent.instruments.automatic import pending_spans
from otel_agent.instruments.caches import watching
from otel_agent.instruments.functions import decorators
from otel_agent.instruments.libraries import activation as libraries
from otel_agent.instruments.machine import host, process, runtime
from otel_agent.instruments.observing import Handle
from otel_agent.processors import kept_histograms
from otel_agent.telemetry.events import SCOPE
from otel_agent.telemetry.parts import Parts

__all__ = ["Instrumentation", "own_conflicts"]

LOOKS_S = (0.002, 0.01, 0.05, 0.2, 1.0, 5.0)
"""Pauses between looks for functions that were defined after `init`, in seconds."""


class Instrumentation:
    """All instruments of one `Telemetry`; safe to close before `start`, and twice."""

    def __init__(self, parts: Parts, problems: list[str]) -> None:
        """
        Know what to instrument; nothing is touched yet.

        Args:
            parts: Where it is recorded.
            problems: Grows by a line for each thing that was asked for and does not exist.
        """
        self._parts = parts
        self._problems = problems
        self._undo: list[tuple[str, Callable[[], object]]] = []

    def start(self) -> None:
        """Put everything in place."""
        parts, config = self._parts, self._parts.config
        self._put("functions", self._bind)
        self._put("threads", lambda: (threads.install(), threads.uninstall)[1])
        if parts.meter_provider is not None:
            meter = parts.meter_provider.get_meter(SCOPE)
            tick_s = config.metrics.collect_interval_s
            detail = config.metrics.detail
            if config.metrics.host:
                self._put("host", lambda: host.install(meter, tick_s=tick_s, detail=detail).close)
            if config.metrics.process:
                self._put("process", lambda: process.install(meter, tick_s=tick_s, detail=detail).close)
            if config.metrics.runtime:
                self._put("runtime", lambda: self._runtime(meter, detail=detail))
            self._put("caches", lambda: watching.install(meter).close)
            self._put("reporting", lambda: self._report(meter))
        self._put("libraries", self._libraries)
        self._put("modules", self._modules)

    def close(self) -> None:
        """Take everything back, the last one first."""
        while self._undo:
            name, undo = self._undo.pop()
            with guarded(f"instruments.{name}", f"the instrument {name!r} could not be taken back"):
                undo()

    def _put(self, name: str, install: Callable[[], Callable[[], object]]) -> None:
        with guarded(f"instruments.{name}", f"the instrument {name!r} could not be installed; everything else works"):
            self._undo.append((name, install()))

    def _bind(self) -> Callable[[], object]:
        recorder = self._parts.recorder()
        decorators.bind(recorder)
        return lambda: decorators.bind(None)

    def _runtime(self, meter: Any, *, detail: bool) -> Callable[[], object]:
        handle = runtime.install(meter, detail=detail)
        self._parts.distributions.append(kept_histograms.producer(SCOPE, handle.distributions))
        return handle.close

    def _report(self, meter: Any) -> Callable[[], object]:
        parts = self._parts
        handles = [
            reporting.install_delivery(meter, parts.engine.status, shared.counts),
            reporting.install_health(meter, parts.health.states, parts.health.durations_s),
        ]
        if parts.judging is not None:
            handles.append(reporting.install_alerts(meter, parts.judging.states))
        return lambda: _close(handles)

    def _libraries(self) -> Callable[[], object]:
        parts = self._parts
        wanted = parts.config.instrument.libraries
        parts.libraries = found = libraries.install(
            wanted if isinstance(wanted, bool) else list(wanted),
            own={"sqlalchemy": libraries.OwnInstrument("sqlalchemy", self._watch_queries, _sqlalchemy_conflict)},
            tracer_provider=parts.tracer_provider,
            meter_provider=parts.meter_provider,
            logger_provider=parts.logger_provider,
        )
        self._problems.extend(found.problems)
        return found.uninstall

    def _watch_queries(self) -> str:
        from otel_agent.instruments.databases import sqlalchemy

        parts = self._parts
        parts.distributions.append(kept_histograms.producer(sqlalchemy.SCOPE, sqlalchemy.distributions))
        self._undo.append(("sqlalchemy", sqlalchemy.uninstall))
        return sqlalchemy.install(
            parts.tracer_provider,
            parts.meter_provider,
            slow_s=parts.config.instrument.slow_query_s,
            keeps_durations=parts.reader is not None,
        )

    def _modules(self) -> Callable[[], object]:
        parts = self._parts
        wanted = parts.config.instrument
        if not wanted.modules:
            return _nothing
        handle = automatic.install(
            wanted.modules,
            wanted.min_duration_s,
            parts.durations.observer,
            parts.tracer_provider.get_tracer(pending_spans.SCOPE),
        )
        self._problems.extend(handle.problems)
        is_closed = threading.Event()
        threading.Thread(target=_look_again, args=(handle, is_closed), name="otel-agent-modules", daemon=True).start()

        def close() -> None:
            is_closed.set()
            handle.close()

        return close


def own_conflicts() -> dict[str, str | None]:
    """Why our own instruments of libraries would not work, by the entry point whose place they take; `None`: they would."""
    return {"sqlalchemy": _sqlalchemy_conflict()}


def _sqlalchemy_conflict() -> str | None:
    """Why queries cannot be watched; our own instrument stands in for the entry point and is loaded with the library."""
    found = version("sqlalchemy")
    if found is None:
        return "needs sqlalchemy>=2.0, which is not installed"
    return f"needs sqlalchemy>=2.0, found sqlalchemy {found}" if found.startswith(("0.", "1.")) else None


def _look_again(handle: automatic.AutomaticTracing, is_closed: threading.Event) -> None:
    """A script that calls `init` in its first lines defines its functions below them, a moment later."""
    for pause_s in LOOKS_S:
        if is_closed.wait(pause_s):
            return
        handle.rescan()


def _nothing() -> None:
    return None


def _close(handles: Iterable[Handle]) -> None:
    for handle in handles:
        handle.close()
