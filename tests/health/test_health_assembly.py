"""Health as one object, in this process and in others."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from otel_agent import guard
from otel_agent.clock import ManualClock
from otel_agent.errors import ConfigurationError
from otel_agent.health.assembly import HealthService
from otel_agent.health.monitor import Change
from otel_agent.health.registry import Check, CheckRegistry

WATCHED = Path(__file__).with_name("watched.py")


@dataclass(frozen=True)
class Limits:
    """As in the configuration."""

    memory: float | None = 0.9
    disk: float | None = 0.9
    cpu: float | None = None
    clear_gap: float = 0.05
    hold_s: float = 30.0


@dataclass(frozen=True)
class Settings:
    """As in the configuration."""

    port: int | None = None
    host: str = "127.0.0.1"
    token: str | None = None
    thresholds: Limits = field(default_factory=Limits)
    file: str | None = None


@pytest.fixture
def health() -> Iterator[Callable[..., HealthService]]:
    """Builds objects that are closed afterwards."""
    built: list[HealthService] = []

    def build(settings: Settings = Settings(), **more: Any) -> HealthService:
        built.append(HealthService(settings, registry=more.pop("registry", CheckRegistry()), **more))
        return built[-1]

    yield build
    for each in built:
        each.close()


def status(port: int | None, path: str) -> int:
    """Of a probe."""
    assert port is not None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_without_a_port_there_is_no_server(health: Callable[..., HealthService]) -> None:
    """And everything else works."""
    agent = health()
    agent.start()
    agent.started()

    assert agent.port is None
    assert agent.status()["ready"]
    assert {"overall": "healthy"} == agent.states()
    assert "otel-agent-probes" not in [thread.name for thread in threading.enumerate()]


def test_from_the_start_to_the_end(health: Callable[..., HealthService]) -> None:
    """/startupz latches, /readyz goes off first, the port is given back."""
    agent = health(Settings(port=0))
    agent.start()
    agent.start()
    port = agent.port
    answers = [[status(port, path) for path in ("/startupz", "/readyz", "/livez")]]
    agent.started()
    answers.append([status(port, path) for path in ("/startupz", "/readyz", "/livez")])
    agent.drain()
    agent.drain()
    answers.append([status(port, path) for path in ("/startupz", "/readyz", "/livez")])
    agent.close()
    agent.close()

    assert [[503, 503, 200], [200, 200, 200], [200, 503, 200]] == answers
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0), timeout=5)


def test_a_taken_port_is_one_line_and_the_agent_lives(
    health: Callable[..., HealthService], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless mistakes are to be raised."""
    said: list[str] = []
    monkeypatch.setattr(guard.shared, "report", lambda kind, message, error=None: said.append(message))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        agent = health(Settings(port=port))
        agent.start()

        assert agent.port is None
        assert 1 == len(said)
        assert said[0].startswith(f"health: cannot listen on 127.0.0.1:{port} (Address already in use); choose another")
        assert said[0].endswith("; the agent runs without probes")
        with pytest.raises(ConfigurationError, match="choose another"):
            health(Settings(port=port)).start(strict=True)


def test_readings_and_delivery_are_asked_beside_the_monitor(health: Callable[..., HealthService]) -> None:
    """Limits come from the settings; changes are told in order and redacted."""
    clock, changes = ManualClock(), list[Change]()
    agent = health(
        Settings(thresholds=Limits(memory=0.8, disk=None, hold_s=1.0)),
        read=lambda: {"memory": 0.85, "disk": 0.99},
        delivery=lambda: "token hunter2 was refused",
        on_change=changes.append,
        redact=lambda text: text.replace("hunter2", "***"),
        clock=clock,
    )
    agent.started()
    for _ in range(5):
        agent.tick()
        agent.settle()
        clock.advance(1)

    assert {"delivery": "degraded", "memory": "degraded", "overall": "degraded"} == agent.states()
    assert [("delivery", "token *** was refused"), ("overall", ""), ("memory", "85% of memory in use")] == [
        (change.name, change.message) for change in changes
    ]
    assert "token *** was refused" == agent.status()["components"]["delivery"]["message"]
    assert not agent.status()["ready"]


def test_how_long_checks_took_is_known(health: Callable[..., HealthService]) -> None:
    """Of checks only, and once they have run."""
    registry = CheckRegistry()
    registry.add(Check("broker", lambda: None))
    registry.heartbeat("loop", 10)
    agent = health(registry=registry, delivery=lambda: None)

    assert {} == agent.durations_s()

    deadline_s = time.monotonic() + 20
    while not agent.durations_s() and time.monotonic() < deadline_s:
        agent.tick()

    assert ["broker"] == list(agent.durations_s())


def test_the_probe_file_says_how_the_agent_is(health: Callable[..., HealthService], tmp_path: Path) -> None:
    """From the first round to the end, where it is removed."""
    path = tmp_path / "health.json"
    clock = ManualClock(wall_s=1000.0)
    registry = CheckRegistry(clock)
    beat = registry.heartbeat("main loop", within_s=5)
    agent = health(Settings(file=str(path)), registry=registry, clock=clock)
    agent.started()
    beat()
    for _ in range(5):
        agent.tick()
        agent.settle()
        clock.advance(2)
    content = json.loads(path.read_text())

    assert (False, False, os.getpid()) == (content["live"], content["ready"], content["pid"])
    assert 1004.0 == path.stat().st_mtime

    agent.close()

    assert not path.exists()


def test_systemd_hears_of_every_step(
    health: Callable[..., HealthService], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """READY with the end of the set-up, WATCHDOG while the agent is alive, STOPPING with the drain."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "4000000")
        clock = ManualClock()
        registry = CheckRegistry(clock)
        beat = registry.heartbeat("main loop", within_s=5)
        agent = health(registry=registry, clock=clock)
        agent.started()
        beat()
        for _ in range(10):
            agent.tick()
            clock.advance(1)
        agent.drain()
        agent.drain()
        messages = []
        while True:
            try:
                messages.append(manager.recv(100).decode())
            except BlockingIOError:
                break

    assert ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"] == messages


@contextmanager
def watched(mode: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """An agent in a process of its own, and its port."""
    process = subprocess.Popen(
        [sys.executable, str(WATCHED), mode],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(WATCHED.parents[2])},
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def livez(port: int) -> tuple[int, dict[str, Any], float]:
    """Status, body and how long it took, in seconds."""
    began_s = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/livez")
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body, time.monotonic() - began_s


@pytest.mark.parametrize("mode", ["spin", pytest.param("sleep", marks=pytest.mark.slow)])
def test_a_blocked_event_loop_is_told_by_livez_with_the_stack(mode: str) -> None:
    """Blocked for 5 s: answers all the while, 503 past the limit of 2 s, 200 when it is over."""
    statuses: list[int] = []
    stacks: list[str] = []
    took_s: list[float] = []
    with watched(mode) as (_, port):
        end_s = time.monotonic() + 30
        while time.monotonic() < end_s:
            code, body, seconds = livez(port)
            took_s.append(seconds)
            if not statuses or statuses[-1] != code:
                statuses.append(code)
            stacks += [line for stall in body["stalls"] for line in stall["stack"]]
            if [200, 503, 200] == statuses:
                break
            time.sleep(0.02)

    assert [200, 503, 200] == statuses
    assert any(line.endswith("in think_hard") for line in stacks)
    assert sorted(took_s)[len(took_s) * 9 // 10] < 0.5


def test_sigterm_turns_readyz_off_at_once_while_livez_stays() -> None:
    """While a slow part still ends, the orchestrator sends no more work and does not kill."""
    with watched("term") as (process, port):
        before = [status(port, path) for path in ("/readyz", "/livez")]
        process.send_signal(signal.SIGTERM)
        deadline_s = time.monotonic() + 10
        while status(port, "/readyz") != 503 and time.monotonic() < deadline_s:
            time.sleep(0.01)
        after = [status(port, path) for path in ("/readyz", "/livez")]
        code = process.wait(30)

    assert ([200, 200], [503, 200], -signal.SIGTERM) == (before, after, code)


def test_a_forked_child_has_no_server_and_nobody_who_watches() -> None:
    """Its parent's goes on, and its end does not take the parent's port with it."""
    with watched("fork") as (process, port):
        assert process.stdout is not None
        child = json.loads(process.stdout.readline())
        answer = status(port, "/livez")

    assert {"port": None, "threads": [], "states": {"overall": "healthy"}} == child
    assert 200 == answer
