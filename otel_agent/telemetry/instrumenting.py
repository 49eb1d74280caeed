"""
What is measured and traced without a line in the agent's code, put in place and taken back in reverse.

Each instrument is isolated: one that cannot be installed is named, and the others go on.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.guard import guarded, shared
from otel_agent.instruments import greenlets, libraries, reporting, threads
from otel_agent.instruments.automatic import modules as automatic
from otel_agent.instruments.automatic import pending_spans
from otel_agent.instruments.caches import watching
from otel_agent.instruments.functions import calls, decorators
from otel_agent.instruments.imports import after_import
from otel_agent.instruments.machine import host, process, runtime
from otel_agent.late_imports import late_module
from otel_agent.processors import kept_histograms
from otel_agent.recording import durations
from otel_agent.telemetry.events import SCOPE
from otel_agent.telemetry.parts import Parts

if TYPE_CHECKING:
    from otel_agent.instruments.databases import sqlalchemy
else:
    sqlalchemy = late_module("otel_agent.instruments.databases.sqlalchemy")

__all__ = ["Instrumentation"]

LOOKS_S = (0.002, 0.01, 0.05, 0.2, 1.0, 5.0)
"""Pauses between looks for functions that were defined after `init`, in seconds."""


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

    def _install(self, name: str, install: Callable[[], Callable[[], object]]) -> None:
        """Put one instrument in place, and keep what takes it back."""
        with guarded(f"instruments.{name}", f"the instrument {name!r} could not be installed; everything else works"):
            self._undo.append((name, install()))

    def _install_functions(self) -> Callable[[], object]:
        tracing = self._parts.tracing
        # Spans that go through somebody else's provider are recorded by it.
        recorder = (
            tracing.provider.recorder(calls.SCOPE, durations.shared, self._parts.config.sampling.calls_per_s)
            if tracing.attached is None
            else None
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
        return handle.close

    def _install_reporting(self, meter: Any) -> Callable[[], object]:
        parts = self._parts
        handles = [
            reporting.install_delivery(meter, parts.engine.status, shared.counts),
            reporting.install_health(meter, parts.health.states, parts.health.durations_s),
        ]
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
            own={"sqlalchemy": self._install_sqlalchemy},
            tracer_provider=parts.tracing.provider,
            meter_provider=parts.metering.provider,
            logger_provider=parts.logs.provider,
        )
        self._problems.extend(found.problems)
        return found.uninstall

    def _install_sqlalchemy(self) -> str:
        """Our own instrument stands in for the entry point; it is loaded with the library."""
        if "sqlalchemy" in sys.modules:
            return self._watch_queries()
        if find_spec("sqlalchemy") is None:
            return "needs sqlalchemy>=2.0, which is not installed"
        watch = after_import(lambda name: name == "sqlalchemy", self._watch_queries_of)
        self._undo.append(("sqlalchemy", watch.close))
        return libraries.INSTRUMENTED

    def _watch_queries_of(self, _: object) -> None:
        self._watch_queries()

    def _watch_queries(self) -> str:
        parts = self._parts
        parts.metering.producers.append(kept_histograms.producer(sqlalchemy.SCOPE, sqlalchemy.distributions))
        self._undo.append(("sqlalchemy", sqlalchemy.uninstall))
        return sqlalchemy.install(
            parts.tracing.provider,
            parts.metering.provider,
            slow_s=parts.config.instrument.slow_query_s,
            keeps_durations=parts.metering.reader is not None,
        )

    def _install_modules(self) -> Callable[[], object]:
        parts = self._parts
        wanted = parts.config.instrument
        if not wanted.modules:
            return lambda: None
        handle = automatic.install(
            wanted.modules,
            wanted.min_duration_s,
            durations.shared.observer,
            parts.tracing.provider.get_tracer(pending_spans.SCOPE),
        )
        self._problems.extend(handle.problems)
        is_closed = primitives.Event()
        primitives.Thread(target=_look_again, args=(handle, is_closed), name="otel-agent-modules").start()

        def close() -> None:
            is_closed.set()
            handle.close()

        return close


def _look_again(handle: automatic.AutomaticTracing, is_closed: primitives.Event) -> None:
    """A script that calls `init` in its first lines defines its functions below them, a moment later."""
    for pause_s in LOOKS_S:
        if is_closed.wait(pause_s):
            return
        handle.rescan()
