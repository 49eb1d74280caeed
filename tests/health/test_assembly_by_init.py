"""Health as `otel_agent.init` puts it together, in this process and in others."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from agent_process import environment
from waiting import until

import otel_agent
from otel_agent import guard
from otel_agent.errors import LifecycleError
from otel_agent.health.events import EVENT_NAME
from otel_agent.health.registry import shared
from otel_agent.testing import Recorded, recorded

PROGRAM = Path(__file__).with_name("probed_agent.py")

Probe = Callable[..., tuple[int, Any]]

ROOMY = {"memory": False, "disk": False, "cpu": False}
"""Thresholds that no machine is beyond."""


@pytest.fixture
def broker() -> Iterator[threading.Event]:
    """A check of the process's own registry that fails while the event is not set."""
    is_up = threading.Event()
    is_up.set()

    @otel_agent.health_check("broker", critical=True, interval_s=0.05, failure_threshold=1)
    def answers() -> None:
        if not is_up.is_set():
            raise ConnectionError("password=hunter2 was refused")

    yield is_up
    shared.remove("broker")


def port_of(telemetry: Recorded) -> int:
    """The port of the probes."""
    assert telemetry.telemetry is not None
    assert telemetry.telemetry.health is not None
    assert telemetry.telemetry.health.port is not None
    return telemetry.telemetry.health.port


def test_a_check_of_the_agent_takes_it_out_of_service_and_back(broker: threading.Event, probe: Probe) -> None:
    """It is in the probes, in the metrics and in the log events, its text redacted."""
    with recorded(config={"health": {"port": 0, "thresholds": ROOMY}}) as telemetry:
        port = port_of(telemetry)
        until(lambda: probe(port, "/readyz")[0], lambda status: status == 200)
        broker.clear()
        _, body = until(lambda: probe(port, "/readyz"), lambda answer: answer[0] == 503)
        alive, _ = probe(port, "/livez")
        states = until(lambda: telemetry.metrics.get("agent.health.status", []))
        broker.set()
        until(lambda: probe(port, "/readyz")[0], lambda status: status == 200)
        events = until(lambda: _changes_of(telemetry, "broker"), lambda found: "healthy" in found[-1:])

    assert 200 == alive
    assert "unhealthy" == body["components"]["broker"]["status"]
    assert "hunter2" not in json.dumps(body)
    assert "broker" in {attributes["agent.health.component"] for attributes, _ in states}
    assert ["unhealthy", "healthy"] == events[-2:]


def _changes_of(telemetry: Recorded, component: str) -> list[str]:
    """States a component went to, by the log events so far; `telemetry.logs` leaves them out."""
    assert telemetry.telemetry is not None
    telemetry.telemetry.flush(5.0)
    records = [item.log_record for item in telemetry._logs if hasattr(item, "log_record")]
    return [
        record.attributes["agent.health.state.to"]
        for record in records
        if record.event_name == EVENT_NAME and record.attributes["agent.health.component"] == component
    ]


def test_a_taken_port_is_one_line_and_the_agent_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless mistakes are to be raised."""
    said: list[str] = []
    report = guard.shared.report

    def note(kind: str, message: str, error: BaseException | None = None) -> None:
        if kind == "health.server":
            said.append(message)
        else:
            report(kind, message, error)

    monkeypatch.setattr(guard.shared, "report", note)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with recorded(health=port, strict=False) as telemetry:
            assert telemetry.telemetry is not None
            assert telemetry.telemetry.health is not None
            assert telemetry.telemetry.health.port is None

        assert 1 == len(said)
        assert said[0].startswith(f"health: cannot listen on 127.0.0.1:{port} (Address already in use); choose another")
        assert said[0].endswith("; the agent runs without probes")
        with pytest.raises(LifecycleError, match="choose another"), recorded(health=port, strict=True):
            pass


def test_the_probe_file_is_there_as_long_as_the_agent(tmp_path: Path) -> None:
    """It is written soon after the start and removed at the end."""
    path = tmp_path / "health.json"
    with recorded(config={"health": {"file": str(path), "thresholds": ROOMY}}):
        content = until(lambda: json.loads(path.read_text()), lambda found: found["ready"])

    assert content["live"]
    assert not path.exists()


class Probed:
    """An agent in a process of its own, and its port."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(self.line())

    def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def say(self, word: str) -> None:
        """Tell it something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()


@contextmanager
def probed(mode: str, home: Path) -> Iterator[Probed]:
    """The program in one of its modes; always ended."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(home),
    )
    try:
        yield Probed(process)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("mode", ["spin", pytest.param("sleep", marks=pytest.mark.slow)])
def test_a_blocked_event_loop_is_told_by_livez_with_the_stack(mode: str, probe: Probe, tmp_path: Path) -> None:
    """It answers while the loop is blocked, 503 past the limit of 2 s, and 200 when it is over."""
    with probed(mode, tmp_path) as agent:
        before, _ = probe(agent.port, "/livez")
        agent.say("block")
        status, body = until(lambda: probe(agent.port, "/livez"), lambda answer: answer[0] == 503)
        ready, _ = probe(agent.port, "/readyz")
        agent.say("go on")
        after, _ = until(lambda: probe(agent.port, "/livez"), lambda answer: answer[0] == 200)

    assert [200, 503, 503, 200] == [before, status, ready, after]
    assert any(line.endswith("in think_hard") for stall in body["stalls"] for line in stall["stack"])


def test_sigterm_turns_readyz_off_at_once_while_livez_stays(probe: Probe, tmp_path: Path) -> None:
    """While a slow part still ends, the orchestrator sends no more work and does not kill."""
    with probed("ending", tmp_path) as agent:
        before = [probe(agent.port, path)[0] for path in ("/readyz", "/livez")]
        agent.process.send_signal(signal.SIGTERM)
        until(lambda: probe(agent.port, "/readyz")[0], lambda status: status == 503)
        after = [probe(agent.port, path)[0] for path in ("/readyz", "/livez")]
        agent.say("go on")
        code = agent.process.wait(60)

    assert ([200, 200], [503, 200], -signal.SIGTERM) == (before, after, code)


def test_a_forked_child_has_no_server_and_nobody_who_watches(probe: Probe, tmp_path: Path) -> None:
    """Its parent's goes on, and its end does not take the parent's port with it."""
    with probed("fork", tmp_path) as agent:
        child = json.loads(agent.line())
        answer, _ = probe(agent.port, "/livez")

    assert {"port": None, "threads": [], "states": {"overall": "healthy"}} == child
    assert 200 == answer
