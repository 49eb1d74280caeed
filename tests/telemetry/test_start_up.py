"""What a start does not load; `benchmarks/start_up.py` says what it costs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import json, os, sys, threading

started = []
begin = threading.Thread.start
threading.Thread.start = lambda thread: started.append(thread.name) if "otel-agent" in thread.name else begin(thread)

import otel_agent

imported = sorted(sys.modules)
otel_agent.init("agent", config={config!r})
print(json.dumps([imported, sorted(sys.modules), started]))
sys.stdout.flush()
os._exit(0)
"""

LATER = {
    "otel_agent.delivery.engine",
    "otel_agent.delivery.courier",
    "otel_agent.delivery.spool.spool",
    "otel_agent.delivery.wire.spans",
    "otel_agent.delivery.wire.primitives",
    "otel_agent.delivery.senders.http.sender",
    "otel_agent.delivery.senders.targets",
    "otel_agent.telemetry.assembly.senders",
    "otel_agent.redaction.detection.secret_names",
    "otel_agent.redaction.rules",
    "otel_agent.health.monitor",
    "otel_agent.health.answers",
    "otel_agent.instruments.machine.procfs",
    "otel_agent.instruments.machine.readings",
    "otel_agent.instruments.machine.cgroup",
    "otel_agent.series.store",
    "otel_agent.series.histograms",
}
"""What threads load after the start."""

SELDOM = {
    "otel_agent.alerts.engine",
    "otel_agent.delivery.console.summary",
    "otel_agent.delivery.senders.grpc",
    "otel_agent.health.server",
    "otel_agent.instruments.databases.sqlalchemy",
    "otel_agent.logs.queue",
    "otel_agent.logs.rotation",
    "otel_agent.telemetry.assembly.alerting",
    "otel_agent.telemetry.assembly.terminal",
    "otel_agent.redaction.custom_patterns",
}
"""What only those have who ask for it."""

FOREIGN = {
    "asyncio",
    "email",
    "grpc",
    "hashlib",
    "http.client",
    "importlib.metadata",
    "importlib.resources",
    "opentelemetry.proto",
    "opentelemetry.instrumentation",
    "promql_parser",
    "requests",
    "rich",
    "sysconfig",
    "tempfile",
    "urllib3",
    "yaml",
    "zipfile",
}
"""Libraries that a start has no use for, as far as the SDK does not load them itself."""


def started(**config: object) -> tuple[set[str], set[str], set[str]]:
    """Modules after `import otel_agent`, modules after `init` when no thread has done anything yet, and those threads."""
    run = subprocess.run(
        [sys.executable, "-c", CODE.replace("{config!r}", repr(config))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (0, "") == (run.returncode, run.stderr)
    imported, after, threads = json.loads(run.stdout)
    return set(imported), set(after), set(threads)


def of_the_sdk() -> set[str]:
    """Modules that nobody who uses the SDK is spared."""
    code = "import sys, json, opentelemetry.sdk.trace, opentelemetry.sdk.metrics, opentelemetry.sdk._logs; print(json.dumps([*sys.modules]))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(run.stdout))


def sending(tmp_path: Path, **more: object) -> dict[str, object]:
    """The configuration of an agent like most."""
    return {"export": {"endpoint": "http://127.0.0.1:9"}, "spool": {"directory": str(tmp_path / "spool")}, **more}


def test_init_returns_before_what_is_heavy_is_loaded(tmp_path: Path) -> None:
    """Encoders, spool, sender, redaction, health and the machine's readers are loaded by threads that begin after it."""
    imported, after, threads = started(**sending(tmp_path))

    assert not after & (LATER | SELDOM | (FOREIGN - of_the_sdk()))
    assert not {"msgspec", "psutil", "opentelemetry.sdk", "otel_agent.telemetry"} & imported
    assert {"otel_agent.delivery.late_engine", "otel_agent.health.assembly", "opentelemetry.sdk.trace"} <= after
    assert {"otel-agent-loading", "otel-agent-metrics"} <= threads


@pytest.mark.parametrize(
    ("section", "settings", "module"),
    [
        ("redact", {"keys": ["badge"]}, "otel_agent.redaction.custom_patterns"),
        ("logs", {"console": "json"}, "otel_agent.logs.queue"),
        ("alerts", {"defaults": True}, "otel_agent.alerts.engine"),
    ],
)
def test_what_can_be_wrong_is_looked_at_during_init(
    section: str, settings: dict[str, object], module: str, tmp_path: Path
) -> None:
    """Patterns, files and rules are checked before `init` returns, so their mistakes are found there."""
    _, after, _ = started(**sending(tmp_path, **{section: settings}))

    assert module in after


def test_a_journal_is_there_from_the_first_span_on(tmp_path: Path) -> None:
    """With `spool.level: journal` nothing is ever only in memory, so the engine is not left for later."""
    _, after, _ = started(**sending(tmp_path, spool={"directory": str(tmp_path / "spool"), "level": "journal"}))

    assert {"otel_agent.delivery.engine", "otel_agent.delivery.spool.spool"} <= after
