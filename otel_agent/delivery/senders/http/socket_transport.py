"""
HTTP/1.1 straight over a socket: taken for plain `http://` addresses that are reached without a proxy, see `transport`.

A general client takes several times as long for a request, because it can do what ours never needs. Here a request is one write
and its response a read, over a connection that is kept for the next.

Source: RFC 9112, section 9.3 (connections that are kept)
"""

import re
import select
import socket
import weakref
from urllib.parse import urlsplit

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.delivery.senders.http.messages import (
    CONNECT_TIMEOUT_S,
    MAX_IDLE_CONNECTIONS,
    NotSentError,
    Request,
    Response,
)
from otel_agent.delivery.senders.http.native_sockets import find_addresses, new_socket
from otel_agent.delivery.senders.http.responses import ResponseReader, read_response
from otel_agent.late_imports import load

__all__ = ["SocketTransport", "is_plain_address"]

POLLIN = 1
"""`select.POLLIN`, which gevent takes away together with `poll`."""

ADDRESS = re.compile(r"http://(?:[A-Za-z0-9._~:/?\[\]!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
"""What RFC 3986 lets stand in an address as it is, but for user and fragment."""

FRAMING = frozenset({"host", "content-length", "transfer-encoding", "accept-encoding"})
"""Headers that say where a request ends, who it is for, and how we can read the answer; they are ours to write."""


def is_plain_address(url: str) -> bool:
    """
    Whether an address can be used as it is written, without TLS and without encoding anything in it first.

    Args:
        url: Address of a receiver that is reached without a proxy.
    """
    return ADDRESS.fullmatch(url) is not None and "/." not in url


class SocketTransport:
    """Sends requests over sockets of its own; a `transport.Transport`."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], list[socket.socket]] = {}
        self._is_closed = False
        weakref.finalize(self, _close_all, self._idle).atexit = False

    def post(self, request: Request) -> Response:
        """
        Send one request and read its response.

        Args:
            request: One POST; its address passes `is_plain_address`.

        Raises:
            NotSentError: There is no response, and why.
        """
        parts = urlsplit(request.url)
        address = parts.hostname or "", parts.port or 80
        head = _head(parts.netloc, f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", request)
        connection = self._idle_connection(address) or _connect(address, request.end_s)
        is_reusable = False
        try:
            response, is_reusable = _exchange(connection, head + request.content, request.end_s)
        except TimeoutError:
            raise NotSentError("timeout") from None
        except OSError:
            raise NotSentError("reset") from None
        finally:
            if is_reusable and not self._is_closed:
                self._keep(address, connection)
            else:
                connection.close()
        return response

    def close(self) -> None:
        """Close connections that nobody uses, and keep none any more."""
        self._is_closed = True
        _close_all(self._idle)

    def reinit_after_fork(self) -> None:
        """Close the child's ends of connections; the parent's stay open."""
        self._is_closed = False
        _close_all(self._idle)

    def _idle_connection(self, address: tuple[str, int]) -> socket.socket | None:
        """A connection that the other side has not closed meanwhile, if there is one."""
        connections = self._idle.get(address, [])
        while (connection := _pop(connections)) is not None:
            if _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _keep(self, address: tuple[str, int], connection: socket.socket) -> None:
        connections = self._idle.setdefault(address, [])
        if len(connections) < MAX_IDLE_CONNECTIONS:
            connections.append(connection)
        else:
            connection.close()


def _close_all(idle: dict[tuple[str, int], list[socket.socket]]) -> None:
    for connections in list(idle.values()):
        while (connection := _pop(connections)) is not None:
            connection.close()


def _pop(connections: list[socket.socket]) -> socket.socket | None:
    """One of several, which other threads take from at the same time."""
    try:
        return connections.pop()
    except IndexError:
        return None


def _head(host: str, path: str, request: Request) -> bytes:
    own = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items() if name.lower() not in FRAMING)
    host = next((value for name, value in request.headers.items() if name.lower() == "host"), host)
    length = len(request.content)
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n{own}Content-Length: {length}\r\n\r\n"
    return head.encode("latin-1")


def _connect(address: tuple[str, int], end_s: float) -> socket.socket:
    load("encodings.idna")  # what looking up a name loads
    reason = "unreachable"
    try:
        addresses = find_addresses(*address)
    except (socket.gaierror, UnicodeError):
        raise NotSentError("name") from None
    for family, kind, protocol, _, place in addresses:
        left_s = end_s - monotonic_s()
        if left_s <= 0:
            raise NotSentError("connect")
        try:
            connection = new_socket(family, kind, protocol)
        except OSError:  # a family that this machine does not speak
            continue
        try:
            connection.settimeout(min(CONNECT_TIMEOUT_S, left_s))
            connection.connect(place)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            reason = "connect" if isinstance(error, TimeoutError) else "unreachable"
            reason = "refused" if isinstance(error, ConnectionRefusedError) else reason
        else:
            return connection
    raise NotSentError(reason)


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has come since the last response: neither the end, nor bytes that nobody asked for."""
    if primitives.poll is None:
        return not select.select([connection], [], [], 0)[0]
    poll = primitives.poll()
    poll.register(connection, POLLIN)
    return not poll.poll(0)


def _exchange(connection: socket.socket, request: bytes, end_s: float) -> tuple[Response, bool]:
    """Write, read, and say whether the connection can be used again."""
    reader = ResponseReader(connection, end_s)
    is_written = False
    try:
        reader.set_timeout()
        connection.sendall(request)
        is_written = True
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before it was read to its end: the response may have come all the same
    response, is_reusable = read_response(reader)
    return response, is_reusable and is_written
