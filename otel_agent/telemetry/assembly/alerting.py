"""
Alerting: series in memory, what feeds them, the engine that evaluates rules over them, and who is told.

    metric reader ───► SeriesWriter ───┐
                                       ├─► Store ◄── AlertEngine ──► Dispatcher ──► receivers
    delivery thread ─► SpanStatistics ─┘                  └─► log event of each change
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.notify.boundary import NotificationBoundary, NotificationRedactor
from otel_agent.alerts.notify.building import build_notify
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.notify.receivers.function import FunctionReceiver
from otel_agent.alerts.states import AlertState, Transition
from otel_agent.alerts.wanted_names import wanted_names, wanted_series
from otel_agent.clock import SYSTEM, Clock, monotonic_s
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.guard import guarded
from otel_agent.processors.series_writer import SeriesWriter, resource_labels
from otel_agent.processors.spans import SpanStatistics
from otel_agent.series.labels import NAME
from otel_agent.series.store import KEEP_BYTES, Store
from otel_agent.suppression import suppressed_instrumentation

__all__ = ["AlertAssembly", "build_alerting"]

LookAtWaiting = Callable[[str, Callable[[list[Any]], object], float], object]
"""Called with a signal, who looks, and how long may be waited in seconds."""


@dataclass(frozen=True)
class AlertAssembly:
    """Everything that alerting consists of, in working order; nothing runs before `start`."""

    store: Store
    """The recent past."""
    series_writer: SeriesWriter
    """Takes each collection of metrics."""
    span_statistics: SpanStatistics
    """Takes each batch of ended spans."""
    engine: AlertEngine
    """Evaluates the rules."""
    dispatcher: Dispatcher
    """Tells people."""
    problems: tuple[str, ...]
    """What of the settings was left out, and why; a line each."""

    def start(self) -> None:
        """Begin to evaluate and to notify."""
        self.dispatcher.restore(self.engine.active())
        self.dispatcher.start()
        self.engine.start()

    def close(self, timeout_s: float, look_at_waiting: LookAtWaiting | None = None) -> None:
        """
        Judge once more, so that what ended the process is told, and send the notifications that wait.

        Args:
            timeout_s: For all of it, in seconds.
            look_at_waiting: Shows spans that have ended and that nobody has looked at yet.
        """
        end_s = monotonic_s() + timeout_s
        if look_at_waiting is not None:
            with guarded("alerts.spans", "the last spans could not be counted for alerts"):
                look_at_waiting("traces", self.span_statistics.observe_last, timeout_s / 4)
                self.span_statistics.observe_exception()
        self.engine.close(timeout_s / 4, is_last=True)
        self.dispatcher.close(max(0.0, end_s - monotonic_s()))

    def reinit_after_fork(self) -> None:
        """Alert on the child alone, from nothing."""
        for part in (self.store, self.span_statistics, self.engine, self.dispatcher):
            part.reinit_after_fork()

    def reload(self, settings: AlertsSettings, directory: Path) -> tuple[str, ...]:
        """
        Read the rules again; while anything is wrong with them, those in force stay.

        Args:
            settings: Section `alerts` of the configuration.
            directory: What relative paths of rule files begin at.

        Returns:
            What is wrong; a line each.
        """
        rules = load_rules(settings, directory=directory)
        if not rules.problems:
            self.span_statistics.want(wanted_names(rules.groups))
            self.store.want(wanted_series(rules.groups))
            self.engine.replace(rules.groups)
        return rules.problems

    def firing(self) -> list[str]:
        """A line for each alert that fires now."""
        alerts = [alert for alert in self.engine.active() if alert.state is AlertState.FIRING]
        return [f"{alert.rule_name}: {alert.annotations.get('summary', alert.severity)}" for alert in alerts]

    def states(self) -> list[tuple[str, str, str]]:
        """Name, severity and present state of every rule."""
        return [
            (each["alert.rule.name"], each["agent.alert.severity"], each["agent.alert.state"])
            for is_present, each in self.engine.observations()
            if is_present
        ]

    def status(self) -> dict[str, Any]:
        """Alerts that fire, rules that fail, notifications that were sent."""
        return {**self.engine.status(), "notifications": dict(self.dispatcher.status())}


def build_alerting(
    settings: AlertsSettings,
    resource: Mapping[str, Any],
    *,
    directory: Path,
    redactor: NotificationRedactor,
    on_change: Callable[[Transition], object] | None = None,
    keep_bytes: int = KEEP_BYTES,
    clock: Clock = SYSTEM,
    stamp_ms: Callable[[], int] | None = None,
) -> AlertAssembly:
    """
    Build all of it. Never raises for a wrong rule, route or receiver: those are left out and said.

    Args:
        settings: Section `alerts` of the configuration.
        resource: Resource attributes; they become `job` and `instance` of every series.
        directory: What relative paths of rule files begin at.
        redactor: Takes secrets out of what receivers are told.
        on_change: Told of every change of an alert, before anybody else.
        keep_bytes: Memory of the recent past, in bytes.
        clock: Tells the moments of evaluation.
        stamp_ms: Tells the moment of each collection, in milliseconds since 1970; `None`: it is the points' own.

    Returns:
        Everything, not started; its problems name what was left out.
    """
    rules = load_rules(settings, directory=directory)
    notify = build_notify(settings, suppress=suppressed_instrumentation)
    store = Store(keep_bytes=keep_bytes)
    spans = SpanStatistics(store, resource_labels(resource), clock=clock)
    spans.want(wanted_names(rules.groups))
    store.want(wanted_series(rules.groups))

    def write_own(at_ms: int) -> None:
        """What a scrape of the agent would bring beside its metrics: that it is up; and its spans."""
        store.append({**spans.labels, NAME: "up"}, at_ms, 1.0)
        spans.write(at_ms)

    writer = SeriesWriter(
        store, is_birth_counted=settings.counter_start != "prometheus", before=write_own, stamp_ms=stamp_ms
    )
    engine = AlertEngine(
        rules.groups,
        store,
        clock=clock,
        state_file=Path(settings.state_file) if settings.state_file else None,
        refresh=write_own,
        trace_ids=spans.trace_ids,
    )
    dispatcher = Dispatcher(
        notify.receivers,
        notify.routes,
        notify.inhibitions,
        boundary=NotificationBoundary(redactor),
        is_acknowledged=lambda alert: engine.acknowledgement(alert) is not None,
    )
    spans.wake_by(engine.wake)
    if on_change is not None:
        engine.on_change(on_change)
    engine.on_change(dispatcher.offer)
    engine.notify_by(lambda name, function: dispatcher.add(FunctionReceiver(name, function)))
    engine.on_acknowledge(dispatcher.acknowledged)
    return AlertAssembly(store, writer, spans, engine, dispatcher, (*rules.problems, *notify.problems))
