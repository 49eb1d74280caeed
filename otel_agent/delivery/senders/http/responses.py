"""
The response to a request over HTTP/1.1, read from its connection.

Responses of the plain kind, with a length and nothing unusual, are read here; all others (chunks, HTTP/1.0, no length, folded or
repeated lines) are read from the same bytes by `http.client`, which takes several times as long.

Source: RFC 9112, section 6.3 (length of a body)
"""

import io
import re
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from otel_agent.clock import monotonic_s
from otel_agent.delivery.senders.http.messages import MAX_BODY_BYTES, NotSentError, Response
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from http import client
else:
    client = late_module("http.client")

__all__ = ["ResponseReader", "read_response"]

MAX_HEAD_BYTES = 65_536
"""Longer heads of responses are nobody's."""

MAX_RESPONSE_BYTES = 1 << 20
"""More than this is nobody's response, however it is framed."""

STATUS_LINE = re.compile(r"HTTP/1\.1 ([2-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?")
HEADER_LINE = re.compile(r"([A-Za-z0-9-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
LENGTH = re.compile(r"[0-9]{1,5}")
"""What can be read here; a length of more digits is beyond what is read at all."""

HEAD_END = re.compile(rb"\n\r?\n")
"""The empty line behind the headers; what ends its lines without a carriage return is for `http.client`, and waited for all the same."""

INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}\b")
"""Begins a response after which another comes; 101 is the last one in this protocol."""

WITHOUT_BODY = frozenset({"204", "304"})
"""Whatever length they say."""


def read_response(reader: "ResponseReader") -> tuple[Response, bool]:
    """
    Read one response, passing by those that only say that it will come.

    Args:
        reader: Reader of a connection on which a request was written.

    Returns:
        The response, and whether the connection can be used for another request.

    Raises:
        NotSentError: What comes is no response, or ends too early.
        OSError: The connection ends, or the time is over.
    """
    reader.fill_head()
    while INTERIM.match(reader.data):
        reader.skip_head()
        reader.fill_head()
    end = reader.data.find(b"\r\n\r\n")
    found = _parsed_head(reader.data[:end].decode("latin-1")) if end >= 0 else None
    if found is None:
        return _read_with_library(reader)
    status, headers, length = found
    end += 4
    while len(reader.data) < end + length:
        reader.fill()
    return Response(status, headers, reader.data[end : end + length]), len(reader.data) == end + length


def _parsed_head(head: str) -> tuple[int, dict[str, str], int] | None:
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


def _read_with_library(reader: "ResponseReader") -> tuple[Response, bool]:
    response = client.HTTPResponse(reader, method="POST")  # type: ignore[arg-type] # all it wants of a socket is `makefile`
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
        response.isclosed() and not response.will_close and not reader.data and response.status >= HTTPStatus.OK
    )
    response.close()
    return Response(response.status, headers, body), is_reusable


class ResponseReader(io.RawIOBase):
    """
    Reads a connection until its deadline: `data` has come and was not consumed yet. A file object for `http.client` too.

    Args:
        connection: Socket that a request was written to; the caller closes it.
        end_s: Deadline on the monotonic clock, in seconds.
    """

    def __init__(self, connection: socket.socket, end_s: float) -> None:
        super().__init__()
        self.data = b""
        self._connection = connection
        self._end_s = end_s
        self._count = 0

    def set_timeout(self) -> None:
        """Let the next operation of the socket end at the deadline; raises `TimeoutError` when that is over."""
        left_s = self._end_s - monotonic_s()
        if left_s <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)

    def fill(self) -> None:
        """Wait for more; the end of the connection is an error."""
        if not self._receive():
            raise ConnectionResetError

    def fill_head(self) -> None:
        """Wait until the headers have come to their end, or what has come does not begin as a response does."""
        while not self.data or self._is_head():
            self.fill()

    def skip_head(self) -> None:
        """Pass by a response that has no body."""
        end = HEAD_END.search(self.data)
        if end is None:
            raise ConnectionResetError
        self.data = self.data[end.end() :]

    def makefile(self, mode: str) -> Any:  # noqa: ARG002 - a socket's signature
        """
        What `http.client` reads from.

        Args:
            mode: Mode of a file, not used.
        """
        return self

    def peek(self, size: int = 0) -> bytes:  # noqa: ARG002 - a file's signature
        """
        The next bytes, left where they are; `readline` uses it.

        Args:
            size: How many are wanted; there may be more or fewer.
        """
        if not self.data:
            self._receive()
        return self.data

    def read(self, size: int = -1) -> bytes:
        """
        As many bytes as are asked for, and fewer only at the end of the connection.

        Args:
            size: How many; below 0: all there will be.
        """
        while (size < 0 or len(self.data) < size) and self._receive():
            pass
        end = len(self.data) if size < 0 else size
        part, self.data = self.data[:end], self.data[end:]
        return part

    def _is_head(self) -> bool:
        data = self.data
        return data.startswith(b"HTTP/1.") and len(data) < MAX_HEAD_BYTES and HEAD_END.search(data) is None

    def _receive(self) -> bool:
        self.set_timeout()
        part = self._connection.recv(65_536)
        self._count += len(part)
        if self._count > MAX_RESPONSE_BYTES:
            raise ConnectionResetError
        self.data += part
        return bool(part)
