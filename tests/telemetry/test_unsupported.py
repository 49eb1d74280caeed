"""Where this package cannot run, it says so in one line, and the agent goes on."""

import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import environment

from otel_agent.errors import OtelAgentError
from otel_agent.telemetry import starting

AGENT = """
import asyncio, sys  # asyncio before the pretence: it is Python's own that looks at the platform
sys.platform = "win32"
sys.modules["fcntl"] = sys.modules["resource"] = None
import otel_agent

telemetry = otel_agent.init("trader", endpoint="http://127.0.0.1:9", health=0)

@otel_agent.traced
def decide():
    return "buy"

@otel_agent.cached(maxsize=3)
def quote(symbol):
    return 7

@otel_agent.health_check("broker")
def broker():
    pass

otel_agent.heartbeat("loop", within_s=3)()
with otel_agent.span("trade") as span:
    span.set_attribute("a", 1)
print(decide(), quote("A"), quote("A"), telemetry is otel_agent.init("trader"))
print(telemetry.is_running, telemetry.alerts.active(), telemetry.query("up"), telemetry.findings(), telemetry.health.report().is_live)
print(telemetry.flush(1).by_signal == telemetry.shutdown().by_signal, telemetry.status()["problems"])
"""


def test_an_agent_on_windows_runs_unobserved_and_is_told_so(tmp_path: Path) -> None:
    """One line on standard error; decorators, blocks, caches, checks and every question work as ever; the status has the line too."""
    ended = subprocess.run(
        [sys.executable, "-c", AGENT],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = ended.stdout.splitlines()

    assert 0 == ended.returncode, ended.stderr
    assert ["buy 7 7 True", "False [] [] [] True"] == lines[:2]
    assert lines[2].startswith("True ['otel_agent runs on Linux and macOS, and not on Windows")
    assert 1 == len(ended.stderr.splitlines())
    assert "not on Windows" in ended.stderr


def test_strict_agents_do_not_start_unobserved(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `strict` the same line is raised."""
    monkeypatch.setattr("sys.platform", "win32")

    with pytest.raises(OtelAgentError, match="not on Windows"):
        starting.start({"service_name": "trader", "strict": True})
