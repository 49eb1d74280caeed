"""
OTLP over HTTP with protobuf.

Connections are kept alive, one per signal that is being sent at a time. Nothing is opened and urllib3 is not even loaded
before the first request, which the delivery thread makes. Redirects are not followed, because credentials would go along.

Certificates that are named and cannot be read mean that nothing is sent: falling back to the system's authorities, as other
exporters do, would trust somebody the operator did not choose.
"""

import threading
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.delivery.answers import Answer, Verdict
from otel_agent.delivery.loading import load
from otel_agent.delivery.senders.responses import MAX_BODY_BYTES, judge_response
from otel_agent.delivery.senders.resting import Resting
from otel_agent.delivery.senders.targets import Target, current_headers, is_loopback, shown

__all__ = ["HttpSender"]

CONNECT_TIMEOUT_S = 3.05
"""A little more than a lost SYN takes to be sent again."""

WORTH_COMPRESSING_BYTES = 512
"""Smaller requests fit one packet as they are."""

PARALLEL = 4
"""Connections kept open: three signals at the end of the process, and one to spare."""


class HttpSender(Resting):
    """Sends over HTTP; see the module."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        """
        Know where to send; nothing is opened yet.

        Args:
            targets: By signal; see `build_targets`.
        """
        self._targets = dict(targets)
        self._headers: dict[str, dict[str, str]] = {}
        self._pools: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.Lock()

    def send(self, signal: str, body: bytes, timeout_s: float) -> Answer:
        """
        Post one request. Never raises.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: For connecting and for the answer together, in seconds.
        """
        target = self._targets[signal]
        timeout_s = target.patience_s(timeout_s)
        end_s = monotonic_s() + timeout_s
        try:
            answer = self._post(signal, target, body, timeout_s)
            if answer.problem == "status_401" and self._renew(signal, target) and end_s > monotonic_s():
                answer = self._post(signal, target, body, end_s - monotonic_s())
        except Exception as error:  # noqa: BLE001 - the library's errors are a tree of their own, sorted in _failed
            return _failed(error, self.where(signal))
        if answer.verdict is Verdict.DELIVERED:
            return answer
        return Answer(
            answer.verdict,
            answer.problem,
            f"{self.where(signal)}: {answer.message}",
            answer.rejected,
            answer.retry_after_s,
        )

    def where(self, signal: str) -> str:
        """
        The address, without credentials.

        Args:
            signal: As above.
        """
        return shown(self._targets[signal].url)

    def close(self) -> None:
        """Close connections that nobody uses."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.clear()

    def reinit_after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        self._lock = threading.Lock()
        self._pools = {}

    def _post(self, signal: str, target: Target, body: bytes, timeout_s: float) -> Answer:
        urllib3 = _library()
        headers = self._headers.get(signal)
        if headers is None:
            headers = self._headers[signal] = current_headers(target.headers)
        content, encoding = _compressed(body, target.compression)
        response = self._pool(target).request(
            "POST",
            target.url,
            body=content,
            headers={**headers, **encoding, "Content-Type": "application/x-protobuf", "User-Agent": "otel-agent"},
            timeout=urllib3.Timeout(total=timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s), read=timeout_s),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        answered = _read(response, monotonic_s() + timeout_s)
        found = {name.lower(): value for name, value in response.headers.items()}
        return judge_response(response.status, found, answered, wall_ns() / 1e9)

    def _renew(self, signal: str, target: Target) -> bool:
        """Read headers anew; whether they are others now."""
        before = self._headers.get(signal)
        after = current_headers(target.headers) if callable(target.headers) else before
        if after is None or after == before:
            return False
        self._headers[signal] = after
        return True

    def _pool(self, target: Target) -> Any:
        proxy = _proxy(target.url)
        key = (proxy, target.certificate, target.client_key, target.client_certificate)
        with self._lock:
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = _build_pool(target, proxy)
        return pool


def _library() -> Any:
    # The last is what looking up a host's name loads.
    return load("urllib3", "urllib3.exceptions", "ssl", "urllib.request", "encodings.idna")


def _read(response: Any, end_s: float) -> bytes:
    """An answer's body, as much of it as is read; only a connection whose answer was read to its end is used again."""
    body = b""
    is_whole = False
    try:
        while len(body) <= MAX_BODY_BYTES and monotonic_s() < end_s:
            part = response.read1(MAX_BODY_BYTES)
            if not part:
                is_whole = True
                break
            body += part
    finally:
        if not is_whole:
            response.close()
        response.release_conn()
    return body


def _build_pool(target: Target, proxy: str | None) -> Any:
    ssl, urllib3 = load("ssl"), _library()
    settings: dict[str, Any] = {"maxsize": PARALLEL, "num_pools": PARALLEL}
    if target.url.startswith("https:"):
        context = ssl.create_default_context(cafile=target.certificate)
        if target.client_certificate:
            context.load_cert_chain(target.client_certificate, target.client_key)
        settings["ssl_context"] = context
    return urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)


def _proxy(url: str) -> str | None:
    system = load("urllib.request")
    parts = urlsplit(url)
    if is_loopback(parts.hostname) or system.proxy_bypass(parts.hostname or ""):
        return None
    found: str | None = system.getproxies().get(parts.scheme)
    return found


def _compressed(body: bytes, compression: str) -> tuple[bytes, dict[str, str]]:
    if len(body) < WORTH_COMPRESSING_BYTES or compression not in {"gzip", "deflate"}:
        return body, {}
    # Level 1 takes a third of the time of the default level for a tenth more bytes; 31 means gzip, 15 means zlib.
    packer = zlib.compressobj(1, zlib.DEFLATED, 31 if compression == "gzip" else 15)
    return packer.compress(body) + packer.flush(), {"Content-Encoding": compression}


def _failed(error: Exception, where: str) -> Answer:
    """What an exception of the library means; the text of an exception is shown only where it cannot hold a secret."""
    ssl, library = load("ssl"), load("urllib3.exceptions")
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = getattr(link, "original_error", None) or link.__cause__ or link.__context__
    if any(isinstance(each, ssl.SSLError | ssl.CertificateError) for each in chain):
        reason = next((str(getattr(each, "verify_message", "") or getattr(each, "reason", "")) for each in chain if isinstance(each, ssl.SSLError)), "")  # fmt: skip
        return Answer(
            Verdict.HELD,
            "tls",
            f"{where}: no trusted connection ({reason or 'TLS'}): check OTEL_EXPORTER_OTLP_CERTIFICATE and the receiver's certificate",
        )
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return Answer(
            Verdict.HELD,
            "certificate",
            f"{where}: {error.filename} cannot be read, so nothing is sent ({error.strerror})",
        )
    for kind, problem, text in (
        (library.NameResolutionError, "name", "the host's name is not known"),
        (ConnectionRefusedError, "refused", "nobody listens there"),
        (library.NewConnectionError, "unreachable", "it cannot be reached"),
        (library.ConnectTimeoutError, "timeout", "no connection within the time"),
        (library.ReadTimeoutError, "timeout", "no answer within the time"),
        (library.TimeoutError, "timeout", "no answer within the time"),
        (library.ProxyError, "proxy", "the proxy cannot be reached: check HTTP_PROXY and HTTPS_PROXY"),
        (library.ProtocolError, "reset", "the connection ended before an answer"),
        (OSError, "reset", "the connection broke"),
    ):
        if any(isinstance(each, kind) for each in chain):
            return Answer(Verdict.LATER, problem, f"{where}: {text}")
    if isinstance(error, ValueError) and "header" in str(error):
        return Answer(Verdict.HELD, "headers", f"{where}: {error}")
    return Answer(Verdict.LATER, "sender", f"{where}: sending failed in an unexpected way ({type(error).__name__})")
