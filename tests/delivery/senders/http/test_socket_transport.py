"""Requests straight over a socket: how they are written, when a connection is used again, and when one is given up."""

import socket
import threading

import pytest
from scripted_connections import Serve, answering, serving, take_request
from waiting import until

from otel_agent.clock import monotonic_s
from otel_agent.delivery.senders.http.messages import MAX_BODY_BYTES, NotSentError, Request
from otel_agent.delivery.senders.http.socket_transport import SocketTransport, _is_quiet, is_plain_address

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"


def request(port: int, content: bytes = b"spans", seconds: float = 60, **headers: str) -> Request:
    """A POST to this machine."""
    return Request(f"http://127.0.0.1:{port}/v1/traces", headers, content, monotonic_s() + seconds)


def dribbling(part: bytes) -> Serve:
    """Takes one request and answers a part, then a byte now and then, for half a minute unless the other side ends it."""

    def serve(connection: socket.socket) -> None:
        take_request(connection)
        connection.sendall(part)
        for _ in range(1000):
            threading.Event().wait(0.03)
            connection.sendall(b"y")

    return serve


def no_idle_connection_is_usable(made: SocketTransport) -> bool:
    """Whether on every connection that is kept something has come meanwhile: its end, or what nobody asked for."""
    return not any(_is_quiet(connection) for connections in made._idle.values() for connection in connections)


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
            take_request(connection)
            connection.sendall(answer)

    transport = SocketTransport()
    with serving(serve) as port:
        bodies = [transport.post(request(port)).body for _ in range(3)]
        transport.close()

    assert [b"", b"ok", b""] == bodies


@pytest.mark.parametrize(
    "answer",
    [OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK.replace(b"1.1", b"1.0"), OK + b"words nobody asked for", OK],
    ids=["it says so", "HTTP/1.0", "more than an answer", "it closes without saying so"],
)  # fmt: skip
def test_a_connection_that_is_over_is_not_used_again(answer: bytes) -> None:
    """The next request has one of its own, and nothing is lost."""
    transport = SocketTransport()
    with serving(answering(answer), answering(OK)) as port:
        first = transport.post(request(port))
        until(lambda: no_idle_connection_is_usable(transport))
        second = transport.post(request(port))
        transport.close()

    assert [200, 200] == [first.status, second.status]


def test_a_hint_that_comes_before_the_answer_is_not_taken_for_it() -> None:
    """Early hints, and nobody's answer is taken for that of the next request."""
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

    def serve(connection: socket.socket) -> None:
        for answer in (OK, busy):
            take_request(connection)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + answer)

    transport = SocketTransport()
    with serving(serve) as port:
        statuses = [transport.post(request(port)).status for _ in range(2)]
        transport.close()

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
    with serving(dribbling(part)) as port, pytest.raises(NotSentError, match="timeout"):
        SocketTransport().post(request(port, seconds=0.4))


def test_a_request_is_written_as_the_protocol_wants_it() -> None:
    """Path with query, host with port, headers, length; and what frames a request cannot be set from outside."""
    seen = []

    def serve(connection: socket.socket) -> None:
        seen.append(take_request(connection))
        connection.sendall(OK)

    with serving(serve) as port:
        url = f"http://127.0.0.1:{port}/otlp/v1/traces?tenant=7"
        headers = {"X-Token": "a", "Content-Length": "1", "transfer-encoding": "chunked", "accept-encoding": "gzip"}
        transport = SocketTransport()
        transport.post(Request(url, headers, b"spans", monotonic_s() + 5))
        transport.close()

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
        waits_s: list[float] = []

        class Watched(socket.socket):
            def settimeout(self, value: float | None) -> None:
                waits_s.append(value or 0.0)
                super().settimeout(value)

        monkeypatch.setattr(socket, "socket", Watched)
        with pytest.raises(NotSentError, match="connect"):
            SocketTransport().post(request(place[1], seconds=0.5))
        for each in waiting:
            each.close()

    assert waits_s
    assert sum(waits_s) < 1  # half a second for each of the five would be more than two


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
    assert is_plain_address(url) == is_possible
