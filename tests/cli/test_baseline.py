"""`otel-agent baseline` tells slower code from equal code, and says when it cannot."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from command_line import otel_agent

from otel_agent.insight.baselines.files import read_runs

PROGRAM = """
import os, time
import otel_agent

otel_agent.init("agent", export="none", instrument=False, trace_modules=False)

@otel_agent.timed("work")
def work():
    time.sleep(float(os.environ.get("WORK_S", "0.002")))

for _ in range(5):
    work()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program and its baseline: one run, twenty times over, because two later ones can show something beside so many."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "agent.py").write_text(PROGRAM)
    ended = otel_agent("baseline", "record", "--runs", "1", "--", "python", "agent.py", home=folder)

    assert (0, "1 runs of 1 functions recorded in otel-agent-baseline.jsonl\n", "") == (
        ended.returncode,
        ended.stdout,
        ended.stderr,
    )
    baseline = folder / "otel-agent-baseline.jsonl"
    baseline.write_text(baseline.read_text() * 20)
    return folder


def test_slower_code_ends_with_one(home: Path) -> None:
    """A table says what, JSON says it to programs, and a picture is drawn."""
    ended = otel_agent(
        *("baseline", "compare", "--runs", "2", "--json", "--picture", "p.svg", "--", "python", "agent.py"),
        home=home,
        WORK_S="0.05",
    )
    found = json.loads(ended.stdout)

    assert 1 == ended.returncode
    assert ("slower", ["work"]) == (found["verdict"], [each["function"] for each in found["functions"]])
    assert found["functions"][0]["change_ratio"] > 3
    assert "svg" in ET.parse(home / "p.svg").getroot().tag


def test_few_runs_end_with_three(home: Path) -> None:
    """One run can show nothing, and the advice is how many can."""
    ended = otel_agent("baseline", "compare", "--runs", "1", "--", "agent.py", home=home, WORK_S="0.05")

    assert 3 == ended.returncode
    assert "not enough data" in ended.stdout
    assert "--runs 10" in ended.stdout


def test_another_environment_ends_with_three_unless_told(home: Path) -> None:
    """What differs is named."""
    other = home / "other.jsonl"
    lines = (home / "otel-agent-baseline.jsonl").read_text()
    other.write_text(lines.replace('"python":"CPython ', '"python":"CPython 2.7, before '))
    words = ("baseline", "compare", "--baseline", str(other), "--runs", "1")
    refused = otel_agent(*words, "--", "agent.py", home=home)
    told = otel_agent(*words, "--any-environment", "--json", "--", "agent.py", home=home)

    assert 3 == refused.returncode
    assert "another environment (python: CPython 2.7, before" in refused.stdout
    assert "work" in {each["function"] for each in json.loads(told.stdout)["functions"]}


def test_show_prints_what_is_there(home: Path) -> None:
    """By environment, the slowest function first."""
    shown = otel_agent("baseline", "show", home=home)
    (group,) = json.loads(otel_agent("baseline", "show", "--json", home=home).stdout)

    assert ": 20 runs, " in shown.stdout
    assert "  work  " in shown.stdout
    assert group["functions"]["work"]["runs"] == 20


def test_runs_are_added_or_replaced(home: Path, tmp_path: Path) -> None:
    """A second record makes the baseline larger, unless the first is to be forgotten."""
    path = tmp_path / "b.jsonl"
    record = ("baseline", "record", "--runs", "1", "--output", str(path))
    otel_agent(*record, "--", "true", home=home)
    otel_agent(*record, "--", "true", home=home)
    assert 2 == len(read_runs(path))
    otel_agent(*record, "--replace", "--", "true", home=home)

    assert 1 == len(read_runs(path))


def test_a_command_without_counted_functions_is_compared_as_a_whole(home: Path, tmp_path: Path) -> None:
    """Also one that is no Python at all."""
    path = tmp_path / "b.jsonl"
    otel_agent("baseline", "record", "--runs", "1", "--output", str(path), "--", "true", home=home)
    (run,) = read_runs(path)

    assert ["the whole command"] == list(run.functions)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("record",), "no command given; for example: otel-agent baseline record -- python agent.py"),
        (("record", "--", "no-such-program"), "program not found on the PATH: 'no-such-program'"),
        (("record", "--", "python", "-c", "import sys; print('oh'); sys.exit(7)"), "run 1 ended with status 7"),
        (("record", "--timeout", "0.1", "--", "sleep", "5"), "run 1 took more than 0.1 s"),
        (("show", "--baseline", "broken.jsonl"), "broken.jsonl:1: no JSON"),
        (("record", "--output", "broken.jsonl", "--", "true"), "broken.jsonl:1: no JSON"),
    ],
)
def test_mistakes_end_with_two(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """And never with the status of slower code."""
    (tmp_path / "broken.jsonl").write_text("broken\n")
    ended = otel_agent("baseline", *words, home=tmp_path)

    assert 2 == ended.returncode
    assert said in ended.stderr


def test_without_a_baseline_there_is_not_enough_data(tmp_path: Path) -> None:
    """The command that records one is named."""
    ended = otel_agent("baseline", "compare", "--", "true", home=tmp_path)

    assert 3 == ended.returncode
    assert "record one: otel-agent baseline record" in ended.stderr
