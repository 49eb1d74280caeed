"""Responses: whatever a server answers, and however it comes, is understood as `http.client` does."""

import http.client
import io
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otel_agent.clock import monotonic_s
from otel_agent.delivery.senders.http.messages import MAX_BODY_BYTES, NotSentError, Response
from otel_agent.delivery.senders.http.responses import MAX_RESPONSE_BYTES, ResponseReader, read_response

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"


class Connection:
    """The receiving side of a socket, which gives one piece at a time and then has come to its end."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def settimeout(self, _seconds: float) -> None:
        """Nothing here takes time."""

    def recv(self, most: int) -> bytes:
        """The next piece, or as much of it as is wanted."""
        piece = self._pieces.pop(0) if self._pieces else b""
        if len(piece) > most:
            self._pieces.insert(0, piece[most:])
        return piece[:most]


def reader(*pieces: bytes, seconds: float = 60) -> ResponseReader:
    """A reader of what comes in these pieces."""
    return ResponseReader(cast("Any", Connection(*pieces)), monotonic_s() + seconds)


def by_the_book(data: bytes) -> Response | None:
    """What the standard library makes of an answer; `None` for no answer."""

    class Words:
        def makefile(self, _mode: str) -> Any:
            return io.BytesIO(data)

    response = http.client.HTTPResponse(Words(), method="POST")  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read(MAX_BODY_BYTES + 1)
    except http.client.HTTPException:
        return None
    if response.length and len(body) <= MAX_BODY_BYTES:
        return None
    return Response(response.status, {name.lower(): value.strip() for name, value in response.getheaders()}, body)


def received(data: bytes, cuts: list[int]) -> Response | None:
    """What we make of the same answer, when it comes in pieces."""
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    try:
        response, _ = read_response(reader(*(data[start:end] for start, end in pairwise(places))))
    except (NotSentError, ConnectionError):
        return None
    return response._replace(headers={name: value.strip() for name, value in response.headers.items()})


NAMES = st.sampled_from(["Content-Type", "Retry-After", "Date", "X_odd", "Location", "Connection", "Content-Length"])
VALUES = st.sampled_from(["", "7", "text/html", " padded\t", "close", "keep-alive", "a: b", "caf\xe9", "0", "12"])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
STATUSES = st.sampled_from(
    ["200 OK", "200", "204 No Content", "304 Not Modified", "404 Not Found", "503 ", "20 x", "abc"]
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Answers as servers give them, good ones and bad ones."""
    body = draw(st.binary(max_size=40))
    lines = [f"{draw(st.sampled_from(['HTTP/1.1', 'HTTP/1.0', 'HTTP/2', 'SSH-2.0']))} {draw(STATUSES)}"]
    lines += [f"{name}: {value}" for name, value in draw(HEADERS)]
    framing = draw(st.sampled_from(["length", "length", "chunked", "none", "short", "interim"]))
    if framing in {"length", "short", "interim"}:
        lines.append(f"content-length: {len(body) + (framing == 'short')}")
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    end = draw(st.sampled_from(["\r\n", "\r\n", "\n"]))
    head = (end.join(lines) + end + end).encode("latin-1")
    before = b"HTTP/1.1 100 Continue\r\nX: a\r\n\r\n" * draw(st.integers(1, 2)) if framing == "interim" else b""
    return before + head + body


@given(answers(), st.lists(st.integers(0, 400), max_size=4))
@settings(max_examples=200, deadline=None)
@example(OK, [])
@example(OK, [1, 9, 16, 70])
@example(b"", [])
@example(b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 2\r\n\r\nok", [30])
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", [])
@example(b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", [])
@example(b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nok", [])
def test_every_answer_is_read_as_the_standard_library_reads_it(data: bytes, cuts: list[int]) -> None:
    """Status, headers and body are the same, wherever the network has cut them; and what is no answer there is none here."""
    assert by_the_book(data) == received(data, cuts)


def test_an_answer_that_comes_after_a_hint_is_waited_for() -> None:
    """Early hints are passed by, also when the answer comes in a piece of its own."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    response, is_reusable = read_response(reader(hint, hint[:9], hint[9:], OK))

    assert (200, b"", True) == (response.status, response.body, is_reusable)


@pytest.mark.parametrize(
    ("answer", "is_reusable"),
    [
        (OK, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", True),
        (OK + b"words nobody asked for", False),
        (OK.replace(b"1.1", b"1.0"), False),
        (OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), False),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", False),
    ],
)
def test_a_connection_is_used_again_when_its_response_has_ended(answer: bytes, is_reusable: bool) -> None:
    """It is, unless the response says otherwise, has no length, or is followed by something else."""
    assert is_reusable == read_response(reader(answer))[1]


def test_a_response_that_never_comes_is_given_up() -> None:
    """A receiver that goes on saying that its response will come is listened to for a bounded number of bytes."""
    hint = b"HTTP/1.1 100 Continue\r\n\r\n"

    with pytest.raises(ConnectionResetError):
        read_response(reader(*[hint * 1000] * (MAX_RESPONSE_BYTES // len(hint * 1000) + 1), OK))


def test_no_time_is_left_to_read() -> None:
    """Behind the deadline nothing is read any more."""
    with pytest.raises(TimeoutError):
        read_response(reader(OK, seconds=-1))
