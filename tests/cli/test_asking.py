"""Questions to a running agent from the command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import run_agent

from otel_agent.cli import main
from otel_agent.cli.asking import is_pid

AGENT = """
import os, subprocess, sys, time
import otel_agent
telemetry = otel_agent.init("asked", export="none", instrument=False, trace_modules=False)
telemetry.findings()
from otel_agent.insight import finding_store
from otel_agent.insight.findings import Sighting
finding_store.shared.saw(Sighting("baseline", "desk.price", "desk.py:3", {"ratio": 1.5}, "Look at it.", 1.0, time.time(), time.time()))
for words in (["findings"], ["status", "--json"], ["query", "up or vector(3)"], ["memory", "--seconds", "0.2"]):
    command = [sys.executable, "-m", "otel_agent", words[0], str(os.getpid()), *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True)
    print(words[0], done.returncode, done.stdout[:60].strip() or done.stderr[-200:])
"""


def test_a_running_agent_answers(tmp_path: Path) -> None:
    """Findings, status, the recent past, and what grows."""
    ended = run_agent(AGENT, tmp_path)
    lines = ended.out.splitlines()

    assert lines[0].startswith("findings 1 baseline at desk.py:3: desk.price: ratio 1.5.")
    assert any(line.startswith('status 0 {"service": "asked"') for line in lines)
    assert any(line.startswith("memory 0 in ") for line in lines)
    assert "" == ended.err


def test_nobody_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what may be the reason."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    assert 1 == main(["status", str(ended.pid)])
    assert f"there is no process {ended.pid}" in capsys.readouterr().err


def test_a_number_is_a_process_unless_a_file_has_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is a file."""
    monkeypatch.chdir(tmp_path)
    Path("7").touch()

    assert [True, False, False] == [is_pid("8"), is_pid("7"), is_pid("a.jsonl")]


def test_findings_are_read_from_what_an_agent_has_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Log lines, OTLP as JSON, and the command's own answers; each finding once."""
    fields = {
        "rule": "cacheable",
        "subject": "desk.price",
        "place": "desk.py:3",
        "fix": "Keep it.",
        "fingerprint": "ab",
    }
    log = {"body": "x", "attributes": {f"agent.finding.{name}": value for name, value in fields.items()}}
    otlp = {
        "resourceLogs": [
            {
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "attributes": [
                                    {"key": f"agent.finding.{name}", "value": {"stringValue": f"{value}2"}}
                                    for name, value in fields.items()
                                ]
                            }
                        ]
                    }
                ]
            }
        ]
    }
    path = tmp_path / "agent.jsonl"
    path.write_text("\n".join(["no json", json.dumps(log), json.dumps(fields), json.dumps(otlp)]))

    assert 1 == main(["findings", str(path)])
    assert ["cacheable at desk.py:3", "cacheable2 at desk.py:32"] == [
        line.partition(": ")[0] for line in capsys.readouterr().out.splitlines()
    ]
    path.write_text("")
    assert 0 == main(["findings", str(path), "--json"])
    assert 1 == main(["findings", str(tmp_path / "missing")])
