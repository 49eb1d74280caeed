"""
Receivers, routes and inhibitions out of the section `alerts` of the configuration.

    notifiers: {am: {alertmanager: ["http://127.0.0.1:9093"]}, desk: {webhook: {url: "https://…", timeout: 5s}}}
    routes:    [{match: {severity: critical}, to: [am, desk], group_by: [alertname], repeat: 1h}, {to: [log]}]
    inhibit:   [{when: {severity: critical}, mute: {severity: warning}, equal: [job]}]

A receiver `log` is always there. What cannot be used is left out and said, with its path.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from otel_agent.alerts.notify.http import Suppress
from otel_agent.alerts.notify.notification import Receiver
from otel_agent.alerts.notify.receivers.alertmanager import AlertmanagerReceiver
from otel_agent.alerts.notify.receivers.function import FunctionReceiver, named_function
from otel_agent.alerts.notify.receivers.log import LogReceiver
from otel_agent.alerts.notify.receivers.services import ServiceReceiver
from otel_agent.alerts.notify.receivers.webhook import WebhookReceiver
from otel_agent.alerts.notify.routing import Inhibition, Route
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.config.sections.notifications import InhibitionSettings, RouteSettings, WebhookSettings
from otel_agent.errors import OtelAgentError
from otel_agent.series.matchers import compile_pattern

__all__ = ["NotificationSetup", "build_notify"]


@dataclass(frozen=True)
class NotificationSetup:
    """What a dispatcher needs."""

    receivers: tuple[Receiver, ...]
    """Whom to tell."""
    routes: tuple[Route, ...]
    """Which alerts go to whom."""
    inhibitions: tuple[Inhibition, ...]
    """What need not be told."""
    problems: tuple[str, ...]
    """What was left out, and why."""


def build_notify(settings: AlertsSettings, *, suppress: Suppress = nullcontext) -> NotificationSetup:
    """
    Build everything.

    Args:
        settings: The section `alerts` of the configuration: notifiers, routes and inhibitions.
        suppress: Makes a context in which HTTP calls are not instrumented.
    """
    problems: list[str] = []
    receivers: dict[str, Receiver] = {"log": LogReceiver()}
    for name, notifier in settings.notifiers.items():
        kind, chosen = notifier.chosen
        try:
            receivers[name] = _KINDS[kind](name, chosen, suppress)
        except OtelAgentError as error:
            problems.append(f"{notifier.path}.{kind}: {error}")
    routes = [_route(route) for route in settings.routes if _is_right_route(route, receivers, problems)]
    inhibitions = [_inhibition(one) for one in settings.inhibit if _is_right_inhibition(one, problems)]
    return NotificationSetup(
        tuple(receivers.values()),
        tuple(routes) or (Route(tuple(receivers)),),
        tuple(inhibitions),
        tuple(problems),
    )


def _webhook(name: str, webhook: WebhookSettings, suppress: Suppress) -> Receiver:
    return WebhookReceiver(
        name,
        webhook.url,
        headers=webhook.headers,
        secret=webhook.secret,
        timeout_s=webhook.timeout,
        allow_private=webhook.allow_private,
        suppress=suppress,
    )


_KINDS: dict[str, Callable[[str, Any, Suppress], Receiver]] = {
    "alertmanager": lambda name, urls, suppress: AlertmanagerReceiver(name, urls, suppress=suppress),
    "apprise": lambda name, urls, suppress: ServiceReceiver(name, urls, suppress=suppress),
    "function": lambda name, path, _: FunctionReceiver(name, named_function(path)),
    "log": lambda name, _, __: LogReceiver(name),
    "webhook": _webhook,
}
"""What builds each kind of receiver; the keys of `NotifierSettings`."""


def _is_right_route(route: RouteSettings, known: Collection[str], problems: list[str]) -> bool:
    wrong = [
        f"{route.path}.to: {name!r} is no notifier; known are {', '.join(known)}"
        for name in route.to
        if name not in known
    ]
    wrong += _wrong_patterns(f"{route.path}.match", route.match)
    problems += wrong
    return not wrong


def _route(route: RouteSettings) -> Route:
    return Route(
        to=route.to,
        match=route.match,
        group_by=route.group_by or ("alertname",),
        group_wait_s=route.group_wait,
        group_interval_s=route.group_interval,
        repeat_s=route.repeat,
        is_continued=route.is_continued,
    )


def _is_right_inhibition(inhibition: InhibitionSettings, problems: list[str]) -> bool:
    wrong = _wrong_patterns(f"{inhibition.path}.when", inhibition.when)
    wrong += _wrong_patterns(f"{inhibition.path}.mute", inhibition.mute)
    problems += wrong
    return not wrong


def _inhibition(inhibition: InhibitionSettings) -> Inhibition:
    return Inhibition(inhibition.when, inhibition.mute, inhibition.equal)


def _wrong_patterns(path: str, match: Mapping[str, str]) -> list[str]:
    wrong = []
    for wanted in match.values():
        if wanted.startswith("~"):
            try:
                compile_pattern(wanted[1:])
            except ValueError as error:
                wrong.append(f"{path}: {error}")
    return wrong
