"""The probe endpoints over real sockets: quick, hardened, and the parent's alone."""

import asyncio
import http.client
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waiting import until

from otel_agent.errors import ConfigurationError
from otel_agent.health.monitor import HealthMonitor
from otel_agent.health.registry import CheckRegistry
from otel_agent.health.requests import ProbeAccess
from otel_agent.health.server import CONNECTIONS, HealthServer, names_of

Probe = Callable[..., tuple[int, Any]]


@pytest.fixture
def monitor() -> HealthMonitor:
    """An agent that is set up and well."""
    found = HealthMonitor(CheckRegistry())
    found.started()
    return found


@pytest.fixture
def server(monitor: HealthMonitor) -> Iterator[HealthServer]:
    """On a free port."""
    found = HealthServer(monitor.report, access=ProbeAccess(hosts={"agent"}))
    found.start()
    yield found
    found.close()


def raw(port: int, data: bytes) -> bytes:
    """Whatever comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(data)
        found = b""
        while piece := client.recv(65536):
            found += piece
        return found


def test_probes_are_answered(server: HealthServer, monitor: HealthMonitor, probe: Probe) -> None:
    """Over HTTP, and /readyz turns 503 at once when the agent leaves while /livez stays."""
    paths = ("/livez", "/readyz", "/startupz", "/healthz")

    assert [200] * 4 == [probe(server.port, path)[0] for path in paths]

    monitor.drain()

    assert [200, 503, 200, 200] == [probe(server.port, path)[0] for path in paths]
    assert (200, None) == probe(server.port, "/livez", "HEAD")


def test_a_foreign_host_is_refused(server: HealthServer, probe: Probe) -> None:
    """A name that resolves here is not enough."""
    assert 421 == probe(server.port, "/healthz", Host="evil.example")[0]
    assert 200 == probe(server.port, "/healthz", Host="agent:1234")[0]


def test_an_oversized_request_is_refused(server: HealthServer) -> None:
    """In kilobytes, not in memory."""
    answer = raw(server.port, b"GET /livez HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("data", [b"\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET /livez HTTP/2\r\n\r\n"])
def test_nonsense_is_refused(server: HealthServer, data: bytes, probe: Probe) -> None:
    """Also that of a client which speaks TLS."""
    assert raw(server.port, data).startswith(b"HTTP/1.1 400 ")
    assert 200 == probe(server.port, "/livez")[0]


def test_two_hundred_slow_connections_do_not_stop_a_probe(
    server: HealthServer, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them times out here; the oldest make room, and every probe is answered."""
    monkeypatch.setattr("otel_agent.health.server.REQUEST_S", 600.0)
    slow = []
    try:
        for index in range(200):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            client.sendall(b"GET /livez HT")
            slow.append(client)
            if index % 10 == 9:
                assert 200 == probe(server.port, "/livez")[0]
        closed = sum(_is_closed(client) for client in slow)
    finally:
        for client in slow:
            client.close()

    assert closed >= 200 - CONNECTIONS


def _is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_a_connection_that_says_nothing_is_closed(server: HealthServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time."""
    monkeypatch.setattr("otel_agent.health.server.REQUEST_S", 0.1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET ")

        assert b"" == client.recv(100)


def test_a_port_that_is_taken_is_named(server: HealthServer, monitor: HealthMonitor) -> None:
    """With the way out."""
    other = HealthServer(monitor.report, port=server.port)
    with pytest.raises(
        ConfigurationError, match=rf"127\.0\.0\.1:{server.port} \(Address already in use\); choose another"
    ):
        other.start()
    other.close()


def test_the_port_is_free_again_after_close(monitor: HealthMonitor) -> None:
    """Close is safe before the start and twice; so is start."""
    server = HealthServer(monitor.report)
    server.close()
    server.start()
    server.start()
    port = server.port
    server.close()
    server.close()
    socket.create_server(("127.0.0.1", port)).close()

    assert [] == [thread.name for thread in threading.enumerate() if thread.name == "otel-agent-probes"]


def test_ipv6_is_served(monitor: HealthMonitor) -> None:
    """By its address."""
    server = HealthServer(monitor.report, host="::1")
    server.start()
    connection = http.client.HTTPConnection("::1", server.port, timeout=20)
    connection.request("GET", "/livez")

    assert 200 == connection.getresponse().status
    connection.close()
    server.close()


def test_a_forked_child_lets_go_of_the_port(monitor: HealthMonitor, probe: Probe) -> None:
    """When the parent has ended the port is free, however long its children live."""
    server = HealthServer(monitor.report)
    server.start()
    reading, writing = os.pipe()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10):
        assert 200 == probe(server.port, "/livez")[0]
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                server.reinit_after_fork()
                os.close(writing)
                os.read(reading, 1)
                status = 0
            finally:
                os._exit(status)
        os.close(reading)
        server.close()
        until(lambda: socket.create_server(("127.0.0.1", server.port))).close()
    os.close(writing)

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_blocked_event_loop_does_not_block_the_probes(server: HealthServer, probe: Probe) -> None:
    """The agent's loop is not ours."""
    statuses: list[int] = []

    async def main() -> None:
        probing = threading.Thread(target=lambda: statuses.extend(probe(server.port, "/livez")[0] for _ in range(20)))
        probing.start()
        probing.join(20)

    asyncio.run(main())

    assert [200] * 20 == statuses


def test_a_server_goes_by_its_address_and_the_machines_name() -> None:
    """Names in lower case, as they are compared."""
    assert frozenset({"agent.internal", socket.gethostname().lower()}) == names_of("Agent.Internal")


def has_ipv6() -> bool:
    """Whether this machine has an IPv6 loopback."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize(
    ("host", "answers"),
    [
        ("127.0.0.1", {"127.0.0.1"}),
        ("0.0.0.0", {"127.0.0.1"}),
        ("::1", {"::1"}),
        ("[::1]", {"::1"}),
        ("::", {"127.0.0.1", "::1"}),
        ("[::]", {"127.0.0.1", "::1"}),
    ],
)
def test_both_families_of_addresses_are_listened_on(monitor: HealthMonitor, host: str, answers: set[str]) -> None:
    """IPv6 with brackets or without; `::` takes IPv4 too, whose addresses count as this machine's all the same."""
    server = HealthServer(monitor.report, host)
    server.start()
    seen = {}
    for address in ("127.0.0.1", "::1"):
        connection = http.client.HTTPConnection(address, server.port, timeout=20)
        try:
            connection.request("GET", "/healthz")
            seen[address] = b"components" in connection.getresponse().read()
        except OSError:
            continue
        finally:
            connection.close()
    server.close()

    assert dict.fromkeys(answers, True) == seen


def test_every_address_of_a_name_is_listened_on(monitor: HealthMonitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """At one port, which is free for all of them; an address that this machine has not is no obstacle."""
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    server = HealthServer(monitor.report, "agent.internal")
    server.start()
    monkeypatch.undo()
    for address in ("127.0.0.1", "127.0.0.2"):
        with socket.create_connection((address, server.port), timeout=20) as client:
            client.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
            while client.recv(65536):
                pass
    server.close()
