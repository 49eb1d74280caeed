"""
Receivers, routes and inhibitions out of plain values, as the configuration has them.

    notifiers: {am: {alertmanager: ["http://127.0.0.1:9093"]}, desk: {webhook: {url: "https://…", timeout: 5s}}}
    routes:    [{match: {severity: critical}, to: [am, desk], group_by: [alertname], repeat: 1h}, {to: [log]}]
    inhibit:   [{when: {severity: critical}, mute: {severity: warning}, equal: [job]}]

A receiver `log` is always there. What cannot be used is left out and said, with its path.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from otel_agent.alerts.notify.http import Suppress
from otel_agent.alerts.notify.notification import Receiver
from otel_agent.alerts.notify.receivers.alertmanager import AlertmanagerReceiver
from otel_agent.alerts.notify.receivers.function import FunctionReceiver
from otel_agent.alerts.notify.receivers.log import LogReceiver
from otel_agent.alerts.notify.receivers.services import ServiceReceiver
from otel_agent.alerts.notify.receivers.webhook import WebhookReceiver
from otel_agent.alerts.notify.routing import Inhibition, Route
from otel_agent.alerts.shorthand.fields import Fields
from otel_agent.errors import OtelAgentError
from otel_agent.series.matchers import compile_pattern

__all__ = ["NotifySettings", "build_notify"]


@dataclass(frozen=True)
class NotifySettings:
    """What a dispatcher needs."""

    receivers: tuple[Receiver, ...]
    """Whom to tell."""
    routes: tuple[Route, ...]
    """How."""
    inhibitions: tuple[Inhibition, ...]
    """What need not be told."""
    problems: tuple[str, ...]
    """What was left out, and why."""


def build_notify(
    notifiers: Mapping[str, Any] | None = None,
    routes: Sequence[Mapping[str, Any]] = (),
    inhibit: Sequence[Mapping[str, Any]] = (),
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    suppress: Suppress = nullcontext,
    path: str = "alerts",
) -> NotifySettings:
    """
    Build everything.

    Args:
        notifiers: By name: one of log, webhook, alertmanager, apprise, each with its settings.
        routes: In order.
        inhibit: Any number.
        functions: Receivers that are functions, by name.
        suppress: Makes a context in which HTTP calls are not instrumented.
        path: Where the settings stand, for messages.
    """
    problems: list[str] = []
    receivers: dict[str, Receiver] = {"log": LogReceiver()}
    for name, settings in (notifiers or {}).items():
        made = _receiver(name, settings, suppress, f"{path}.notifiers.{name}", problems)
        if made is not None:
            receivers[name] = made
    receivers |= {name: FunctionReceiver(name, function) for name, function in (functions or {}).items()}
    built = [_route(entry, f"{path}.routes[{i}]", receivers, problems) for i, entry in enumerate(routes)]
    inhibitions = [_inhibition(entry, f"{path}.inhibit[{i}]", problems) for i, entry in enumerate(inhibit)]
    usable = tuple(route for route in built if route is not None)
    return NotifySettings(
        tuple(receivers.values()),
        usable or (Route(tuple(receivers)),),
        tuple(one for one in inhibitions if one is not None),
        tuple(problems),
    )


def _receiver(name: str, settings: Any, suppress: Suppress, path: str, problems: list[str]) -> Receiver | None:
    if not isinstance(settings, Mapping) or len(settings) != 1 or next(iter(settings)) not in _KINDS:
        problems.append(f"{path}: expected one of {', '.join(sorted(_KINDS))} with its settings")
        return None
    kind, values = next(iter(settings.items()))
    try:
        return _KINDS[kind](name, values, suppress, f"{path}.{kind}", problems)
    except OtelAgentError as error:
        problems.append(f"{path}.{kind}: {error}")
    return None


def _webhook(name: str, values: Any, suppress: Suppress, path: str, problems: list[str]) -> Receiver | None:
    fields = Fields(path, {"url": values} if isinstance(values, str) else values)
    url, secret = fields.text("url"), fields.text("secret", None)
    headers, timeout_s = fields.texts("headers"), fields.duration("timeout", 5.0)
    allow_private = fields.flag("allow_private")
    fields.finish()
    if fields.problems:
        problems.extend(fields.problems)
        return None
    return WebhookReceiver(
        name, url, headers=headers, secret=secret, timeout_s=timeout_s, allow_private=allow_private, suppress=suppress
    )


def _urls(values: Any, path: str, problems: list[str]) -> list[str] | None:
    listed = [values] if isinstance(values, str) else values
    if not isinstance(listed, list | tuple) or not listed or not all(isinstance(url, str) for url in listed):
        problems.append(f"{path}: expected a list of URLs")
        return None
    return list(listed)


def _alertmanager(name: str, values: Any, suppress: Suppress, path: str, problems: list[str]) -> Receiver | None:
    urls = _urls(values, path, problems)
    return None if urls is None else AlertmanagerReceiver(name, urls, suppress=suppress)


def _apprise(name: str, values: Any, suppress: Suppress, path: str, problems: list[str]) -> Receiver | None:
    urls = _urls(values, path, problems)
    return None if urls is None else ServiceReceiver(name, urls, suppress=suppress)


def _log(name: str, _values: Any, _suppress: Suppress, _path: str, _problems: list[str]) -> Receiver:
    return LogReceiver(name)


_KINDS: dict[str, Callable[[str, Any, Suppress, str, list[str]], Receiver | None]] = {
    "alertmanager": _alertmanager,
    "apprise": _apprise,
    "log": _log,
    "webhook": _webhook,
}


def _route(entry: Any, path: str, receivers: Mapping[str, Receiver], problems: list[str]) -> Route | None:
    fields = Fields(path, entry)
    to, match = fields.names("to"), fields.texts("match")
    for name in to:
        if name not in receivers:
            fields.say("to", f"{name!r} is no notifier; known are {', '.join(receivers)}")
    if not to:
        fields.say("to", "expected a list of notifiers")
    _check_patterns(fields, "match", match)
    route = Route(
        to=tuple(to),
        match=match,
        group_by=tuple(fields.names("group_by") or ("alertname",)),
        group_wait_s=fields.duration("group_wait", 0.0),
        group_interval_s=fields.duration("group_interval", 300.0),
        repeat_s=fields.duration("repeat", 14_400.0),
        is_continued=fields.flag("continue"),
    )
    fields.finish()
    problems.extend(fields.problems)
    return None if fields.problems else route


def _inhibition(entry: Any, path: str, problems: list[str]) -> Inhibition | None:
    fields = Fields(path, entry)
    when, mute = fields.texts("when"), fields.texts("mute")
    for key, match in (("when", when), ("mute", mute)):
        _check_patterns(fields, key, match)
        if not match:
            fields.say(key, "is needed: the labels of an alert")
    inhibition = Inhibition(when, mute, tuple(fields.names("equal")))
    fields.finish()
    problems.extend(fields.problems)
    return None if fields.problems else inhibition


def _check_patterns(fields: Fields, key: str, match: Mapping[str, str]) -> None:
    for wanted in match.values():
        if wanted.startswith("~"):
            try:
                compile_pattern(wanted[1:])
            except ValueError as error:
                fields.say(key, str(error))
