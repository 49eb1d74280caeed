"""`otel-agent collector` composes one configuration, and runs the collector with it."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from otel_agent.cli import collector
from otel_agent.cli.collector import composition
from otel_agent.errors import ConfigurationError

CONFIG = Path(__file__).parents[2] / "collector" / "config"
BACKENDS = sorted(path.stem for path in (CONFIG / "backends").glob("*.yaml"))


def run(*words: str) -> int:
    """The exit status of a command."""
    parser = argparse.ArgumentParser()
    collector.configure(parser)
    return collector.run(parser.parse_args(words))


def configuration(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What `config` prints, parsed."""
    assert 0 == run("config", *words)
    parsed: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)
    return parsed


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


def fake_collector(path: Path) -> None:
    """A program that says how it was called, and ends with 3."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$OTELCOL_STATE_DIRECTORY" "$@"\nexit 3\n')
    path.chmod(0o755)


def test_without_a_backend_the_base_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing asked for gives the base, which is whole."""
    printed = configuration(capsys)

    assert yaml.safe_load((CONFIG / "base.yaml").read_text()) == printed


def test_backends_stand_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Every backend at once leaves each pipeline as its own file has it, and those of the base as they were."""
    printed = configuration(capsys, *(word for name in BACKENDS for word in ("--backend", name)))
    alone = [yaml.safe_load(path.read_text()) for path in (CONFIG / "base.yaml", *(CONFIG / "backends").glob("*.yaml"))]
    expected = {name: pipeline for part in alone for name, pipeline in part["service"]["pipelines"].items()}

    assert expected == printed["service"]["pipelines"]
    assert sum(len(part["service"]["pipelines"]) for part in alone) == len(expected)
    assert {"traces/jaeger", "metrics/prometheus", "logs/debug"} <= set(expected)


def test_a_backend_brings_only_what_is_named_after_it() -> None:
    """Exporters, processors and pipelines of a backend end in its name, so that none overwrites another's."""
    strangers = [
        (name, component)
        for name, part in composition.parts("backend").items()
        for section in ("receivers", "processors", "connectors", "exporters", "extensions")
        for component in part.content.get(section, {})
        if not component.endswith(f"/{name}")
    ]

    assert [] == strangers


def test_an_option_changes_what_comes_before(capsys: pytest.CaptureFixture[str]) -> None:
    """Tail sampling stands between the base and the backends, and span metrics still see everything."""
    pipelines = configuration(capsys, "--with", "tail-sampling", "--backend", "jaeger")["service"]["pipelines"]

    assert ["forward/sampled", "span_metrics"] == pipelines["traces/in"]["exporters"]
    assert ["forward/out"] == pipelines["traces/sampled"]["exporters"]
    assert ["forward/out"] == pipelines["traces/jaeger"]["receivers"]


def test_the_head_says_how_it_was_made_and_which_variables_it_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """The printed text begins with the command and a line for each variable."""
    run("config", "--backend", "jaeger", "--backend", "otlp-http")
    head = [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")]

    assert "# Made by `otel-agent collector config --backend jaeger --backend otlp-http`." == head[0]
    assert "#   JAEGER_ENDPOINT or 'jaeger:4317'" in head
    assert "#   BACKEND_ENDPOINT has to be set" in head


def test_what_is_printed_is_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A backend named twice counts once."""
    once = configuration(capsys, "--backend", "debug")
    twice = configuration(capsys, "--backend", "debug", "--backend", "debug")

    assert once == twice


def test_unknown_names_are_said_together_with_the_nearest_known() -> None:
    """Two wrong backends give two lines, each with what was probably meant."""
    with pytest.raises(ConfigurationError) as caught:
        run("config", "--backend", "jager", "--backend", "debug", "--backend", "promtheus")

    first, second = caught.value.problems
    assert first.startswith("unknown backend 'jager'; did you mean 'jaeger'? known are debug, ")
    assert second.startswith("unknown backend 'promtheus'; did you mean 'prometheus'? ")


def test_a_name_like_no_other_gets_the_list() -> None:
    """A name without a neighbour is answered with all there are."""
    with pytest.raises(ConfigurationError) as caught:
        run("config", "--with", "zzz")

    assert "unknown option 'zzz'; known are no-content, tail-sampling" == str(caught.value)


def test_a_path_is_no_backend() -> None:
    """A name that leads out of the folder is unknown like any other."""
    with pytest.raises(ConfigurationError):
        run("config", "--backend", "../base")


def test_backends_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has a line with what it is and what has to be set."""
    assert 0 == run("backends")
    lines = capsys.readouterr().out.splitlines()

    assert any(line.split()[:2] == ["jaeger", "Jaeger"] for line in lines)
    assert any("honeycomb" in line and line.endswith("(needs HONEYCOMB_API_KEY)") for line in lines)
    assert len(BACKENDS) == sum(line.startswith("  ") for line in lines) - 2


def test_backends_are_listed_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON holds description, signals and variables with their defaults."""
    assert 0 == run("backends", "--json")
    answer = json.loads(capsys.readouterr().out)

    assert BACKENDS == list(answer["backends"])
    assert {
        "description": "Jaeger 2, which takes OTLP itself: traces",
        "signals": ["traces"],
        "variables": {"JAEGER_ENDPOINT": "jaeger:4317"},
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
        run("run", *words)


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
    result = run_apart(tmp_path, "run", "--program", str(tmp_path / "mine"), OTELCOL_STATE_DIRECTORY="/elsewhere")

    assert "/elsewhere" == result.stdout.splitlines()[0], result.stderr
    assert os.access(tmp_path / "mine", os.X_OK)
