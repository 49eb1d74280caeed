"""`otel-agent config` answers with words and an exit status."""

import argparse
import json
import re
from pathlib import Path

import pytest

from otel_agent.cli import config


def run(*words: str) -> int:
    """The exit status of a command."""
    parser = argparse.ArgumentParser()
    config.configure(parser)
    return config.run(parser.parse_args(words))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OTEL_AGENT_CONFIG", "OTEL_AGENT_ENVIRONMENT", "OTEL_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_check_of_a_right_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 0 and a sentence that names what was read."""
    (tmp_path / "otel-agent.yaml").write_text("service: {name: a}")

    assert 0 == run("check")
    assert ("otel-agent.yaml: valid\n", "") == capsys.readouterr()


def test_check_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrong with having none."""
    assert 0 == run("check")
    assert "no file: valid\n" == capsys.readouterr().out


def test_check_says_every_mistake_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of rules, routes and notifiers too; warnings do not change the exit status."""
    (tmp_path / "c.yaml").write_text(
        "health: {prt: 1, host: 0.0.0.0}\n"
        "alerts:\n"
        "  rules:\n"
        "    - absent: {nam: C}\n"
        "  routes: [{to: [nobody]}]\n"
        "  notifiers:\n"
        "    desk: {webhok: {}}\n"
    )

    assert 1 == run("check", "c.yaml")
    said = capsys.readouterr()
    assert "c.yaml: 6 mistakes\n" == said.out
    lines = said.err.splitlines()
    assert "c.yaml:1: health.prt: unknown key, did you mean health.port?" == lines[0]
    assert any(line.startswith("c.yaml:4: alerts.rules[0].absent") for line in lines)
    assert any(line.startswith("c.yaml:5: alerts.routes[0].to: 'nobody' is no notifier") for line in lines)
    assert any(
        line.startswith("c.yaml:7: alerts.notifiers.desk.webhok: unknown key, did you mean webhook?") for line in lines
    )
    assert lines[-1].startswith("warning: c.yaml:1: health.host: ")


def test_check_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files, problems and warnings for a program."""
    (tmp_path / "otel-agent.yaml").write_text("halth: {}")

    assert 1 == run("check", "--json")
    assert {
        "files": ["otel-agent.yaml"],
        "problems": ["otel-agent.yaml:1: halth: unknown key, did you mean health?"],
        "warnings": [],
    } == json.loads(capsys.readouterr().out)


def test_check_reads_rule_files_beside_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A relative rule file is found from wherever the command is started."""
    inner = tmp_path / "conf"
    inner.mkdir()
    (inner / "alerts.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]")
    (inner / "c.yaml").write_text("alerts: {rule_files: [alerts.yml]}")

    assert 0 == run("check", "conf/c.yaml")
    assert "conf/c.yaml: valid\n" == capsys.readouterr().out


def test_explain_shows_values_and_origins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the overlay, of variables, and of each key of a mapping; secrets are masked."""
    monkeypatch.setenv("OTEL_AGENT_HEALTH__PORT", "8080")
    (tmp_path / "otel-agent.yaml").write_text("service: {name: a}\nexport:\n  headers: {x: s3cret, y: s3cret}\n")
    (tmp_path / "otel-agent.test.yaml").write_text("\nservice: {name: b}")

    assert 0 == run("explain", "--given", "--environment", "test")
    said = capsys.readouterr().out
    assert [
        ["service.name", '"b"', "otel-agent.test.yaml:2"],
        ["service.environment", '"test"', "argument environment"],
        ["export.headers.x", '"***"', "otel-agent.yaml:3"],
        ["export.headers.y", '"***"', "otel-agent.yaml:3"],
        ["health.port", "8080", "environment OTEL_AGENT_HEALTH__PORT"],
    ] == [line.split(maxsplit=2) for line in said.splitlines()]


def test_explain_in_json_has_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """Value and origin by path, defaults included."""
    assert 0 == run("explain", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert {"value": 60.0, "origin": "default"} == answer["settings"]["metrics.interval_s"]
    assert ([], []) == (answer["problems"], answer["warnings"])


def test_explain_of_a_wrong_file_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is explained is what the agent would use."""
    (tmp_path / "otel-agent.yaml").write_text("health: {port: many}")

    assert 1 == run("explain")
    said = capsys.readouterr()
    assert "health.port: expected a whole number" in said.err
    assert any(line.split() == ["health.port", "null", "default"] for line in said.out.splitlines())


def test_schema_is_json_for_editors(capsys: pytest.CaptureFixture[str]) -> None:
    """A draft-07 schema of the whole file."""
    assert 0 == run("schema")
    rule = json.loads(capsys.readouterr().out)
    assert "http://json-schema.org/draft-07/schema#" == rule["$schema"]
    assert "port" in rule["properties"]["health"]["properties"]


HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "configuration.md"


def test_the_how_to_shows_real_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both answers on the page are what its files give."""
    page = HOW_TO.read_text()
    for title, code in re.findall(r'```yaml title="([^"]+)"\n(.*?)```', page, re.DOTALL):
        (tmp_path / title).write_text(code)
    explained, checked = re.findall(r"```text\n(.*?)```", page, re.DOTALL)

    run("check", "broken.yaml")
    said = capsys.readouterr()
    assert checked == said.err + said.out
    monkeypatch.setenv("OTEL_AGENT_HEALTH__PORT", "9090")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "night-trader")
    run("explain", "--given")
    assert explained == capsys.readouterr().out.replace(str(tmp_path), "…")
