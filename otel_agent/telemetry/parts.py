"""
The list of what one `Telemetry` consists of, built in the order in which data travels. Nothing here runs, and globals are touched by `install_globals` alone.

    redaction → resource → alerting → recent past → insight → delivery → tracing → metering → logs → health → lifecycle

What joins several rooms is built in `assembly`, and `components` says how each part starts, closes and follows a fork.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from otel_agent.clock import SYSTEM, Clock
from otel_agent.config.model import Config
from otel_agent.config.sections.export import ExportSettings
from otel_agent.delivery.late_engine import LateEngine
from otel_agent.health.registry import shared as checks
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.lifecycle import Lifecycle
from otel_agent.logs.errors import ErrorTracker
from otel_agent.providers.existing import Existing
from otel_agent.providers.resource import build_resource
from otel_agent.providers.tracing import build_tail
from otel_agent.redaction.redactor import Redactor
from otel_agent.telemetry.assembly.delivery import Observers, build_engine, destinations, joined
from otel_agent.telemetry.assembly.health import build_health
from otel_agent.telemetry.assembly.insight import InsightAssembly
from otel_agent.telemetry.assembly.logs import build_logging
from otel_agent.telemetry.assembly.metering import build_metering
from otel_agent.telemetry.assembly.recent_past import RecentPast
from otel_agent.telemetry.assembly.tracing import build_tracing
from otel_agent.telemetry.events import emit_alert, emit_finding, emit_health
from otel_agent.telemetry.installing import install_globals

if TYPE_CHECKING:
    from otel_agent.instruments.libraries.activation import Libraries
    from otel_agent.telemetry.assembly import alerting, terminal
else:
    alerting = late_module("otel_agent.telemetry.assembly.alerting")
    terminal = late_module("otel_agent.telemetry.assembly.terminal")

__all__ = ["Parts"]


class Closeable(Protocol):
    """What follows the process."""

    def close(self) -> None:
        """Follow it no longer; safe twice."""
        ...


class TurnedClock(Clock, Protocol):
    """A clock turned by hand that also stamps collections; see `otel_agent.testing`."""

    def stamp_ms(self) -> int:
        """Moment of a new collection, in milliseconds since 1970."""
        ...


class Parts:
    """
    Everything one `Telemetry` consists of, built and not started.

    Args:
        config: Every section of the configuration.
        directory: What relative paths begin at.
        existing: Providers that are there already; they are kept.
        problems: Grows by a line for each thing that could not be built as wanted.
        observers: Further functions that see what is delivered.
        renew_export: Reads section `export` of the configuration again.
        turned: The clock that rules are judged by and collections are stamped with, in a test; `None`: the machine's.
    """

    def __init__(
        self,
        config: Config,
        *,
        directory: Path,
        existing: Existing,
        problems: list[str],
        observers: Observers | None = None,
        renew_export: Callable[[], ExportSettings] | None = None,
        turned: TurnedClock | None = None,
    ) -> None:
        to = destinations(config.export)
        self.config = config
        self.existing = existing
        self.process_hooks: list[Closeable] = []
        """What ties this to the process: held by nobody else, closed when everything has ended."""
        self.libraries: Libraries | None = None  # installed by `instrumenting`
        self.redactor = Redactor(
            config.redact.keys, config.redact.values, enabled=config.redact.enabled, keep=config.redact.keep
        )
        problems.extend(self.redactor.problems)
        self.resource = build_resource(config.service, config.resource)
        self.now_ns = SYSTEM.wall_ns if turned is None else turned.wall_ns
        """The present moment for whoever asks the recent past, in nanoseconds since 1970."""
        self._stamp_ms = None if turned is None else turned.stamp_ms
        self.alerting = self._build_alerting(directory, problems, turned)
        keep_bytes = config.metrics.keep_bytes
        self.recent_past = RecentPast(self.alerting, keep_bytes, self._stamp_ms) if config.metrics.enabled else None
        self.insight = InsightAssembly(
            config.insight,
            self.redactor.text,
            lambda finding: emit_finding(self.logs.provider, finding),
            is_production=config.service.environment == "production",
        )
        self.terminal = self._build_terminal() if any("console" in each for each in to.values()) else None
        self.errors = ErrorTracker(self.redactor.text)
        self.tail = build_tail(config.sampling)
        seen_by = joined(observers or {}, self._observers())
        wanted = {signal for signal, each in to.items() if each} | set(seen_by)
        self.engine = self._build_engine(
            to,
            joined(seen_by, self._error_trackers(wanted), self._findings_observer()),
            set(observers or {}),
            renew_export,
        )
        records_all = self.alerting is not None or self.tail is not None
        self.tracing = build_tracing(
            config, self.resource, self.engine, problems, existing=existing.tracer_provider, records_all=records_all
        )
        collections = self.engine.queues["metrics"] if "metrics" in wanted else None
        self.metering = build_metering(
            config.metrics, self.resource, self.recent_past, collections, existing=existing.meter_provider
        )
        self.logs = build_logging(
            config,
            self.resource,
            self.engine.queues["logs"],
            self.redactor,
            problems,
            existing=existing,
            is_wanted="logs" in wanted,
            directory=directory,
            observe=self.errors.logs,
        )
        self.health = build_health(
            config.health,
            delivery=self.engine.trouble,
            on_change=lambda change: emit_health(self.logs.provider, change),
            redact=self.redactor.text,
        )
        self.lifecycle = Lifecycle(shutdown_timeout_s=config.lifecycle.shutdown_timeout_s)

    def install_globals(self) -> None:
        """Make the providers those of the process; see `installing`."""
        install_globals(self.tracing.provider, self.metering.provider, self.logs.provider)

    def _build_engine(
        self,
        to: Mapping[str, Sequence[str]],
        observers: Observers,
        received: Collection[str],
        renew_export: Callable[[], ExportSettings] | None,
    ) -> LateEngine:
        return build_engine(
            self.config,
            to,
            observers,
            received=received,
            redactor=self.redactor,
            select=None if self.tail is None else self.tail.select,
            renew_export=renew_export,
            beside=self._begin_beside,
        )

    def _begin_beside(self) -> None:
        """What the start did not wait for; at the end, which may come before, nobody needs it any more."""
        if not self.lifecycle.is_running():
            return
        self.health.watch()
        self.insight.begin()

    def _build_alerting(
        self, directory: Path, problems: list[str], turned: TurnedClock | None
    ) -> "alerting.AlertAssembly | None":
        """Rules bring a parser and half a hundred modules; an agent without rules does not load them."""
        settings = self.config.alerts
        if not (settings.enabled and (settings.rules or settings.rule_files or settings.defaults)):
            return None
        built = alerting.build_alerting(
            settings,
            self.resource.attributes,
            directory=directory,
            redactor=self.redactor,
            on_change=lambda transition: emit_alert(self.logs.provider, transition),
            keep_bytes=self.config.metrics.keep_bytes,
            clock=turned or SYSTEM,
            stamp_ms=self._stamp_ms,
        )
        problems.extend(built.problems)
        return built

    def _build_terminal(self) -> "terminal.Terminal":
        return terminal.build_terminal(
            self.config.service.name,
            self.redactor.text,
            alerts=list if self.alerting is None else self.alerting.firing,
            findings=self.insight.lines,
            health=lambda: self.health.report().state.value if checks.checks() else None,
        )

    def _observers(self) -> Observers:
        of_alerting = {} if self.alerting is None else {"traces": [self.alerting.span_statistics.observe]}
        return joined(of_alerting, {} if self.terminal is None else self.terminal.observers())

    def _findings_observer(self) -> Observers:
        return {"traces": [self.insight.observe]} if self.config.insight.enabled else {}

    def _error_trackers(self, wanted: set[str]) -> Observers:
        """Errors are counted where somebody looks at spans and records anyway."""
        trackers = {"traces": [self.errors.spans], "logs": [self.errors.logs]}
        return {signal: tracker for signal, tracker in trackers.items() if signal in wanted}
