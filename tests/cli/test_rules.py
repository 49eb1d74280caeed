"""`otel-agent rules` answers with words and an exit status."""

import argparse
import json
from pathlib import Path

import pytest
import yaml

from otel_agent.alerts.rules.files import read_file
from otel_agent.cli import rules
from otel_agent.errors import RuleError

PROMTOOL = Path(__file__).parents[1] / "alerts" / "promtool"


def run(*words: str) -> int:
    """The exit status of a command."""
    parser = argparse.ArgumentParser()
    rules.configure(parser)
    return rules.run(parser.parse_args(words))


def test_check_counts_what_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    """A right file ends with 0 and a sentence."""
    assert 0 == run("check", str(PROMTOOL / "rules.yml"))
    assert "9 alerts and 2 recording rules in 2 groups can be used\n" == capsys.readouterr().out


def test_check_says_every_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong file ends with 1 and a line for each mistake; JSON holds the same."""
    path = tmp_path / "r.yml"
    path.write_text(
        "groups:\n- name: g\n  rules:\n  - {alert: A, expr: info(x)}\n  - {alert: B, expr: x, for: 1m}\n  - {alert: C, expr: x, fro: 1m}\n"
    )

    assert 1 == run("check", str(path))
    said = capsys.readouterr()
    assert 1 == run("check", "--json", str(path))
    answer = json.loads(capsys.readouterr().out)
    assert [f"{path}:4: group 'g', rule 'A': `expr`: the function info() is outside the subset"] == answer["problems"][
        :1
    ]
    assert 2 == len(answer["problems"])
    assert "2 mistakes" in said.err
    assert "did you mean `for`?" in said.err


def test_check_reads_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rule files and shorthand of an otel-agent.yaml are checked together."""
    (tmp_path / "alerts.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]")
    path = tmp_path / "otel-agent.yaml"
    path.write_text("alerts: {rule_files: [alerts.yml], rules: [{exception: {name: B, type: X}}, {absent: {nam: C}}]}")

    assert 1 == run("check", str(path))
    said = capsys.readouterr()
    assert "2 alerts" in said.out
    assert "alerts.rules[1].absent.nam: unknown key, did you mean name?" in said.err


def test_test_gives_promtool_s_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    """Passing files end with 0, one that fails with 1 and the difference."""
    assert 0 == run("test", str(PROMTOOL / "rates.yml"), str(PROMTOOL / "alert-for.yml"))
    assert 1 == run("test", str(PROMTOOL / "rates.yml"), str(PROMTOOL / "wrong-value.yml"))
    said = capsys.readouterr()
    assert "FAILED" in said.out
    assert "expected {} 64.001, got {} 66.0" in said.err


def test_test_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Each file has its verdict and its failures."""
    path = str(PROMTOOL / "rates.yml")
    run("test", "--json", path)

    assert {path: {"passed": True, "failures": []}} == json.loads(capsys.readouterr().out)


def test_export_writes_what_prometheus_reads(tmp_path: Path) -> None:
    """The default rules are exported as a file that reads back without a problem."""
    output = tmp_path / "out.yml"

    assert 0 == run("export", "--prometheus", "--output", str(output))
    assert () == read_file(output).problems
    assert "Watchdog" in output.read_text()


def test_export_in_json_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON and YAML hold the same rules."""
    run("export", str(PROMTOOL / "rules.yml"))
    written = yaml.safe_load(capsys.readouterr().out)
    run("export", "--json", str(PROMTOOL / "rules.yml"))

    assert written == json.loads(capsys.readouterr().out)


def test_explain_shows_what_a_rule_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Expression, what it reads, how far back, and when it fires."""
    assert 0 == run("explain", "Hot", str(PROMTOOL / "rules.yml"))
    said = capsys.readouterr().out
    assert 0 == run("explain", "--json", "Hot", str(PROMTOOL / "rules.yml"))
    fact = json.loads(capsys.readouterr().out)[0]
    assert "temperature > 90" in said
    assert (["temperature"], "5m", "2m") == (fact["reads"], fact["looks back"], fact["fires after"])


def test_a_rule_that_does_not_exist_is_said_with_those_that_do() -> None:
    """The message lists the known names."""
    with pytest.raises(RuleError, match=r"unknown rule 'Cold'; known are .*Hot"):
        run("explain", "Cold", str(PROMTOOL / "rules.yml"))
