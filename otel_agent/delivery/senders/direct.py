"""
HTTP/1.1 straight over a socket, for receivers that are reached without TLS and without a proxy: a collector beside the agent.

A general client takes several times as long for a request, because it can do what ours never needs; here one is a write and a
read. Responses of the plain kind, with a length and nothing unusual, are read here; all others (chunks, HTTP/1.0, no length,
folded or repeated lines) are read from the same bytes by `http.client`.

Source: RFC 9112, sections 6.3 (length of a body) and 9.3 (connections that are kept)
"""

import io
import re
import select
import socket
import weakref
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from otel_agent.clock import monotonic_s
from otel_agent.delivery.loading import load
from otel_agent.delivery.senders.responses import MAX_BODY_BYTES
from otel_agent.delivery.senders.ways import CONNECT_TIMEOUT_S, PARALLEL, NotSentError, Request, Response

__all__ = ["DirectWay", "can_go_directly"]

MAX_HEAD_BYTES = 65_536
"""Longer heads of responses are nobody's."""

MAX_ANSWER_BYTES = 1 << 20
"""More than this is nobody's answer, however it is framed."""

ADDRESS = re.compile(r"http://(?:[A-Za-z0-9._~:/?\[\]!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
"""What RFC 3986 lets stand in an address as it is, but for user and fragment."""

STATUS_LINE = re.compile(r"HTTP/1\.1 ([2-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")
HEADER_LINE = re.compile(r"([A-Za-z0-9-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
LENGTH = re.compile(r"[0-9]{1,5}")
"""What can be read here; a length of more digits is beyond what is read at all."""

INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}\b")
"""Begins a response after which another comes; 101 is the last one in this protocol."""

WITHOUT_BODY = frozenset({"204", "304"})
"""Whatever length they say."""

FRAMING = frozenset({"host", "content-length", "transfer-encoding", "accept-encoding"})
"""Headers that say where a request ends, who it is for, and how we can read the answer; they are ours to write."""


def can_go_directly(url: str) -> bool:
    """
    Whether an address can be used as it is written; what would have to be encoded first, or TLS, is for others.

    Args:
        url: Of a receiver that is reached without a proxy.
    """
    return ADDRESS.fullmatch(url) is not None and "/." not in url


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
        while (connection := _taken(connections)) is not None:
            if _is_quiet(connection):
                return connection
            connection.close()
        return None

    def _keep(self, address: tuple[str, int], connection: socket.socket) -> None:
        connections = self._idle.setdefault(address, [])
        if len(connections) < PARALLEL:
            connections.append(connection)
        else:
            connection.close()


def _close_all(idle: dict[tuple[str, int], list[socket.socket]]) -> None:
    for connections in list(idle.values()):
        while (connection := _taken(connections)) is not None:
            connection.close()


def _taken(connections: list[socket.socket]) -> socket.socket | None:
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
        places = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise NotSentError("name") from None
    for family, kind, protocol, _, place in places:
        left_s = end_s - monotonic_s()
        if left_s <= 0:
            raise NotSentError("connect")
        try:
            connection = socket.socket(family, kind, protocol)
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
    reading.fill_head()
    while INTERIM.match(reading.data):
        reading.skip_head()
        reading.fill_head()
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
    except (client.HTTPException, ValueError):
        raise NotSentError("not_http") from None
    if response.length and len(body) <= MAX_BODY_BYTES:
        raise NotSentError("reset")
    headers = {name.lower(): value for name, value in response.getheaders()}
    is_reusable = (
        response.isclosed() and not response.will_close and not reading.data and response.status >= HTTPStatus.OK
    )
    response.close()
    return Response(response.status, headers, body), is_reusable


class _Reading(io.RawIOBase):
    """What comes over a connection until the time is over: `data` has come and was not read yet; also a file to read from."""

    def __init__(self, connection: socket.socket, end_s: float) -> None:
        super().__init__()
        self.data = b""
        self._connection = connection
        self._end_s = end_s
        self._count = 0

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

    def fill_head(self) -> None:
        """Wait until the headers have come to their end, or what has come does not begin as a response does."""
        while not self.data or self._is_head():
            self.fill()

    def skip_head(self) -> None:
        """Pass by a response that has no body."""
        ends = [place for place in (self.data.find(b"\n\r\n") + 3, self.data.find(b"\n\n") + 2) if place > 2]  # noqa: PLR2004 - found
        if not ends:
            raise ConnectionResetError
        self.data = self.data[min(ends) :]

    def makefile(self, _mode: str) -> Any:
        """What `http.client` reads from."""
        return self

    def readable(self) -> bool:
        """It is."""
        return True

    def peek(self, _size: int = 0) -> bytes:
        """The next bytes, left where they are; `readline` uses it."""
        if not self.data:
            self._more()
        return self.data

    def read(self, size: int = -1) -> bytes:
        """As many bytes as are asked for, and fewer only at the end of the connection."""
        while (size < 0 or len(self.data) < size) and self._more():
            pass
        end = len(self.data) if size < 0 else size
        part, self.data = self.data[:end], self.data[end:]
        return part

    def readinto(self, buffer: Any) -> int:
        """The same, into a buffer."""
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def _is_head(self) -> bool:
        data = self.data
        return (
            data.startswith(b"HTTP/1.") and len(data) < MAX_HEAD_BYTES and b"\n\r\n" not in data and b"\n\n" not in data
        )

    def _more(self) -> bool:
        self.hurry()
        part = self._connection.recv(65_536)
        self._count += len(part)
        if self._count > MAX_ANSWER_BYTES:
            raise ConnectionResetError
        self.data += part
        return bool(part)
