"""
HTTP by urllib3: taken for TLS, for a proxy, and for addresses that have to be encoded first, see `transport`.

The library, `ssl` and `http.client` are loaded by the first request. Certificates that are named and cannot be read mean that
nothing is sent: falling back to the system's authorities, as other exporters do, would trust somebody the operator did not
choose.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.senders.http.messages import (
    CONNECT_TIMEOUT_S,
    MAX_BODY_BYTES,
    MAX_IDLE_CONNECTIONS,
    NotSentError,
    Request,
    Response,
)
from otel_agent.delivery.senders.targets import ExportTarget
from otel_agent.late_imports import late_module, load

if TYPE_CHECKING:
    import ssl
    from http import client

    import urllib3
    from urllib3 import exceptions
else:
    urllib3 = late_module("urllib3")
    exceptions = late_module("urllib3.exceptions")
    ssl = late_module("ssl")
    client = late_module("http.client")

__all__ = ["Urllib3Transport"]

_LIBRARY = ("urllib3", "urllib3.exceptions", "ssl", "encodings.idna")
"""What a request uses, loaded together; the last is what looking up a host's name loads."""


class Urllib3Transport:
    """
    Sends requests through a pool of urllib3's; a `transport.Transport`. Nothing is opened or read before the first request.

    Args:
        target: Receiver whose certificates and key are used.
        proxy: Address of a proxy, if there is one.
    """

    def __init__(self, target: ExportTarget, proxy: str | None) -> None:
        self._target = target
        self._proxy = proxy
        self._pool: Any = None
        self._lock = primitives.Lock()

    def post(self, request: Request) -> Response:
        """
        Send one request and read its response.

        Args:
            request: One POST, to any address.

        Raises:
            NotSentError: There is no response, and why.
        """
        load(*_LIBRARY)  # before the lock is held
        try:
            with self._lock:
                pool = self._pool = self._pool or _build_pool(self._target, self._proxy)
            left_s = request.end_s - monotonic_s()
            if left_s <= 0:
                raise TimeoutError  # noqa: TRY301 - the same as if it had come from below
            response = pool.request(
                "POST",
                request.url,
                body=request.content,
                headers=request.headers,
                timeout=urllib3.Timeout(total=left_s, connect=min(CONNECT_TIMEOUT_S, left_s), read=left_s),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            if response.status < HTTPStatus.OK:  # interim, and the library does not wait for what follows
                response.close()
                raise NotSentError("not_http")  # noqa: TRY301 - passes `_reason`, which knows nothing of it
            body = _read(response, request.end_s)
        except NotSentError:
            raise
        except Exception as error:  # the library's errors are a tree of their own
            reason = _reason(error)
            if reason is None:
                raise
            raise reason from None
        return Response(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def close(self) -> None:
        """Close connections that nobody uses."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.clear()

    def reinit_after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        self._lock = primitives.Lock()
        self._pool = None


def _read(response: Any, end_s: float) -> bytes:
    """A response's body, as much of it as is read; only a connection whose response was read to its end is used again."""
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


def _build_pool(target: ExportTarget, proxy: str | None) -> Any:
    settings: dict[str, Any] = {"maxsize": MAX_IDLE_CONNECTIONS, "num_pools": MAX_IDLE_CONNECTIONS}
    if target.url.startswith("https:"):
        context = ssl.create_default_context(cafile=target.certificate)
        if target.client_certificate:
            context.load_cert_chain(target.client_certificate, target.client_key)
        settings["ssl_context"] = context
    return urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)


def _reason(error: Exception) -> NotSentError | None:
    """What an exception means; the text of an exception is shown only where it cannot hold a secret."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = getattr(link, "original_error", None) or link.__cause__ or link.__context__
    if any(isinstance(each, ssl.SSLError | ssl.CertificateError) for each in chain):
        reason = next((str(getattr(each, "verify_message", "") or getattr(each, "reason", "")) for each in chain if isinstance(each, ssl.SSLError)), "")  # fmt: skip
        return NotSentError(
            "tls",
            f"no trusted connection ({reason or 'TLS'}): check OTEL_EXPORTER_OTLP_CERTIFICATE and the receiver's certificate",
            Verdict.HELD,
        )
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return NotSentError(
            "certificate",
            f"{error.filename} cannot be read, so nothing is sent ({error.strerror})",
            Verdict.HELD,
        )
    for kind, problem in (
        (exceptions.NameResolutionError, "name"),
        (ConnectionRefusedError, "refused"),
        (exceptions.NewConnectionError, "unreachable"),
        (exceptions.ConnectTimeoutError, "connect"),
        (exceptions.TimeoutError, "timeout"),
        (TimeoutError, "timeout"),
        (exceptions.ProxyError, "proxy"),
        (client.RemoteDisconnected, "reset"),
        (client.BadStatusLine, "not_http"),
        (exceptions.ProtocolError, "reset"),
        (OSError, "reset"),
    ):
        if any(isinstance(each, kind) for each in chain):
            return NotSentError(problem)
    return None
