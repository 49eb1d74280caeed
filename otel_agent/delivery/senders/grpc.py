"""
OTLP over gRPC: the bytes that are sent over HTTP as well, through a channel of grpcio's.

The channel follows the official exporter's rules for the address and for TLS, with one difference: a certificate that is
named and cannot be read means that nothing is sent. grpcio is loaded and the channel is made by the first request, and made
anew in a forked child, because a channel does not survive a fork.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from otel_agent import primitives
from otel_agent.config.grpc_targets import is_grpc_target, is_local_target
from otel_agent.delivery.outcomes import ExportOutcome, StatelessSender, Verdict
from otel_agent.delivery.payloads import fields
from otel_agent.delivery.senders.otlp_responses import (
    MAX_RETRY_AFTER_S,
    partial_success,
    printable_words,
    varint_value,
)
from otel_agent.delivery.senders.targets import ExportTarget, HeaderSource, current_headers, display_url, is_loopback
from otel_agent.late_imports import late_module, load

__all__ = ["GrpcSender", "retry_delay_s"]

grpc = late_module("grpc")  # it has no types

_METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}

_PASSING = {
    "CANCELLED",
    "DEADLINE_EXCEEDED",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNAVAILABLE",
    "DATA_LOSS",
    "RESOURCE_EXHAUSTED",
}
"""Statuses that may pass by themselves. Source: https://opentelemetry.io/docs/specs/otlp/#failures"""

_BAD_DATA = {"INVALID_ARGUMENT"}

_HINTS = {
    "UNAUTHENTICATED": "check OTEL_EXPORTER_OTLP_HEADERS or export.headers",
    "PERMISSION_DENIED": "check what the credentials may do",
    "UNIMPLEMENTED": "this is no OTLP receiver over gRPC, or it does not take this signal: check port and protocol",
}


class GrpcSender(StatelessSender):
    """
    Sends requests over gRPC; nothing is opened before the first one.

    Args:
        targets: Receiver of each signal; see `build_targets` with `protocol="grpc"`.
    """

    def __init__(self, targets: Mapping[str, ExportTarget]) -> None:
        self._targets = dict(targets)
        self._headers: dict[str, tuple[tuple[str, str], ...]] = {}
        self._open: dict[str, tuple[Any, Any]] = {}
        self._abandoned: list[Any] = []
        self._lock = primitives.Lock()

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """
        Send one request. Never raises.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: Time for connecting and for the response together, in seconds.
        """
        where = self.where(signal)
        try:
            patience_s = self._targets[signal].patience_s(timeout_s)
            response = self._call(signal)(body, timeout=patience_s, metadata=self._metadata(signal))
        except OSError as error:
            return ExportOutcome(
                Verdict.HELD,
                "certificate",
                f"{where}: {error.filename} cannot be read, so nothing is sent ({error.strerror})",
            )
        except ValueError as error:
            return ExportOutcome(Verdict.HELD, "headers", f"{where}: {error}")
        except Exception as error:  # noqa: BLE001 - grpcio's errors have no public tree; sorted by their status
            if callable(getattr(error, "code", None)):
                return self._failed(signal, error, where)
            return ExportOutcome(
                Verdict.LATER, "sender", f"{where}: sending failed in an unexpected way ({type(error).__name__})"
            )
        return _accepted(response, where)

    def where(self, signal: str) -> str:
        """
        The receiver's address, without credentials.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        return display_url(self._targets[signal].url)

    def close(self) -> None:
        """Close the channels; a call that is under way is cancelled."""
        with self._lock:
            channels, self._open = list(self._open.values()), {}
        for channel, _ in channels:
            channel.close()

    def reinit_after_fork(self) -> None:
        """Leave the parent's channels to the parent; they are kept, because ending them would wait for threads that are not here."""
        self._lock = primitives.Lock()
        self._abandoned += self._open.values()
        self._open = {}

    def _call(self, signal: str) -> Any:
        found = self._open.get(signal)
        if found is None:
            load("grpc")  # before the lock is held
            with self._lock:
                channel = _open_channel(self._targets[signal])
                call = channel.unary_unary(_METHODS[signal], request_serializer=None, response_deserializer=None)
                found = self._open[signal] = (channel, call)
        return found[1]

    def _reopen(self, signal: str) -> None:
        """Let the next attempt open a channel: this one would wait before it looks again whether somebody listens."""
        with self._lock:
            found = self._open.pop(signal, None)
        if found is not None:
            found[0].close()

    def _metadata(self, signal: str) -> tuple[tuple[str, str], ...]:
        found = self._headers.get(signal)
        if found is None:
            found = self._headers[signal] = _as_metadata(self._targets[signal].headers)
        return found

    def _failed(self, signal: str, error: Any, where: str) -> ExportOutcome:
        name = error.code().name
        words = printable_words(error.details() or "")
        text = f"{where}: it answers {name}{words}"
        if name == "UNAVAILABLE":
            self._reopen(signal)
        if name == "UNAUTHENTICATED":
            self._headers.pop(signal, None)  # read anew for the next attempt
        if name in _BAD_DATA or (name == "RESOURCE_EXHAUSTED" and "larger than max" in (error.details() or "")):
            return ExportOutcome(Verdict.REFUSED, name.lower(), text)
        if name in _PASSING:
            return ExportOutcome(Verdict.LATER, name.lower(), text, retry_after_s=_retry_after_s(error))
        hint = _HINTS.get(name)
        return ExportOutcome(Verdict.HELD, name.lower(), f"{text}: {hint}" if hint else text)


def retry_delay_s(info: bytes) -> float | None:
    """
    How long a google.rpc.RetryInfo asks to be left alone.

    Args:
        info: The bytes of the message.

    Returns:
        Seconds, or `None` when it asks for nothing.

    Raises:
        ValueError: These are not such bytes.

    Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
    """
    for duration in fields(info):
        if duration.number == 1:
            numbers = {
                each.number: varint_value(info[each.content : each.end])
                for each in fields(info, duration.content, duration.end)
            }
            return min(MAX_RETRY_AFTER_S, numbers.get(1, 0) + numbers.get(2, 0) / 1e9)
    return None


def _accepted(response: bytes, where: str) -> ExportOutcome:
    try:
        rejected, words = partial_success(response)
    except ValueError:
        return ExportOutcome(
            Verdict.HELD, "not_otlp", f"{where}: it answers with something that is no OTLP: check the endpoint"
        )
    return ExportOutcome(Verdict.DELIVERED, message=words, rejected=rejected)


def _retry_after_s(error: Any) -> float | None:
    """How long the receiver asks to be left alone, from the one of two places where it may say so."""
    try:
        for key, value in error.trailing_metadata() or ():
            if key == "google.rpc.retryinfo-bin":
                return retry_delay_s(value)
            if key == "grpc-status-details-bin":
                for detail in fields(value):
                    if detail.number == 3:  # noqa: PLR2004 - google.rpc.Status.details
                        parts = {
                            each.number: value[each.content : each.end]
                            for each in fields(value, detail.content, detail.end)
                        }
                        if parts.get(1, b"").endswith(b"google.rpc.RetryInfo"):
                            return retry_delay_s(parts.get(2, b""))
    except (ValueError, TypeError):
        return None
    return None


def _as_metadata(source: HeaderSource) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in current_headers(source).items())


def _open_channel(target: ExportTarget) -> Any:
    address, is_insecure = _address(target)
    compression = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}.get(
        target.compression, grpc.Compression.NoCompression
    )
    # Channels of one process with equal options share a connection unless told otherwise, also over a fork.
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.primary_user_agent", "otel-agent"),
    ]
    if is_insecure:
        return grpc.insecure_channel(address, options=options, compression=compression)
    credentials = grpc.ssl_channel_credentials(
        root_certificates=_content(target.certificate),
        private_key=_content(target.client_key),
        certificate_chain=_content(target.client_certificate),
    )
    return grpc.secure_channel(address, credentials, options=options, compression=compression)


def _address(target: ExportTarget) -> tuple[str, bool]:
    """What grpcio is given, and whether it speaks without TLS."""
    if is_grpc_target(target.url):
        if target.insecure is not None:
            return target.url, target.insecure
        return target.url, is_local_target(target.url) and target.certificate is None
    parts = urlsplit(target.url if "://" in target.url else f"//{target.url}")
    if parts.scheme == "https":
        return parts.netloc, False
    if target.insecure is not None:
        return parts.netloc, target.insecure
    return parts.netloc, parts.scheme == "http" or is_loopback(parts.hostname)


def _content(path: str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
