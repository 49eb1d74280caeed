"""A real Alertmanager shows what the agent says: firing, silenced by acknowledgement, resolved, also over restarts."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.notify.receivers.alertmanager import AlertmanagerReceiver
from otel_agent.alerts.rules.files import read_text
from otel_agent.clock import wall_ns
from otel_agent.series.store import Store

pytestmark = pytest.mark.e2e
RULES = "groups: [{name: g, rules: [{alert: High, expr: x > 5, labels: {severity: critical}, annotations: {summary: 'x is {{ $value }}'}}]}]"


class Alertmanager:
    """The real one, on a port of its own, that can be killed and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder = program, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        (folder / "am.yml").write_text("route: {receiver: none, group_wait: 1s}\nreceivers: [{name: none}]\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, is_fresh: bool = False) -> None:
        """Start it; fresh means that it remembers nothing."""
        if is_fresh:
            shutil.rmtree(self._folder / "data", ignore_errors=True)
        self._process = subprocess.Popen(
            [
                *(self._program, f"--config.file={self._folder}/am.yml", f"--storage.path={self._folder}/data"),
                *(f"--web.listen-address=127.0.0.1:{self._port}", "--cluster.listen-address="),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert until(self._is_ready)

    def _is_ready(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/-/ready").close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def alerts(self) -> list[dict[str, Any]]:
        """What it shows."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts") as answer:
            shown: list[dict[str, Any]] = json.load(answer)
        return shown

    def states(self) -> list[str]:
        """The states of what it shows."""
        return [alert["status"]["state"] for alert in self.alerts()]


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    """A running Alertmanager."""
    program = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    if program is None:
        pytest.skip("needs Alertmanager: apt-get install prometheus-alertmanager")
    made = Alertmanager(program, tmp_path)
    made.start(is_fresh=True)
    yield made
    made.stop()


class Agent:
    """Rules and a dispatcher that sends to one Alertmanager."""

    def __init__(self, url: str, state_file: Path) -> None:
        self.store = Store()
        self.alerts = AlertEngine(read_text(RULES).groups, self.store, state_file=state_file)
        self.dispatcher = Dispatcher(
            [AlertmanagerReceiver("am", [url], resend_s=1.0)],
            is_acknowledged=lambda alert: self.alerts.acknowledgement(alert) is not None,
        )
        self.alerts.on_change(self.dispatcher.offer)
        self.alerts.on_acknowledge(self.dispatcher.acknowledged)
        self.dispatcher.restore(self.alerts.active())
        self.dispatcher.start()

    def measure(self, value: float) -> None:
        """A value now, judged at once."""
        time.sleep(0.002)
        self.store.append({"__name__": "x", "service_name": "trader"}, wall_ns() // 1_000_000, value)
        self.alerts.evaluate()

    def close(self) -> None:
        """End it."""
        self.alerts.close()
        self.dispatcher.close(5)


def test_firing_acknowledged_resolved(alertmanager: Alertmanager, tmp_path: Path) -> None:
    """An alert is shown as active, as suppressed once acknowledged, and is gone when it ended; its silence is taken back."""
    agent = Agent(alertmanager.url, tmp_path / "state.json")
    agent.measure(7)
    is_active = until(lambda: alertmanager.states() == ["active"])
    shown = alertmanager.alerts()[0]
    agent.alerts.acknowledge("High", by="ana", comment="the broker is down")
    is_silenced = until(lambda: alertmanager.states() == ["suppressed"])
    with urllib.request.urlopen(f"{alertmanager.url}/api/v2/silences") as answer:
        silence = json.load(answer)[0]
    agent.measure(1)
    is_gone = until(lambda: alertmanager.states() == [])

    def is_expired() -> bool:
        with urllib.request.urlopen(f"{alertmanager.url}/api/v2/silences") as answer:
            return bool(json.load(answer)[0]["status"]["state"] == "expired")

    is_taken_back = until(is_expired)
    agent.measure(7)
    is_active_again = until(lambda: alertmanager.states() == ["active"])
    agent.close()

    assert (True, True, True, True, True) == (is_active, is_silenced, is_gone, is_taken_back, is_active_again)
    assert {"alertname": "High", "service_name": "trader", "severity": "critical"} == shown["labels"]
    assert "x is 7" == shown["annotations"]["summary"]
    assert ("ana", "ACK! the broker is down") == (silence["createdBy"], silence["comment"])


def test_an_alertmanager_that_lost_everything_learns_of_it_again(alertmanager: Alertmanager, tmp_path: Path) -> None:
    """Killed and started empty while the alert fires, and again while it ended, it shows what is true."""
    agent = Agent(alertmanager.url, tmp_path / "state.json")
    agent.measure(7)
    was_active = until(lambda: alertmanager.states() == ["active"])
    alertmanager.stop()
    alertmanager.start(is_fresh=True)
    is_active = until(lambda: alertmanager.states() == ["active"])
    alertmanager.stop()
    agent.measure(1)
    alertmanager.start()
    is_gone = until(lambda: alertmanager.states() == [])
    agent.close()

    assert (True, True, True) == (was_active, is_active, is_gone)


def test_an_agent_that_was_restarted_ends_what_it_began(alertmanager: Alertmanager, tmp_path: Path) -> None:
    """The second life of the agent knows of the firing alert and tells of its end, the silence included."""
    first = Agent(alertmanager.url, tmp_path / "state.json")
    first.measure(7)
    was_active = until(lambda: alertmanager.states() == ["active"])
    first.alerts.acknowledge("High", by="ana")
    was_silenced = until(lambda: alertmanager.states() == ["suppressed"])
    first.close()
    second = Agent(alertmanager.url, tmp_path / "state.json")
    second.measure(7)
    second.measure(1)
    is_gone = until(lambda: alertmanager.states() == [])
    second.close()

    assert (True, True, True) == (was_active, was_silenced, is_gone)
