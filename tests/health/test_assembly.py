"""Health as one object, with its clock turned by hand."""

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import until

from otel_agent.clock import ManualClock
from otel_agent.errors import ConfigurationError
from otel_agent.health import background_calls
from otel_agent.health.assembly import HealthService
from otel_agent.health.registry import Check, CheckRegistry
from otel_agent.health.reports import HealthChange
from otel_agent.lifecycle.tasks import Task

Build = Callable[..., HealthService]


def test_without_a_port_there_is_no_server(health: Build) -> None:
    """And everything else works."""
    agent = health()
    agent.start()
    agent.started()

    assert agent.port is None
    assert agent.status()["ready"]
    assert {"overall": "healthy"} == agent.states()
    assert "otel-agent-probes" not in [thread.name for thread in threading.enumerate()]


def test_from_the_start_to_the_end(health: Build, probe: Callable[..., tuple[int, object]]) -> None:
    """/startupz latches, /readyz goes off first, the port is given back."""
    agent = health(port=0)
    agent.start()
    agent.start()
    port = agent.port
    answers = [[probe(port, path)[0] for path in ("/startupz", "/readyz", "/livez")]]
    agent.started()
    answers.append([probe(port, path)[0] for path in ("/startupz", "/readyz", "/livez")])
    agent.drain()
    agent.drain()
    answers.append([probe(port, path)[0] for path in ("/startupz", "/readyz", "/livez")])
    agent.close()
    agent.close()

    assert [[503, 503, 200], [200, 200, 200], [200, 503, 200]] == answers
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0), timeout=5)


def test_a_taken_port_is_raised_when_strict(health: Build) -> None:
    """The mistake names the address and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"{port} .* choose another health.port"):
            health(port=port).start(strict=True)


def test_readings_and_delivery_are_asked_beside_the_monitor(health: Build) -> None:
    """Limits come from the settings; changes are told in order and redacted."""
    clock, changes = ManualClock(), list[HealthChange]()
    agent = health(
        thresholds={"memory": 0.8, "disk": None, "hold_s": 1.0},
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


def test_a_change_that_came_while_the_listener_was_ending_is_told_in_the_next_round(
    health: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for another change."""
    is_over = threading.Event()

    class EndingTask(Task):
        """Its call has returned, but it has not ended."""

        def is_done(self) -> bool:
            return is_over.is_set() and super().is_done()

    monkeypatch.setattr(background_calls, "Task", EndingTask)
    clock, changes = ManualClock(), list[HealthChange]()
    registry = CheckRegistry(clock)
    beat = registry.heartbeat("main loop", within_s=5)
    agent = health(registry=registry, on_change=changes.append, clock=clock)
    agent.started()
    beat()
    for _ in range(2):
        agent.tick()
        agent.settle()
        clock.advance(6)
    beat()
    agent.tick()
    agent.settle()
    before = len(changes)
    is_over.set()
    agent.tick()
    agent.settle()

    assert before < len(changes)
    assert ["unhealthy", "unhealthy", "healthy", "healthy"] == [change.after.value for change in changes]


def test_how_long_checks_took_is_known(health: Build) -> None:
    """Of checks only, and once they have run."""
    registry = CheckRegistry()
    registry.add(Check("broker", lambda: None))
    registry.heartbeat("loop", 10)
    agent = health(registry=registry, delivery=lambda: None)

    assert {} == agent.durations_s()

    def look() -> dict[str, float]:
        agent.tick()
        return agent.durations_s()

    assert ["broker"] == list(until(look))


def test_the_probe_file_says_how_the_agent_is(health: Build, tmp_path: Path) -> None:
    """From the first round to the end, where it is removed."""
    path = tmp_path / "health.json"
    clock = ManualClock(wall_s=1000.0)
    registry = CheckRegistry(clock)
    beat = registry.heartbeat("main loop", within_s=5)
    agent = health(file=str(path), registry=registry, clock=clock)
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


def test_systemd_hears_of_every_step(health: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
