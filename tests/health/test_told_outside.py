"""What others are told beside the probes: a file, and systemd."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_agent.health.probe_file import ProbeFile
from otel_agent.health.systemd import Systemd


def test_the_age_of_the_file_is_the_time_since_the_agent_was_alive(tmp_path: Path) -> None:
    """Written again and again, it grows old only while the agent is stuck."""
    path = tmp_path / "health"
    probe = ProbeFile(path)
    ages = []
    for wall_s, is_live in [(1000, True), (1002, True), (1004, False), (1006, False), (1008, True)]:
        probe.write({"live": is_live, "at": wall_s}, is_live=is_live, wall_s=wall_s)
        ages.append(wall_s - path.stat().st_mtime)

        assert {"live": is_live, "at": wall_s} == json.loads(path.read_text())

    assert [0, 0, 2, 4, 0] == ages
    assert ["health"] == [entry.name for entry in tmp_path.iterdir()]


def test_the_file_goes_with_the_agent(tmp_path: Path) -> None:
    """Removing is safe when there is none."""
    probe = ProbeFile(tmp_path / "health")
    probe.remove()
    probe.write({}, is_live=True, wall_s=1.0)
    probe.remove()

    assert [] == list(tmp_path.iterdir())


def test_a_forked_child_leaves_its_parents_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither writes nor removes it."""
    path = tmp_path / "health"
    probe = ProbeFile(path)
    probe.write({"of": "parent"}, is_live=True, wall_s=1.0)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    probe.write({"of": "child"}, is_live=True, wall_s=2.0)
    probe.remove()

    assert {"of": "parent"} == json.loads(path.read_text())


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
