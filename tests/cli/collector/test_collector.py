"""`otel-agent collector` prints the configuration, and runs the collector with it."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from otel_agent.cli import collector
from otel_agent.errors import ConfigurationError

CONFIG = Path(__file__).parents[3] / "collector" / "config"


BACKENDS = sorted(path.stem for path in (CONFIG / "backends").glob("*.yaml"))


def run(*words: str) -> int:
    """The exit status of a command."""
    parser = argparse.ArgumentParser()
    collector.configure(parser)
    return collector.run(parser.parse_args(words))


def run_apart(directory: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which it may replace."""
    script = "import argparse, sys; from otel_agent.cli import collector; parser = argparse.ArgumentParser(); collector.configure(parser); sys.exit(collector.run(parser.parse_args(sys.argv[1:])))"
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=directory,
        env={"PATH": "/usr/bin:/bin", "HOME": str(directory), "PYTHONPATH": str(CONFIG.parents[1]), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def fake_collector(path: Path, first: str = '"$OTELCOL_STATE_DIRECTORY"') -> None:
    """A program that says one of its variables and how it was called, and ends with 3."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" {first} "$@"\nexit 3\n')
    path.chmod(0o755)


def test_backends_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has a line with what it is and what has to be set."""
    assert 0 == run("backends")
    lines = capsys.readouterr().out.splitlines()

    assert any(line.split()[:2] == ["jaeger", "Jaeger"] for line in lines)
    assert any("honeycomb" in line and line.endswith("(needs HONEYCOMB_API_KEY)") for line in lines)
    assert len(BACKENDS) + len(list((CONFIG / "options").glob("*.yaml"))) == sum(
        line.startswith("  ") for line in lines
    )


def test_backends_are_listed_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds description, signals and variables with their defaults."""
    assert 0 == run("backends", "--json")
    answer = json.loads(capsys.readouterr().out)

    assert BACKENDS == list(answer["backends"])
    assert {
        "description": "Jaeger 2, which takes OTLP itself: traces",
        "signals": ["traces"],
        "variables": {"JAEGER_ENDPOINT": "jaeger:4317", "OTELCOL_QUEUE_BYTES": "268435456"},
    } == answer["backends"]["jaeger"]
    assert ["traces", "metrics", "logs"] == answer["backends"]["otlp-http"]["signals"]


def test_what_has_to_be_set_is_said_before_the_collector_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable without a default that is not set, or empty, is named."""
    monkeypatch.delenv("HONEYCOMB_API_KEY", raising=False)
    monkeypatch.setenv("BACKEND_ENDPOINT", "")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        run("run", "--backend", "honeycomb", "--backend", "otlp-grpc")

    assert (
        "honeycomb: set the environment variable HONEYCOMB_API_KEY, which has no default",
        "otlp-grpc: set the environment variable BACKEND_ENDPOINT, which has no default",
    ) == caught.value.problems


@pytest.mark.parametrize("words", [(), ("--program", "no-such-collector")])
def test_a_missing_collector_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    """Without a collector the message says how to get one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="`make collector` builds one"):
        run("run", "--backend", "debug", *words)


def test_the_collector_takes_the_place_of_the_command(tmp_path: Path) -> None:
    """The collector in build/ is run with the configuration and a folder for its queues; its status is ours."""
    fake_collector(tmp_path / "build" / "otelcol-agent")
    result = run_apart(tmp_path, "run", "--backend", "debug")
    state, argument = result.stdout.split("\n", 1)

    assert 3 == result.returncode, result.stderr
    assert str(tmp_path / ".local" / "state" / "otel-agent" / "collector") == state
    assert "traces/debug" in yaml.safe_load(argument.removeprefix("--config=yaml:"))["service"]["pipelines"]


def test_the_folder_for_queues_can_be_chosen(tmp_path: Path) -> None:
    """A state directory that is set already is kept; another program can be named."""
    fake_collector(tmp_path / "mine")
    result = run_apart(
        tmp_path, "run", "--backend", "debug", "--program", str(tmp_path / "mine"), OTELCOL_STATE_DIRECTORY="/elsewhere"
    )

    assert "/elsewhere" == result.stdout.splitlines()[0], result.stderr
    assert os.access(tmp_path / "mine", os.X_OK)


def test_headers_are_written_as_the_sdk_takes_them(tmp_path: Path) -> None:
    """The collector that is run gets a list of headers as the map it takes, and a map as it is."""
    fake_collector(tmp_path / "build" / "otelcol-agent", '"$BACKEND_HEADERS"')
    lists, maps = (
        run_apart(tmp_path, "run", "--backend", "otlp-http", BACKEND_ENDPOINT="http://x", BACKEND_HEADERS=headers)
        for headers in ("x-team=blue, x-org=a%20b=c", '{"x-team": "blue"}')
    )

    assert {"x-team": "blue", "x-org": "a b=c"} == json.loads(lists.stdout.splitlines()[0])
    assert {"x-team": "blue"} == json.loads(maps.stdout.splitlines()[0])


def test_contrib_is_run_with_what_it_has(tmp_path: Path) -> None:
    """Under its own name the contrib distribution gets no component it lacks."""
    fake_collector(tmp_path / "build" / "otelcol-contrib")
    result = run_apart(tmp_path, "run", "--backend", "debug")

    assert "batch/debug" in result.stdout
    assert "isolate" not in result.stdout


def test_a_value_that_cannot_be_right_is_named_before_anything_starts(tmp_path: Path) -> None:
    """No collector is run that would refuse its configuration without a word about the variable."""
    fake_collector(tmp_path / "build" / "otelcol-agent")
    result = run_apart(tmp_path, "run", "--backend", "debug", OTELCOL_METRICS_PORT="many")

    assert "OTELCOL_METRICS_PORT: expected a port from 1 to 65535, such as 8888, found 'many'" in result.stderr
    assert (1, "") == (result.returncode, result.stdout)
