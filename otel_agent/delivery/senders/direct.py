"""
HTTP/1.1 straight over a socket, for receivers that are reached without TLS and without a proxy: a collector beside the agent.

A general client takes several times as long for a request, because it can do what ours never needs; here one is a write and a
read. Responses of the plain kind, with a length and nothing unusual, are read here; all others (chunks, interim responses,
HTTP/1.0, no length, folded or repeated lines) are read from the same bytes by `http.client`.

Source: RFC 9112, sections 6.3 (length of a body) and 9.3 (connections that are kept)
"""

import io
import re
import select
import socket
import weakref
from typing import Any
from urllib.parse import urlsplit

from otel_agent.clock import monotonic_s
from otel_agent.delivery.loading import load
from otel_agent.delivery.senders.responses import MAX_BODY_BYTES
from otel_agent.delivery.senders.ways import CONNECT_TIMEOUT_S, NotSentError, Request, Response

__all__ = ["DirectWay", "can_go_directly"]

MAX_HEAD_BYTES = 65_536
"""Longer heads of responses are nobody's."""

IDLE_PER_HOST = 4
"""Connections kept open: three signals at the end of the process, and one to spare."""

STATUS_LINE = re.compile(r"HTTP/1\.1 ([2-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")
HEADER_LINE = re.compile(r"([A-Za-z0-9-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
LENGTH = re.compile(r"[0-9]{1,5}")
"""What can be read here; a length of more digits is beyond what is read at all."""

WITHOUT_BODY = frozenset({"204", "304"})
"""Whatever length they say."""

FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection"})
"""Headers that say where a request ends and who it is for; they are ours to write."""


def can_go_directly(url: str) -> bool:
    """
    Whether an address can be used as it is written; what would have to be encoded first, or TLS, is for others.

    Args:
        url: Of a receiver that is reached without a proxy.
    """
    return url.startswith("http://") and url.isascii() and url.isprintable() and " " not in url


class DirectWay:
    """See the module."""

    def __init__(self) -> None:
        """Begin without connections."""
        self._idle: dict[tuple[str, int], list[socket.socket]] = {}
        self._is_closed = False
        weakref.finalize(self, _close_all, self._idle).atexit = False

    def post(self, request: Request) -> Response:
        """
        Send one request and read its response; see `Way.post`.

        Args:
            request: Its address is one of those that `can_go_directly`.

        Raises:
            NotSentError: There is no response, and why.
        """
        parts = urlsplit(request.url)
        address = parts.hostname or "", parts.port or 80
        head = _head(parts.netloc, f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", request)
        connection = self._kept(address) or _connect(address, request.end_s)
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
        _close_all(self._idle)

    def _kept(self, address: tuple[str, int]) -> socket.socket | None:
        """A connection that the other side has not closed meanwhile, if there is one."""
        connections = self._idle.get(address, [])
        while connections:
            connection = connections.pop()
            if _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _keep(self, address: tuple[str, int], connection: socket.socket) -> None:
        connections = self._idle.setdefault(address, [])
        if len(connections) < IDLE_PER_HOST:
            connections.append(connection)
        else:
            connection.close()


def _close_all(idle: dict[tuple[str, int], list[socket.socket]]) -> None:
    for connections in list(idle.values()):
        while connections:
            connections.pop().close()


def _head(host: str, path: str, request: Request) -> bytes:
    own = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items() if name.lower() not in FRAMING)
    host = next((value for name, value in request.headers.items() if name.lower() == "host"), host)
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{own}Content-Length: {len(request.content)}\r\n\r\n".encode(
        "latin-1"
    )


def _connect(address: tuple[str, int], end_s: float) -> socket.socket:
    load("encodings.idna")  # what looking up a name loads
    try:
        connection = socket.create_connection(address, max(0.001, min(CONNECT_TIMEOUT_S, end_s - monotonic_s())))
    except (socket.gaierror, UnicodeError):
        raise NotSentError("name") from None
    except TimeoutError:
        raise NotSentError("connect") from None
    except ConnectionRefusedError:
        raise NotSentError("refused") from None
    except OSError:
        raise NotSentError("unreachable") from None
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has come since the last response: neither the end, nor words that nobody asked for."""
    if not hasattr(select, "poll"):
        return not select.select([connection], [], [], 0)[0]
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return not poll.poll(0)


def _exchange(connection: socket.socket, request: bytes, end_s: float) -> tuple[Response, bool]:
    """Write, read, and say whether the connection can be used again."""
    reading = _Reading(connection, end_s)
    is_written = False
    try:
        reading.hurry()
        connection.sendall(request)
        is_written = True
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before it was read to its end: the response may have come all the same
    reading.fill()
    while reading.is_head():
        reading.fill()
    end = reading.data.find(b"\r\n\r\n")
    found = _plain(reading.data[:end].decode("latin-1")) if end >= 0 else None
    if found is None:
        response, is_reusable = _read_by_the_book(reading)
        return response, is_reusable and is_written
    status, headers, length = found
    end += 4
    while len(reading.data) < end + length:
        reading.fill()
    return Response(status, headers, reading.data[end : end + length]), is_written and len(reading.data) == end + length


def _plain(head: str) -> tuple[int, dict[str, str], int] | None:
    """Status, headers and length of the body, or `None` for whatever takes more than this to understand."""
    first, *lines = head.split("\r\n")
    status = STATUS_LINE.fullmatch(first)
    headers = {}
    for line in lines:
        header = HEADER_LINE.fullmatch(line)
        if header is None:
            return None
        headers[header[1].lower()] = header[2].rstrip(" \t")
    length = headers.get("content-length", "")
    if (
        status is None
        or status[1] in WITHOUT_BODY
        or len(headers) != len(lines)
        or not LENGTH.fullmatch(length)
        or int(length) > MAX_BODY_BYTES
        or "transfer-encoding" in headers
        or headers.get("connection", "keep-alive").lower() != "keep-alive"
    ):
        return None
    return int(status[1]), headers, int(length)


def _read_by_the_book(reading: "_Reading") -> tuple[Response, bool]:
    client = load("http.client")
    response = client.HTTPResponse(reading, method="POST")
    try:
        response.begin()
        body = response.read(MAX_BODY_BYTES + 1)
    except (client.RemoteDisconnected, client.IncompleteRead):
        raise NotSentError("reset") from None
    except client.HTTPException:
        raise NotSentError("not_http") from None
    if response.length and len(body) <= MAX_BODY_BYTES:
        raise NotSentError("reset")
    headers = {name.lower(): value for name, value in response.getheaders()}
    is_whole = response.isclosed()
    if not is_whole:
        response.close()
    return Response(response.status, headers, body), is_whole and not response.will_close


class _Reading(io.RawIOBase):
    """What comes over a connection until the time is over: all of it in `data`, and once more as a file."""

    def __init__(self, connection: socket.socket, end_s: float) -> None:
        super().__init__()
        self.data = b""
        self._at = 0
        self._connection = connection
        self._end_s = end_s

    def hurry(self) -> None:
        """Let the next operation take no longer than there is time."""
        left_s = self._end_s - monotonic_s()
        if left_s <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)

    def fill(self) -> None:
        """Wait for more; the end of the connection is an error."""
        if not self._more():
            raise ConnectionResetError

    def is_head(self) -> bool:
        """Whether it begins as a response does, and its headers have not come to their end."""
        data = self.data
        return (
            data.startswith(b"HTTP/1.") and len(data) < MAX_HEAD_BYTES and b"\n\r\n" not in data and b"\n\n" not in data
        )

    def makefile(self, _mode: str) -> Any:
        """What `http.client` reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        if self._at == len(self.data) and not self._more():
            return 0
        part = self.data[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _more(self) -> bool:
        self.hurry()
        part = self._connection.recv(65_536)
        self.data += part
        return bool(part)
