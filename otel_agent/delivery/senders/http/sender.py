"""
OTLP over HTTP with protobuf.

Connections are kept alive, one per signal that is being sent at a time; `transport` says which of the two transports a request
takes. Nothing is opened and no library is even loaded before the first request, which the delivery thread makes. Redirects are
not followed, because credentials would go along.
"""

import zlib
from collections.abc import Mapping

from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.delivery.outcomes import ExportOutcome, StatelessSender, Verdict
from otel_agent.delivery.senders.http.messages import NotSentError, Request
from otel_agent.delivery.senders.http.transport import Transport, choose_transport
from otel_agent.delivery.senders.http.verdicts import judge_response
from otel_agent.delivery.senders.targets import ExportTarget, current_headers, display_url

__all__ = ["HttpSender"]

WORTH_COMPRESSING_BYTES = 512
"""Smaller requests fit one packet as they are."""

RESERVED_HEADERS = frozenset({"content-type", "content-encoding"})
"""Headers that say what is sent, which nobody else can know."""


class HttpSender(StatelessSender):
    """
    Sends requests over HTTP; nothing is opened before the first one.

    Args:
        targets: Receiver of each signal; see `build_targets`.
    """

    def __init__(self, targets: Mapping[str, ExportTarget]) -> None:
        self._targets = dict(targets)
        self._headers: dict[str, dict[str, str]] = {}
        self._transports: dict[tuple[str | None, ...], Transport] = {}

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """
        Post one request. Never raises.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: Time for connecting and for the response together, in seconds.
        """
        target = self._targets[signal]
        end_s = monotonic_s() + target.patience_s(timeout_s)
        try:
            outcome = self._post(signal, target, body, end_s)
            if outcome.problem == "status_401" and self._renew_headers(signal, target) and end_s > monotonic_s():
                outcome = self._post(signal, target, body, end_s)
        except NotSentError as error:
            return error.outcome(self.where(signal))
        except Exception as error:  # noqa: BLE001 - an agent's function for headers, or what nobody has thought of
            return _failed(error, self.where(signal))
        if outcome.verdict is Verdict.DELIVERED:
            return outcome
        return outcome._replace(message=f"{self.where(signal)}: {outcome.message}")

    def where(self, signal: str) -> str:
        """
        The receiver's address, without credentials.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        return display_url(self._targets[signal].url)

    def close(self) -> None:
        """Close connections that nobody uses."""
        for transport in list(self._transports.values()):
            transport.close()

    def reinit_after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        for transport in list(self._transports.values()):
            transport.reinit_after_fork()

    def _post(self, signal: str, target: ExportTarget, body: bytes, end_s: float) -> ExportOutcome:
        headers = self._headers.get(signal)
        if headers is None:
            headers = self._headers[signal] = _headers(target)
        content, encoding = _compressed(body, target.compression)
        transport = choose_transport(target, self._transports)
        response = transport.post(Request(target.url, {**headers, **encoding}, content, end_s))
        return judge_response(response.status, response.headers, response.body, wall_ns() / 1e9)

    def _renew_headers(self, signal: str, target: ExportTarget) -> bool:
        """Read headers anew; whether they are others now."""
        before = self._headers.get(signal)
        after = _headers(target) if callable(target.headers) else before
        if after is None or after == before:
            return False
        self._headers[signal] = after
        return True


def _headers(target: ExportTarget) -> dict[str, str]:
    own = {
        name: value for name, value in current_headers(target.headers).items() if name.lower() not in RESERVED_HEADERS
    }
    named = {} if any(name.lower() == "user-agent" for name in own) else {"User-Agent": "otel-agent"}
    return {**named, **own, "Content-Type": "application/x-protobuf"}


def _compressed(body: bytes, compression: str) -> tuple[bytes, dict[str, str]]:
    if len(body) < WORTH_COMPRESSING_BYTES or compression not in {"gzip", "deflate"}:
        return body, {}
    # Level 1 takes a third of the time of the default level for a tenth more bytes; 31 means gzip, 15 means zlib.
    packer = zlib.compressobj(1, zlib.DEFLATED, 31 if compression == "gzip" else 15)
    return packer.compress(body) + packer.flush(), {"Content-Encoding": compression}


def _failed(error: Exception, where: str) -> ExportOutcome:
    if isinstance(error, ValueError) and "header" in str(error):
        return ExportOutcome(Verdict.HELD, "headers", f"{where}: {error}")
    return ExportOutcome(
        Verdict.LATER, "sender", f"{where}: sending failed in an unexpected way ({type(error).__name__})"
    )
