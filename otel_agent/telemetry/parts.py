"""
Every part, built from the configuration in the order in which data travels. Nothing here touches a global or runs.

    resource → redaction → terminal, judge → sender, spool → engine → spans → metrics → logs → health → lifecycle
"""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from otel_agent.config.model import Config
from otel_agent.config.sections.export import ExportSettings
from otel_agent.delivery.accounting import Delivery
from otel_agent.delivery.late_engine import LateEngine
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.health.assembly import HealthService
from otel_agent.health.registry import shared as checks
from otel_agent.instruments.caches.watching import registry as caches
from otel_agent.instruments.functions.calls import SCOPE as SPAN_SCOPE
from otel_agent.late_imports import load
from otel_agent.lifecycle.components import Component, Lifecycle
from otel_agent.logs import otel
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.errors import ErrorTracker
from otel_agent.logs.outputs import Outputs, build_outputs
from otel_agent.processors.attaching import QueueProcessor
from otel_agent.processors.metrics import AgentMetricReader
from otel_agent.providers.existing import Existing
from otel_agent.providers.metering import all_of, build_meter_provider, build_reader
from otel_agent.providers.resource import build_resource
from otel_agent.providers.tracing import build_tail, build_tracer_provider
from otel_agent.recording import durations, histograms
from otel_agent.recording.recorder import Recorder
from otel_agent.redaction.redactor import Redactor
from otel_agent.telemetry.assembly.destinations import destinations
from otel_agent.telemetry.assembly.recent_past import RecentPast
from otel_agent.telemetry.components import components
from otel_agent.telemetry.events import SCOPE, emit_alert, emit_health

if TYPE_CHECKING:
    # Loaded where they are needed: most of it by other threads, after the start.
    from otel_agent.delivery.console.summary import CacheFigures
    from otel_agent.delivery.engine import DeliveryEngine
    from otel_agent.delivery.queues import SignalQueue
    from otel_agent.instruments.libraries import Libraries
    from otel_agent.telemetry.assembly.alerting import AlertAssembly
    from otel_agent.telemetry.assembly.terminal import Terminal

__all__ = ["Observers", "Parts"]

Observers = Mapping[str, Sequence[Callable[[list[Any]], object]]]
"""By signal: who sees each batch on the delivery thread."""


class Closeable(Protocol):
    """What follows the process."""

    def close(self) -> None:
        """Follow it no longer."""
        ...


class Parts:
    """What one `Telemetry` consists of; built in the order of the module's picture, each step by its `_build_…`."""

    def __init__(
        self,
        config: Config,
        *,
        directory: Path,
        existing: Existing,
        problems: list[str],
        observers: Observers | None = None,
        renew_export: Callable[[], ExportSettings] | None = None,
    ) -> None:
        """
        Build everything.

        Args:
            config: What is wanted.
            directory: What relative paths begin at.
            existing: Providers that are there already; they are kept.
            problems: Grows by a line for each thing that could not be built as wanted.
            observers: Who else sees what is delivered.
            renew_export: Reads that part of the configuration again.
        """
        self.config = config
        self._renew_export = renew_export
        self.existing = existing
        self._kept: list[Closeable] = []
        self.libraries: Libraries | None = None
        self.distributions: list[Callable[[], Sequence[Any]]] = []
        """Metrics that instruments keep themselves; `instrumenting` adds to it."""
        self.redactor = Redactor(config.redact.keys, config.redact.values, enabled=config.redact.enabled)
        problems.extend(self.redactor.problems)
        self.resource = self._build_resource()
        self.durations = durations.shared
        to = destinations(config.export)
        self.terminal = self._build_terminal() if any("console" in each for each in to.values()) else None
        self.judging = self._build_judging(directory, problems)
        self.past = RecentPast(self.judging) if config.metrics.enabled else None
        watched = _joined(observers or {}, self._observers())
        self._wanted = {signal for signal, where in to.items() if where} | set(watched)
        self.errors = ErrorTracker(self.redactor.text)
        self.tail = build_tail(config.sampling)
        self.engine = self._build_engine(to, _joined(watched, self._counted()))
        self.tracer_provider, self.spans = self._build_tracing(problems)
        self.meter_provider, self.reader = self._build_metrics()
        self.logger_provider, self.outputs, self.bridge = self._build_logs(directory, problems)
        self.health = self._build_health()
        self.lifecycle = Lifecycle(shutdown_timeout_s=config.lifecycle.shutdown_timeout_s)

    def installable(self) -> tuple[Any, Any, Any]:
        """Providers for OpenTelemetry's globals: tracer, meter, logger."""
        return self.tracer_provider, self.meter_provider, self.logger_provider

    def recorder(self) -> Recorder | None:
        """What decorators record with; `None` when spans go through somebody else's provider."""
        if self.spans is not None:
            return None
        recorder: Recorder = self.tracer_provider.recorder(SPAN_SCOPE, self.durations, self.config.sampling.calls_per_s)
        return recorder

    def start(self, instruments: Component) -> None:
        """
        Start everything in order.

        Args:
            instruments: What feeds all this; closed after the last collection.

        Raises:
            LifecycleError: Something cannot be started; what had been is stopped again.
        """
        self.lifecycle.on_drain(self.health.drain)
        for component in components(self, instruments):
            self.lifecycle.add(component)
        self.lifecycle.start()

    def delivered(self) -> Delivery:
        """What became of everything so far."""
        return self.engine.flush(0.0)

    def keep(self, part: Closeable) -> None:
        """
        Hold what follows the process until everything has ended.

        Args:
            part: Held by nobody else.
        """
        self._kept.append(part)

    def let_go(self) -> None:
        """Give signals and exit back to the agent; safe twice."""
        for part in self._kept:
            part.close()

    def renew_resource(self) -> None:
        """In a forked child: the resource names the child from now on."""
        self.resource = self.tracer_provider.resource
        if self.bridge is not None:
            self.bridge.renew(self.resource)

    def _build_resource(self) -> Any:
        service = self.config.service
        more = {"service.namespace": service.namespace, "service.version": service.version}
        attributes = {name: value for name, value in more.items() if value is not None}
        found = self.config.resource
        return build_resource(service.name, service.environment, {**attributes, **found.attributes}, found.detectors)

    def _build_terminal(self) -> "Terminal":
        from otel_agent.delivery.console.summary import FunctionFigures  # for those who have a terminal to read
        from otel_agent.telemetry.assembly.terminal import Terminal, TerminalFigures

        figures = TerminalFigures(
            functions=lambda: [FunctionFigures(*line) for line in self.durations.figures()],
            caches=_cache_figures,
            alerts=lambda: [] if self.judging is None else self.judging.firing(),
            health=lambda: self.health.report().state.value if checks.checks() else None,
        )
        return Terminal(sys.stderr, self.config.service.name, figures, self.redactor.text)

    def _build_judging(self, directory: Path, problems: list[str]) -> "AlertAssembly | None":
        wanted = self.config.alerts
        if not (wanted.enabled and (wanted.rules or wanted.rule_files or wanted.defaults)):
            return None
        # Rules bring a parser and half a hundred modules; an agent without rules does not load them.
        from otel_agent.telemetry.assembly.alerting import build_alerting

        judging = build_alerting(
            wanted,
            self.resource.attributes,
            directory=directory,
            redactor=self.redactor,
            state_file=Path(wanted.state_file) if wanted.state_file else None,
            on_change=lambda transition: emit_alert(self.logger_provider, transition),
        )
        problems.extend(judging.problems)
        return judging

    def _observers(self) -> Observers:
        observers = {} if self.terminal is None else self.terminal.observers()
        return observers if self.judging is None else _joined({"traces": [self.judging.spans.observe]}, observers)

    def _counted(self) -> Observers:
        """Errors are counted where somebody looks at spans and records anyway."""
        trackers = {"traces": [self.errors.spans], "logs": [self.errors.logs]}
        return {signal: tracker for signal, tracker in trackers.items() if signal in self._wanted}

    def _build_engine(self, to: Mapping[str, Sequence[str]], observers: Observers) -> LateEngine:
        config = self.config
        settings = DeliverySettings(
            queue_spans=config.queue.spans,
            queue_logs=config.queue.logs,
            batch=config.queue.batch,
            delay_s=config.queue.delay_s,
            timeout_s=config.export.timeout_s,
        )
        has_disk = config.spool.enabled and any({"otlp", "file"} & set(each) for each in to.values())

        def build(queues: "Mapping[str, SignalQueue]") -> "DeliveryEngine":
            # Loaded here, after the start: see `delivery.late_engine`.
            from otel_agent.delivery.engine import DeliveryEngine
            from otel_agent.telemetry.assembly.senders import build_sender, build_spool

            self.redactor.load()
            sender = build_sender(config.export, to, self._renew_export)
            return DeliveryEngine(
                sender,
                spool=None if sender is None else build_spool(config.spool, config.service.name),
                observers=observers,
                redact=self.redactor,
                select=None if self.tail is None else self.tail.select,
                settings=settings,
                queues=queues,
            )

        return LateEngine(
            build,
            settings,
            has_disk=has_disk,
            is_journaling=has_disk and config.spool.level == "journal",
            beside=self._load_beside,
        )

    def _load_beside(self) -> None:
        """What other threads need, loaded where no fork can cut it in two; then the watching begins."""
        load(
            "otel_agent.instruments.machine.procfs"
            if sys.platform == "linux"
            else "otel_agent.instruments.machine.psutil_readings"
        )
        load("otel_agent.instruments.machine.cgroup")
        self.health.watch()

    def _build_tracing(self, problems: list[str]) -> tuple[Any, QueueProcessor | None]:
        queue = self.engine.queues["traces"]
        present = self.existing.tracer_provider
        if present is not None:
            attached = QueueProcessor(queue)
            present.add_span_processor(attached)
            return present, attached
        records_all = self.judging is not None or self.tail is not None
        provider = build_tracer_provider(self.config, self.resource, queue, problems, records_all=records_all)
        provider.flush_with(lambda timeout_s: not self.engine.flush(timeout_s).queued)
        return provider, None

    def _build_metrics(self) -> tuple[Any, AgentMetricReader | None]:
        settings, present = self.config.metrics, self.existing.meter_provider
        if self.past is None:
            return present, None
        self.distributions.append(histograms.producer(SCOPE, self.durations))
        reader = build_reader(
            settings,
            self.resource,
            on_collect=self.past.on_collect,
            deliver=self.engine.queues["metrics"].put if "metrics" in self._wanted else None,
            producers=[all_of(self.distributions)],
        )
        if present is None:
            return build_meter_provider(settings, self.resource, reader), reader
        present.add_metric_reader(reader)
        return present, reader

    def _build_logs(self, directory: Path, problems: list[str]) -> tuple[Any, Outputs, BridgeHandler | None]:
        queue, present, settings = self.engine.queues["logs"], self.existing.logger_provider, self.config.logs
        if present is None:
            limits = self.config.limits
            provider = otel.build_logger_provider(
                queue, self.resource, limits.log_attributes, limits.log_attribute_length
            )
        else:
            provider = present
            otel.attach_sink(present, queue)
        is_exported = settings.export and "logs" in self._wanted and not self.existing.has_log_handler
        outputs = build_outputs(
            settings, self.redactor, problems, directory=directory, observe=None if is_exported else self.errors.logs
        )
        if not is_exported and not outputs.queues:
            return provider, outputs, None
        level = logging.getLevelNamesMapping()[settings.level]
        return provider, outputs, BridgeHandler(queue if is_exported else None, self.resource, level, outputs.sinks)

    def _build_health(self) -> HealthService:
        return HealthService(
            self.config.health,
            read=_ratios(),
            delivery=self.engine.trouble,
            on_change=lambda change: emit_health(self.logger_provider, change),
            redact=self.redactor.text,
            loop_within_s=self.config.health.loop_within_s,
        )


def _joined(first: Observers, second: Observers) -> Observers:
    return {signal: [*first.get(signal, ()), *second.get(signal, ())] for signal in {**first, **second}}


def _ratios() -> Callable[[], Mapping[str, float]]:
    made: list[Callable[[], Mapping[str, float]]] = []

    def read() -> Mapping[str, float]:
        if not made:
            from otel_agent.instruments.machine.host import (
                build_ratios,  # loaded beside the agent, as what reads them is
            )

            made.append(build_ratios())
        return made[0]()

    return read


def _cache_figures() -> "list[CacheFigures]":
    from otel_agent.delivery.console.summary import CacheFigures  # see `_build_terminal`

    figures = [(watched.name, watched.figures()) for watched in caches.each()]
    return [CacheFigures(name, each.hits, each.hits + each.misses) for name, each in figures if each is not None]
