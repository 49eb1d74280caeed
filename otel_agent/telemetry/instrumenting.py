"""
What is measured and traced without a line in the agent's code, put in place and taken back in reverse.

Each instrument is isolated: one that cannot be installed is named, and the others go on.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from otel_agent.config.installed import version
from otel_agent.config.loading import working_directory
from otel_agent.guard import guarded, shared
from otel_agent.instruments import greenlets, reporting, threads
from otel_agent.instruments.automatic import pending_spans
from otel_agent.instruments.automatic.notebooks import follow_notebook
from otel_agent.instruments.automatic.own_code import OwnCode, own_folder
from otel_agent.instruments.automatic.selection import Selection
from otel_agent.instruments.automatic.tracing import AutomaticTracing
from otel_agent.instruments.caches import watching
from otel_agent.instruments.functions import calls, decorators
from otel_agent.instruments.libraries import activation as libraries
from otel_agent.instruments.machine import host, process, runtime
from otel_agent.late_imports import late_module
from otel_agent.processors import kept_histograms
from otel_agent.recording import durations
from otel_agent.recording.recorder import durations_only
from otel_agent.telemetry.events import SCOPE
from otel_agent.telemetry.parts import Parts

if TYPE_CHECKING:
    from otel_agent.instruments.databases import sqlalchemy
else:
    sqlalchemy = late_module("otel_agent.instruments.databases.sqlalchemy")

__all__ = ["Instrumentation", "own_conflicts"]


class Instrumentation:
    """
    All instruments of one `Telemetry`; nothing is touched before `start`, and `close` is safe before it, and twice.

    Args:
        parts: Where everything is recorded.
        problems: Grows by a line for each thing that was asked for and does not exist.
    """

    def __init__(self, parts: Parts, problems: list[str]) -> None:
        self._parts = parts
        self._problems = problems
        self._undo: list[tuple[str, Callable[[], object]]] = []
        self._automatic: AutomaticTracing | None = None

    def start(self) -> None:
        """Put everything in place."""
        settings, meter_provider = self._parts.config.metrics, self._parts.metering.provider
        self._install("functions", self._install_functions)
        self._install("threads", self._install_threads)
        self._install("greenlets", self._install_greenlets)
        if meter_provider is not None:
            meter = meter_provider.get_meter(SCOPE)
            tick_s, detail = settings.collect_interval_s, settings.detail
            if settings.host:
                self._install("host", lambda: host.install(meter, tick_s=tick_s, detail=detail).close)
            if settings.process:
                self._install("process", lambda: process.install(meter, tick_s=tick_s, detail=detail).close)
            if settings.runtime:
                self._install("runtime", lambda: self._install_runtime(meter, detail=detail))
            self._install("caches", lambda: watching.install(meter).close)
            self._install("reporting", lambda: self._install_reporting(meter))
        self._install("libraries", self._install_libraries)
        self._install("modules", self._install_modules)

    def close(self) -> None:
        """Take everything back, the last one first."""
        while self._undo:
            name, undo = self._undo.pop()
            with guarded(f"instruments.{name}", f"the instrument {name!r} could not be taken back"):
                undo()

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child."""
        if self._automatic is not None:
            self._automatic.reinit_after_fork()

    def _install(self, name: str, install: Callable[[], Callable[[], object]]) -> None:
        """Put one instrument in place, and keep what takes it back."""
        with guarded(f"instruments.{name}", f"the instrument {name!r} could not be installed; everything else works"):
            self._undo.append((name, install()))

    def _install_functions(self) -> Callable[[], object]:
        tracing = self._parts.tracing
        # Spans that go through somebody else's provider are recorded by it, their durations by us.
        recorder = (
            tracing.provider.recorder(calls.SCOPE, durations.shared, self._parts.config.sampling.calls_per_s)
            if tracing.attached is None
            else durations_only(durations.shared)
        )
        decorators.bind(recorder)
        return lambda: decorators.bind(None)

    @staticmethod
    def _install_threads() -> Callable[[], object]:
        threads.install()
        return threads.uninstall

    @staticmethod
    def _install_greenlets() -> Callable[[], object]:
        greenlets.install()
        return greenlets.uninstall

    def _install_runtime(self, meter: Any, *, detail: bool) -> Callable[[], object]:
        handle = runtime.install(meter, detail=detail)
        self._parts.metering.producers.append(kept_histograms.producer(SCOPE, handle.distributions))
        self._parts.insight.watch_collections(handle.pause_totals)
        self._parts.insight.watch_loops(handle.loops)
        return handle.close

    def _install_reporting(self, meter: Any) -> Callable[[], object]:
        parts = self._parts
        handles = [
            reporting.install_delivery(meter, parts.engine.status, shared.counts),
            reporting.install_health(meter, parts.health.states, parts.health.durations_s),
        ]
        if parts.config.insight.enabled:
            handles.append(reporting.install_findings(meter, parts.insight.counts))
        if parts.alerting is not None:
            handles.append(reporting.install_alerts(meter, parts.alerting.states))

        def close() -> None:
            for handle in handles:
                handle.close()

        return close

    def _install_libraries(self) -> Callable[[], object]:
        parts = self._parts
        wanted = parts.config.instrument.libraries
        parts.libraries = found = libraries.install(
            wanted if isinstance(wanted, bool) else list(wanted),
            own={"sqlalchemy": libraries.OwnInstrument("sqlalchemy", self._watch_queries, _sqlalchemy_conflict)},
            tracer_provider=parts.tracing.provider,
            meter_provider=parts.metering.provider,
            logger_provider=parts.logs.provider,
        )
        self._problems.extend(found.problems)
        return found.uninstall

    def _watch_queries(self) -> str:
        parts = self._parts
        parts.metering.producers.append(kept_histograms.producer(sqlalchemy.SCOPE, sqlalchemy.distributions))
        self._undo.append(("sqlalchemy", sqlalchemy.uninstall))
        return sqlalchemy.install(
            parts.tracing.provider,
            parts.metering.provider,
            slow_s=parts.config.instrument.slow_query_s,
            keeps_durations=parts.metering.reader is not None,
            watch=parts.insight.query_watch(),
        )

    def _install_modules(self) -> Callable[[], object]:
        parts = self._parts
        wanted = parts.config.instrument
        if not wanted.modules:
            return lambda: None
        own = OwnCode(own_folder(sys.orig_argv, working_directory(), sys.path))
        handle = self._automatic = AutomaticTracing(
            Selection(wanted.modules if isinstance(wanted.modules, tuple) else None, own),
            wanted.min_duration_s,
            durations.shared,
            parts.tracing.provider.get_tracer(pending_spans.SCOPE),
        )
        self._problems.extend(handle.problems)
        follow_notebook(handle)
        return handle.close


def own_conflicts() -> dict[str, str | None]:
    """Why our own instruments of libraries would not work, by the entry point whose place they take; `None`: they would."""
    return {"sqlalchemy": _sqlalchemy_conflict()}


def _sqlalchemy_conflict() -> str | None:
    """Why queries cannot be watched; our own instrument stands in for the entry point and is loaded with the library."""
    found = version("sqlalchemy")
    if found is None:
        return "needs sqlalchemy>=2.0, which is not installed"
    return f"needs sqlalchemy>=2.0, found sqlalchemy {found}" if found.startswith(("0.", "1.")) else None
