"""
HTTP requests to receivers, with bounds: time, size of the answer, no redirects, no proxies out of the environment.

The time is for everything together. Looking up a name cannot be interrupted, and a receiver may send a byte a second for ever;
so the request is made on a thread of its own, which is left behind with its connection closed when the time is over.

A request is made inside `suppress`, so that telling of an alert makes no telemetry of its own.
"""

import json
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import urllib3

from otel_agent.alerts.notify.addresses import ReceiverAddress, checked_ip
from otel_agent.lifecycle.tasks import Task

__all__ = ["PostError", "Suppress", "request_json"]

ANSWER_LIMIT_BYTES = 65_536
"""No more of an answer is read, and nothing of it is repeated in messages."""
Suppress = Callable[[], AbstractContextManager[Any]]
"""Makes a context in which HTTP calls are not instrumented."""


class PostError(Exception):
    """The receiver did not take the request."""


def request_json(
    method: str,
    address: ReceiverAddress,
    path: str,
    body: Any = None,
    *,
    headers: Mapping[str, str] | Callable[[bytes], Mapping[str, str]] | None = None,
    timeout_s: float = 5.0,
    suppress: Suppress = nullcontext,
) -> Any:
    """
    Send a request and read the JSON of the answer.

    Args:
        method: POST, GET or DELETE.
        address: Address of the receiver.
        path: Path and query of the request.
        body: Plain values, or bytes that are JSON already; `None` sends no body.
        headers: Further headers, or a function that makes them out of the body.
        timeout_s: Longest time for everything together, in seconds.
        suppress: Makes a context in which HTTP calls are not instrumented.

    Returns:
        The values of the answer, or `None` when it holds no JSON.

    Raises:
        PostError: When the answer is not 2xx.
        Exception: Whatever the network brings.
    """
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    more = headers(data or b"") if callable(headers) else headers or {}
    sent = {"Host": _host(address), "Content-Type": "application/json", "User-Agent": "otel-agent", **more}
    exchange = _Exchange(method, address, path, data, sent, timeout_s, suppress)
    task = Task("notify-request", exchange.run).start()
    if not task.wait(timeout_s):
        exchange.abandon()
        raise TimeoutError(f"{address.host} has not answered within {timeout_s:g} s")
    if task.error is not None:
        raise task.error
    if not 200 <= exchange.status < 300:  # noqa: PLR2004 - the range HTTP calls success
        raise PostError(f"{address.host} answered {exchange.status}")
    try:
        return json.loads(exchange.text) if exchange.text else None
    except ValueError:
        return None


class _Exchange:
    """One request and its answer; see `request_json` for the arguments."""

    def __init__(
        self,
        method: str,
        address: ReceiverAddress,
        path: str,
        data: bytes | None,
        headers: Mapping[str, str],
        timeout_s: float,
        suppress: Suppress,
    ) -> None:
        self._method, self._address, self._path = method, address, path
        self._data, self._headers = data, headers
        self._timeout_s, self._suppress = timeout_s, suppress
        self._sockets: list[socket.socket] = []
        self._is_abandoned = False
        self.status = 0
        self.text = b""

    def run(self) -> None:
        """Make the request, on a thread of its own."""
        with self._suppress(), _pool(self._address, self._timeout_s) as pool:
            pool.ConnectionCls = _remembering(pool.ConnectionCls, self._connected)
            answer = pool.request(
                self._method,
                self._path,
                body=self._data,
                headers=dict(self._headers),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                self.text = answer.read(ANSWER_LIMIT_BYTES)
            finally:
                answer.close()
            self.status = answer.status

    def abandon(self) -> None:
        """Close the connection, so that the thread comes to an end; nothing is sent any more."""
        self._is_abandoned = True
        for connected in self._sockets:
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _connected(self, connected: socket.socket) -> None:
        self._sockets.append(connected)
        if self._is_abandoned:
            raise TimeoutError("connected too late")


def _remembering(base: Any, connected: Callable[[socket.socket], object]) -> Any:
    """A class of connections that says which socket it has, before anything is sent."""

    class Remembered(base):  # type: ignore[misc] # one of urllib3's two classes
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    return Remembered


def _host(address: ReceiverAddress) -> str:
    name = f"[{address.host}]" if ":" in address.host else address.host
    return name if address.port == (443 if address.is_tls else 80) else f"{name}:{address.port}"


def _pool(address: ReceiverAddress, timeout_s: float) -> urllib3.HTTPConnectionPool:
    ip = checked_ip(address)
    timeout = urllib3.Timeout(total=timeout_s)
    if not address.is_tls:
        return urllib3.HTTPConnectionPool(ip, address.port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        ip,
        address.port,
        timeout=timeout,
        maxsize=1,
        ssl_context=ssl.create_default_context(),
        server_hostname=address.host,
        assert_hostname=address.host,
    )
