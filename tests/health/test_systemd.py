"""Notifications to systemd."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_agent.health.systemd import Systemd


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Where systemd listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def received(manager: socket.socket) -> list[str]:
    """Every message so far."""
    found = []
    while True:
        try:
            found.append(manager.recv(1000).decode())
        except BlockingIOError:
            return found


def test_systemd_is_told_what_it_waits_for(manager: socket.socket) -> None:
    """In its own words."""
    systemd = Systemd({"NOTIFY_SOCKET": manager.getsockname()})
    systemd.ready()
    systemd.alive()
    systemd.stopping()

    assert ["READY=1", "WATCHDOG=1", "STOPPING=1"] == received(manager)


def test_an_abstract_socket_is_understood() -> None:
    """Its name begins with @."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0otel-agent-test-{os.getpid()}")
        listener.setblocking(False)
        Systemd({"NOTIFY_SOCKET": f"@otel-agent-test-{os.getpid()}"}).ready()

        assert ["READY=1"] == received(listener)


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_without_a_manager_nothing_is_sent(environ: dict[str, str]) -> None:
    """Nor with one that is reached by other means."""
    systemd = Systemd({**environ, "WATCHDOG_USEC": "1000000"})
    systemd.ready()

    assert systemd.watchdog_s is None


def test_a_manager_that_is_gone_is_nobodys_problem() -> None:
    """Said once, never raised."""
    Systemd({"NOTIFY_SOCKET": "/nowhere/notify"}).ready()


@pytest.mark.parametrize(
    ("more", "expected_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_gets_a_sign_of_life_in_half_its_time(more: dict[str, str], expected_s: float | None) -> None:
    """When it watches this process."""
    assert expected_s == Systemd({"NOTIFY_SOCKET": "/run/notify", **more}).watchdog_s


def test_a_forked_child_says_nothing(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is the parent."""
    systemd = Systemd({"NOTIFY_SOCKET": manager.getsockname()})
    monkeypatch.setattr(os, "getpid", lambda: -1)
    systemd.stopping()

    assert [] == received(manager)


def test_a_sign_of_life_is_given_when_it_is_due_and_the_agent_is_alive(manager: socket.socket) -> None:
    """An agent that is stuck is silent, so that systemd restarts it."""
    systemd = Systemd({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "4000000"})
    signs = []
    for now_s, is_live in [(0.0, True), (1.0, True), (2.0, False), (3.0, True), (4.0, True)]:
        systemd.alive_when_due(now_s, lambda is_live=is_live: is_live)  # type: ignore[misc]  # bound while it is known
        signs.append(len(received(manager)))

    assert [1, 0, 0, 1, 0] == signs
