"""Requests straight over a socket: whatever a server answers, and however it comes, is understood as `http.client` does."""

import http.client
import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from otlp_server import OtlpServer

from otel_agent.clock import monotonic_s
from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.http.socket_transport import SocketTransport, _exchange, can_go_directly
from otel_agent.delivery.senders.http.transport import NotSentError, Request, Response
from otel_agent.delivery.senders.http.verdicts import MAX_BODY_BYTES
from otel_agent.delivery.senders.targets import build_targets, current_headers

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
Serve = Callable[[socket.socket], None]


def request(port: int, content: bytes = b"spans", seconds: float = 5, **headers: str) -> Request:
    """A POST to this machine."""
    return Request(f"http://127.0.0.1:{port}/v1/traces", headers, content, monotonic_s() + seconds)


@contextmanager
def serving(*serve: Serve) -> Iterator[int]:
    """A port whose first connection is served by the first function, the second by the second."""

    def run() -> None:
        for each in serve:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                each(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def take(connection: socket.socket) -> bytes:
    """One request, to its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))[15:])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(*parts: bytes, pause_s: float = 0.0) -> Serve:
    """Takes one request and answers in parts, then closes."""

    def serve(connection: socket.socket) -> None:
        take(connection)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)

    return serve


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


def exchanged(data: bytes, cuts: list[int]) -> Response | None:
    """What we make of the same answer, when it comes in pieces."""
    ours, theirs = socket.socketpair()
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})

    def serve() -> None:
        theirs.recv(65536)
        for start, end in pairwise(places):
            theirs.sendall(data[start:end])
            time.sleep(0.0005)
        theirs.shutdown(socket.SHUT_WR)

    with ours, theirs:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            response, _ = _exchange(ours, b"request", monotonic_s() + 10)
        except (NotSentError, ConnectionError):
            return None
        finally:
            thread.join(10)
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
    assert by_the_book(data) == exchanged(data, cuts)


@pytest.mark.parametrize("size", [MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 99_999, 100_000, 10_000_000])
def test_of_a_long_answer_no_more_than_is_worth_it_is_read(size: int) -> None:
    """As much as the standard library is asked for, and the rest is left."""
    data = b"HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    with serving(answering(data)) as port:
        response = SocketTransport().post(request(port))

    assert (503, MAX_BODY_BYTES + (size > MAX_BODY_BYTES)) == (response.status, len(response.body))


def test_one_connection_serves_many_answers() -> None:
    """It is kept after a plain answer, and after one in chunks."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        for answer in (OK, chunked, OK):
            take(connection)
            connection.sendall(answer)

    way = SocketTransport()
    with serving(serve) as port:
        bodies = [way.post(request(port)).body for _ in range(3)]
        way.close()

    assert [b"", b"ok", b""] == bodies


@pytest.mark.parametrize(
    "answer",
    [OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK.replace(b"1.1", b"1.0"), OK + b"words nobody asked for", OK],
    ids=["it says so", "HTTP/1.0", "more than an answer", "it closes without saying so"],
)  # fmt: skip
def test_a_connection_that_is_over_is_not_used_again(answer: bytes) -> None:
    """The next request has one of its own, and nothing is lost."""
    way = SocketTransport()
    with serving(answering(answer), answering(OK)) as port:
        first = way.post(request(port))
        time.sleep(0.05)
        second = way.post(request(port))
        way.close()

    assert [200, 200] == [first.status, second.status]


def test_a_hint_that_comes_before_the_answer_is_not_taken_for_it() -> None:
    """Early hints, and nobody's answer is taken for that of the next request."""
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        for answer in (OK, busy):
            take(connection)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
            time.sleep(0.05)
            connection.sendall(answer)

    way = SocketTransport()
    with serving(serve) as port:
        statuses = [way.post(request(port)).status for _ in range(2)]
        way.close()

    assert [200, 503] == statuses


def test_an_answer_before_the_end_of_the_request_is_read() -> None:
    """A receiver that refuses ten megabytes after a few bytes of them is heard, or has at least broken the connection."""

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with serving(serve) as port:
        assert 413 == SocketTransport().post(request(port, bytes(10_000_000))).status


@pytest.mark.parametrize(
    "part", [b"H", b"HTTP/1.1 200 OK\r\n", OK[:-2] + b"x: y", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"]
)
def test_an_answer_that_comes_too_slowly_is_given_up_in_time(part: bytes) -> None:
    """A byte now and then does not prolong the time there is."""
    with serving(answering(part, *[b"y"] * 40, pause_s=0.05)) as port:
        began_s = time.monotonic()
        with pytest.raises(NotSentError, match="timeout"):
            SocketTransport().post(request(port, seconds=0.4))

    assert time.monotonic() - began_s < 3.5


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\0\0\x12\4\0\0\0\0\0\0\5\0\0@\0" * 3])
def test_what_does_not_speak_http_is_held_with_a_hint(words: bytes) -> None:
    """A wrong port, such as that of gRPC, does not mend itself."""
    with serving(answering(words)) as port:
        answer = HttpSender(build_targets(f"http://127.0.0.1:{port}")).send("traces", b"spans", 5)

    assert (Verdict.HELD, "not_http") == (answer.verdict, answer.problem)
    assert "4318" in answer.message


def test_a_request_is_written_as_the_protocol_wants_it() -> None:
    """Path with query, host with port, headers, length; and what frames a request cannot be set from outside."""
    seen = []

    def serve(connection: socket.socket) -> None:
        seen.append(take(connection))
        connection.sendall(OK)

    with serving(serve) as port:
        url = f"http://127.0.0.1:{port}/otlp/v1/traces?tenant=7"
        headers = {"X-Token": "a", "Content-Length": "1", "transfer-encoding": "chunked", "accept-encoding": "gzip"}
        way = SocketTransport()
        way.post(Request(url, headers, b"spans", monotonic_s() + 5))
        way.close()

    expected = f"POST /otlp/v1/traces?tenant=7 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: identity\r\nX-Token: a\r\nContent-Length: 5\r\n\r\nspans"
    assert [expected.encode()] == seen


def test_many_dead_addresses_of_one_name_take_no_longer_than_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """They share it."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:  # nobody accepts, and there is room for one
            each.setblocking(False)
            each.connect_ex(place)
        dead = (socket.AF_INET, socket.SOCK_STREAM, 0, "", place)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [dead] * 5)
        began_s = time.monotonic()
        with pytest.raises(NotSentError, match="connect"):
            SocketTransport().post(request(place[1], seconds=0.5))
        took_s = time.monotonic() - began_s
        for each in waiting:
            each.close()

    assert took_s < 2


def test_an_agent_may_name_itself() -> None:
    """A header `user-agent`, however it is written, stands in place of ours."""
    with OtlpServer() as server:
        HttpSender(build_targets(server.endpoint, headers={"user-agent": "trader/7"})).send("traces", b"", 5)

        assert "trader/7" == server.requests[0].headers["user-agent"]


def test_a_host_may_be_named_otherwise() -> None:
    """A header `Host` is for a receiver behind a name that this machine does not know."""
    with OtlpServer() as server:
        targets = build_targets(server.endpoint, headers={"host": "collector.example"})
        HttpSender(targets).send("traces", b"", 5)

        assert "collector.example" == server.requests[0].headers["host"]


@pytest.mark.parametrize(
    ("url", "is_possible"),
    [
        ("http://collector:4318/v1/traces", True),
        ("http://[::1]:4318/v1/traces?a=b", True),
        ("https://collector:4318/v1/traces", False),
        ("http://k\xf6ln:4318/v1/traces", False),
        ("http://collector:4318/a b", False),
        ("http://collector:4318/a\tb", False),
        ("http://collector:4318/a%20b", True),
        ("http://collector:4318/a%zz", False),
        ("http://collector:4318/a/../b", False),
        ("http://collector:4318/a|b", False),
    ],
)
def test_only_plain_addresses_are_gone_to_directly(url: str, is_possible: bool) -> None:
    """TLS, and what has to be encoded first, is for the library."""
    assert can_go_directly(url) == is_possible


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("x y", "1", "no name"), ("", "1", "no name"), ("x:", "1", "no name"), ("x", "1\r\ny: 2", "value"), ("x", "\u65e5", "value"), ("x", 7, "value")],
)  # fmt: skip
def test_headers_that_could_not_be_sent_are_said(name: str, value: Any, told: str) -> None:
    """Before anything is sent, and without the value."""
    with pytest.raises(ValueError, match=told) as raised:
        current_headers({name: value})

    assert str(value) not in str(raised.value).replace(repr(name), "")


def test_a_receiver_beside_the_agent_needs_no_library() -> None:
    """Where there is neither TLS nor a proxy, neither urllib3 nor ssl nor http.client is loaded: a tenth of a second of CPU."""
    with OtlpServer() as server:
        code = (
            "import sys; from otel_agent.delivery.senders.http.sender import HttpSender;"
            "from otel_agent.delivery.senders.targets import build_targets;"
            f"print(HttpSender(build_targets('{server.endpoint}')).send('traces', b'', 5).verdict.value,"
            "[name for name in ('urllib3', 'ssl', 'http.client') if name in sys.modules])"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "delivered []" == found.stdout.strip()
