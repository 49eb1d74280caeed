"""
Senders and spool: what the delivery engine sends with. Loaded with the engine, after the start.

A signal has one receiver that decides what becomes of a request, and may have a file that gets a copy of what it took. Headers whose
values stand in files are read again when the receiver does not accept them any more.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from otel_agent.config.sections.export import SIGNALS, ExportSettings
from otel_agent.config.sections.spool import SpoolSettings
from otel_agent.delivery.outcomes import ExportOutcome, Sender, StatelessSender, Verdict
from otel_agent.delivery.senders.composite import CopyingSender, SignalSender
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import ExportTarget, build_targets
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.directories import default_directory
from otel_agent.delivery.spool.spool import Spool
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.delivery.senders import file, grpc
else:
    file = late_module("otel_agent.delivery.senders.file")
    grpc = late_module("otel_agent.delivery.senders.grpc")

__all__ = ["build_sender", "build_spool"]


def build_sender(
    export: ExportSettings, chosen: Mapping[str, Sequence[str]], renew: Callable[[], ExportSettings] | None = None
) -> Sender | None:
    """
    Build what sends; nothing is opened or loaded that sending alone needs.

    Args:
        export: Section `export` of the configuration.
        chosen: Destinations by signal; see `delivery.destinations`.
        renew: Reads the configuration again; asked when a receiver has refused the headers.

    Returns:
        One sender for all signals; `None` when no signal has a receiver.

    Raises:
        ConfigurationError: An endpoint is no address.
    """
    routes: dict[str, list[Sender]] = {}
    for protocol in ("http/protobuf", "grpc"):
        signals = [
            signal for signal in SIGNALS if "otlp" in chosen[signal] and export.for_signal(signal).protocol == protocol
        ]
        if signals:
            sender = _otlp(protocol, _targets(export, signals, protocol, renew))
            routes |= {signal: [sender] for signal in signals}
    files = {signal: export.for_signal(signal).file for signal in SIGNALS if "file" in chosen[signal]}
    if files:
        writers: dict[str, Sender] = {path: file.FileSender(path) for path in set(files.values())}
        for signal, path in files.items():
            routes.setdefault(signal, []).append(writers[path])
    if not routes:
        return None
    return SignalSender(
        {
            signal: CopyingSender(*found) if len(found) > 1 else found[0]
            for signal, found in ((signal, routes.get(signal, [Nowhere()])) for signal in SIGNALS)
        }
    )


def _otlp(protocol: str, targets: Mapping[str, ExportTarget]) -> Sender:
    if protocol == "grpc":
        return grpc.GrpcSender(targets)
    return HttpSender(targets)


def _targets(
    export: ExportSettings, signals: Sequence[str], protocol: str, renew: Callable[[], ExportSettings] | None
) -> dict[str, ExportTarget]:
    settings: dict[str, dict[str, Any]] = {}
    for signal in signals:
        wanted = export.for_signal(signal)
        settings[signal] = {
            "endpoint": wanted.url,
            "headers": wanted.headers if renew is None else Credentials(wanted.headers, signal, renew),
            "timeout_s": wanted.timeout_s,
            "compression": wanted.compression,
            "certificate": wanted.certificate,
            "client_key": wanted.client_key,
            "client_certificate": wanted.client_certificate,
            "insecure": wanted.insecure or None,
        }
    built = build_targets(export.endpoint, protocol=protocol, signals=settings)
    return {signal: built[signal] for signal in signals}


class Credentials:
    """
    The headers of one signal, as a sender asks for them: as they were loaded at first, read anew each further time.

    Tokens expire, and whoever renews one writes a file; an agent that runs for months cannot be started again for it.

    Args:
        headers: Headers of the configuration in force.
        signal: "traces", "metrics" or "logs".
        renew: Reads section `export` again. Must not raise.
    """

    def __init__(self, headers: Mapping[str, str], signal: str, renew: Callable[[], ExportSettings]) -> None:
        self._headers: Mapping[str, str] | None = headers
        self._signal = signal
        self._renew = renew

    def __call__(self) -> Mapping[str, str]:
        """Headers as they are now; never shown."""
        headers, self._headers = self._headers, None
        return self._renew().for_signal(self._signal).headers if headers is None else headers


class Nowhere(StatelessSender):
    """Takes what nobody wants: a signal that observers alone are for."""

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:  # noqa: ARG002 - the protocol's signature
        """Say that it was taken."""
        return ExportOutcome(Verdict.DELIVERED)

    def where(self, signal: str) -> str:  # noqa: ARG002 - the protocol's signature
        """Name the place."""
        return "nowhere"


def build_spool(settings: SpoolSettings, service: str) -> Spool | None:
    """
    Build the disk's part; nothing is made on it yet.

    Args:
        settings: Section `spool` of the configuration.
        service: Name of the service whose telemetry it holds.

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
