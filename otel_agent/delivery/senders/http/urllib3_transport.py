"""HTTP by urllib3: TLS, proxies, and addresses that have to be encoded first."""

import threading
from http import HTTPStatus
from typing import Any

from otel_agent.clock import monotonic_s
from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.senders.http.transport import CONNECT_TIMEOUT_S, PARALLEL, NotSentError, Request, Response
from otel_agent.delivery.senders.http.verdicts import MAX_BODY_BYTES
from otel_agent.delivery.senders.targets import ExportTarget
from otel_agent.late_imports import load

__all__ = ["Urllib3Transport"]


class Urllib3Transport:
    """
    See the module.

    Certificates that are named and cannot be read mean that nothing is sent: falling back to the system's authorities, as
    other exporters do, would trust somebody the operator did not choose.
    """

    def __init__(self, target: ExportTarget, proxy: str | None) -> None:
        """
        Know whom to trust; nothing is opened or read yet.

        Args:
            target: Its certificates and key are used.
            proxy: Address of a proxy, if there is one.
        """
        self._target = target
        self._proxy = proxy
        self._pool: Any = None
        self._lock = threading.Lock()

    def post(self, request: Request) -> Response:
        """
        Send one request and read its response; see `Way.post`.

        Args:
            request: To any address.

        Raises:
            NotSentError: There is no response, and why.
        """
        urllib3 = _library()
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
        self._lock = threading.Lock()
        self._pool = None


def _library() -> Any:
    # The last is what looking up a host's name loads.
    return load("urllib3", "urllib3.exceptions", "ssl", "encodings.idna")


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


def _build_pool(target: ExportTarget, proxy: str | None) -> Any:
    ssl, urllib3 = load("ssl"), _library()
    settings: dict[str, Any] = {"maxsize": PARALLEL, "num_pools": PARALLEL}
    if target.url.startswith("https:"):
        context = ssl.create_default_context(cafile=target.certificate)
        if target.client_certificate:
            context.load_cert_chain(target.client_certificate, target.client_key)
        settings["ssl_context"] = context
    return urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)


def _reason(error: Exception) -> NotSentError | None:
    """What an exception means; the text of an exception is shown only where it cannot hold a secret."""
    ssl, client, library = load("ssl"), load("http.client"), load("urllib3.exceptions")
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
        (library.NameResolutionError, "name"),
        (ConnectionRefusedError, "refused"),
        (library.NewConnectionError, "unreachable"),
        (library.ConnectTimeoutError, "connect"),
        (library.TimeoutError, "timeout"),
        (TimeoutError, "timeout"),
        (library.ProxyError, "proxy"),
        (client.RemoteDisconnected, "reset"),
        (client.BadStatusLine, "not_http"),
        (library.ProtocolError, "reset"),
        (OSError, "reset"),
    ):
        if any(isinstance(each, kind) for each in chain):
            return NotSentError(problem)
    return None
