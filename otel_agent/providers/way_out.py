"""
Where each signal goes: senders from the configuration, one router in front of them.

A signal has one receiver that decides what becomes of a request, OTLP before the file, and may have a second one that gets a
copy of what the first one took.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from otel_agent.config.sections.export import SIGNALS, Export
from otel_agent.config.sections.keeping import Spool as SpoolSettings
from otel_agent.delivery.answers import Answer, Sender, Verdict
from otel_agent.delivery.senders.http import HttpSender
from otel_agent.delivery.senders.targets import Target, build_targets
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.homes import default_directory
from otel_agent.delivery.spool.spool import Spool

__all__ = ["Router", "build_sender", "build_spool", "destinations"]


def destinations(export: Export) -> Mapping[str, Sequence[str]]:
    """
    Where each signal goes.

    Args:
        export: Of the configuration.

    Returns:
        By signal any of "otlp", "console" and "file".
    """
    has_terminal = sys.stderr is not None and sys.stderr.isatty()
    return {signal: export.destinations(signal, has_terminal=has_terminal) for signal in SIGNALS}


def build_sender(export: Export, chosen: Mapping[str, Sequence[str]]) -> "Router | None":
    """
    Build what sends; nothing is opened or loaded that sending alone needs.

    Args:
        export: Of the configuration.
        chosen: By signal, from `destinations`.

    Returns:
        A sender for every signal that has a receiver; `None` when none has.

    Raises:
        ConfigurationError: An endpoint is no address.
    """
    routes: dict[str, list[Sender]] = {}
    for protocol in ("http/protobuf", "grpc"):
        signals = [
            signal for signal in SIGNALS if "otlp" in chosen[signal] and export.for_signal(signal).protocol == protocol
        ]
        if signals:
            sender = _otlp(protocol, _targets(export, signals, protocol))
            routes |= {signal: [sender] for signal in signals}
    files = {signal: export.for_signal(signal).file for signal in SIGNALS if "file" in chosen[signal]}
    if files:
        from otel_agent.delivery.senders.file import FileSender

        writers: dict[str, Sender] = {path: FileSender(path) for path in set(files.values())}
        for signal, path in files.items():
            routes.setdefault(signal, []).append(writers[path])
    return Router(routes) if routes else None


def _otlp(protocol: str, targets: Mapping[str, Target]) -> Sender:
    if protocol == "grpc":
        from otel_agent.delivery.senders.grpc import GrpcSender

        return GrpcSender(targets)
    return HttpSender(targets)


def _targets(export: Export, signals: Sequence[str], protocol: str) -> dict[str, Target]:
    settings: dict[str, dict[str, Any]] = {}
    for signal in signals:
        wanted = export.for_signal(signal)
        settings[signal] = {
            "endpoint": wanted.url,
            "headers": wanted.headers,
            "compression": wanted.compression,
            "certificate": wanted.certificate,
            "client_key": wanted.client_key,
            "client_certificate": wanted.client_certificate,
            "insecure": wanted.insecure or None,
        }
    built = build_targets(export.endpoint, protocol=protocol, signals=settings)
    return {signal: built[signal] for signal in signals}


class Router:
    """Sends each signal to its own receivers."""

    def __init__(self, routes: Mapping[str, Sequence[Sender]]) -> None:
        """
        Tie signals to senders.

        Args:
            routes: By signal at least one sender; the first one's answer counts.
        """
        self._routes = {signal: tuple(senders) for signal, senders in routes.items()}
        self._senders = list({id(sender): sender for senders in routes.values() for sender in senders}.values())

    @property
    def signals(self) -> frozenset[str]:
        """Signals that have a receiver."""
        return frozenset(self._routes)

    def send(self, signal: str, body: bytes, timeout_s: float) -> Answer:
        """
        Send one request.

        Args:
            signal: One that has a receiver.
            body: The bytes of an export request.
            timeout_s: When to give up, in seconds.
        """
        first, *others = self._routes[signal]
        answer = first.send(signal, body, timeout_s)
        if answer.verdict is Verdict.DELIVERED:
            for other in others:
                other.send(signal, body, timeout_s)
        return answer

    def where(self, signal: str) -> str:
        """The address of a signal's first receiver."""
        return self._routes[signal][0].where(signal)

    def close(self) -> None:
        """Let go of connections."""
        for sender in self._senders:
            sender.close()

    def hold_for_fork(self) -> None:
        """Finish what a child must not inherit half done."""
        for sender in self._senders:
            sender.hold_for_fork()

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        for sender in self._senders:
            sender.go_on_after_fork()

    def reinit_after_fork(self) -> None:
        """Forget the parent's connections, in a child."""
        for sender in self._senders:
            sender.reinit_after_fork()


def build_spool(settings: SpoolSettings, service: str) -> Spool | None:
    """
    Build the disk's part; nothing is made on it yet.

    Args:
        settings: Of the configuration.
        service: Whose telemetry.

    Returns:
        `None` when there is to be none, or the user has no home to put it.
    """
    directory = settings.directory or default_directory(os.environ)
    if not settings.enabled or directory is None:
        return None
    return Spool(
        directory,
        service=service,
        level=settings.level,
        bounds=Bounds(settings.max_bytes, settings.max_age_s, settings.min_free_bytes),
    )
