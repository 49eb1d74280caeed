"""
The judge and its messengers, put together: series, what feeds them, rules, receivers.

    metric reader ──► Judgement ──┐
                                  ├─► Store ◄── Alerts ──► Dispatcher ──► receivers
    delivery thread ─► SpanStatistics ┘            └─► log event of each change
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opentelemetry.instrumentation.utils import suppress_instrumentation

from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.notify.boundary import NotificationBoundary, NotificationRedactor
from otel_agent.alerts.notify.building import build_notify
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.rules.files import RuleSet
from otel_agent.alerts.states import AlertState, Transition
from otel_agent.processors.series_writer import SeriesWriter, resource_labels
from otel_agent.processors.spans import SpanStatistics
from otel_agent.series.store import Store

__all__ = ["AlertAssembly", "build_alerting"]


@dataclass(frozen=True)
class AlertAssembly:
    """Everything that judges, in working order; nothing runs before `start`."""

    store: Store
    """The recent past."""
    collections: SeriesWriter
    """Takes each collection of metrics."""
    spans: SpanStatistics
    """Takes each batch of ended spans."""
    alerts: AlertEngine
    """Evaluates the rules."""
    dispatcher: Dispatcher
    """Tells people."""
    problems: tuple[str, ...]
    """What of the settings was left out, and why; a line each."""

    def start(self) -> None:
        """Begin to judge and to tell."""
        self.dispatcher.restore(self.alerts.active())
        self.dispatcher.start()
        self.alerts.start()

    def close(self, timeout_s: float) -> None:
        """
        Stop judging, and send what is still to be told.

        Args:
            timeout_s: For all of it, in seconds.
        """
        self.alerts.close(timeout_s / 2)
        self.dispatcher.close(timeout_s / 2)

    def reinit_after_fork(self) -> None:
        """Judge the child on its own, from nothing."""
        for part in (self.store, self.spans, self.alerts, self.dispatcher):
            part.reinit_after_fork()

    def reload(self, settings: Any, directory: Path) -> tuple[str, ...]:
        """
        Read the rules again; while anything is wrong with them, those in force stay.

        Args:
            settings: `Config.alerts`.
            directory: What relative paths of rule files begin at.

        Returns:
            What is wrong; a line each.
        """
        rules = _rules(settings, directory)
        if not rules.problems:
            self.alerts.replace(rules.groups)
        return rules.problems

    def firing(self) -> list[str]:
        """A line for each alert that fires now."""
        alerts = [alert for alert in self.alerts.active() if alert.state is AlertState.FIRING]
        return [f"{alert.rule_name}: {alert.annotations.get('summary', alert.severity)}" for alert in alerts]

    def states(self) -> list[tuple[str, str, str]]:
        """Name, severity and present state of every rule."""
        return [
            (each["alert.rule.name"], each["agent.alert.severity"], each["agent.alert.state"])
            for is_present, each in self.alerts.observations()
            if is_present
        ]

    def status(self) -> dict[str, Any]:
        """What fires, what fails, what was told."""
        return {**self.alerts.status(), "notifications": dict(self.dispatcher.status())}


def build_alerting(
    settings: Any,
    resource: Mapping[str, Any],
    *,
    directory: Path,
    redactor: NotificationRedactor,
    state_file: Path | None = None,
    on_change: Callable[[Transition], object] | None = None,
) -> AlertAssembly:
    """
    Build the judge. Never raises for a wrong rule, route or receiver: those are left out and said.

    Args:
        settings: `Config.alerts`.
        resource: Attributes of the resource; they become `job` and `instance` of every series.
        directory: What relative paths of rule files begin at.
        redactor: Takes secrets out of what receivers are told.
        state_file: Where alerts are kept over a restart; `None` for nowhere.
        on_change: Told of every change of an alert, before anybody else.

    Returns:
        The judge; its problems name what was left out.
    """
    rules = _rules(settings, directory)
    notify = build_notify(settings.notifiers, settings.routes, settings.inhibit, suppress=suppress_instrumentation)
    store = Store()
    spans = SpanStatistics(store, resource_labels(resource))
    collections = SeriesWriter(store, is_birth_counted=settings.counter_start != "prometheus", before=spans.write)
    alerts = AlertEngine(rules.groups, store, state_file=state_file, refresh=spans.write, trace_ids=spans.trace_ids)
    dispatcher = Dispatcher(
        notify.receivers,
        notify.routes,
        notify.inhibitions,
        boundary=NotificationBoundary(redactor),
        is_acknowledged=lambda alert: alerts.acknowledgement(alert) is not None,
    )
    spans.wake_by(alerts.wake)
    if on_change is not None:
        alerts.on_change(on_change)
    alerts.on_change(dispatcher.offer)
    alerts.on_acknowledge(dispatcher.acknowledged)
    return AlertAssembly(store, collections, spans, alerts, dispatcher, (*rules.problems, *notify.problems))


def _rules(settings: Any, directory: Path) -> RuleSet:
    return load_rules(
        settings.rule_files,
        settings.rules,
        with_defaults=settings.defaults,
        overrides=settings.overrides,
        directory=directory,
    )
