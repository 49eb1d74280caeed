"""Files of runs: appended to by several, bounded, and plain about their mistakes."""

import multiprocessing
from pathlib import Path

import pytest
from msgspec.structs import replace
from run_examples import HERE, a_run

from otel_agent.errors import BaselineError
from otel_agent.insight.baselines import files
from otel_agent.insight.baselines.files import append_runs, newest, read_runs, replace_runs

ELSEWHERE = replace(HERE, cpus=64)


def append_many(path: Path, name: str) -> None:
    """What each of several processes does."""
    for _ in range(20):
        append_runs(path, [a_run(HERE, "", **{name: 1.0}), a_run(HERE, "", **{name: 2.0})])


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    """Also into a folder that is not there yet, and in order."""
    path = tmp_path / "bench" / "b.jsonl"
    append_runs(path, [a_run(f=1.0)])
    append_runs(path, [a_run(f=2.0), a_run(f=3.0)])

    assert [1.0, 2.0, 3.0] == [run.functions["f"].median_s for run in read_runs(path)]


def test_processes_append_at_once(tmp_path: Path) -> None:
    """No line is lost or cut."""
    path, context = tmp_path / "b.jsonl", multiprocessing.get_context("spawn")
    processes = [context.Process(target=append_many, args=(path, f"f{number}")) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    runs = read_runs(path)

    assert 120 == len(runs)
    assert 40 == sum("f1" in run.functions for run in runs)


def test_a_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest runs of each environment stay."""
    monkeypatch.setattr(files, "MOST_RUNS", 5)
    monkeypatch.setattr(files.newest, "__defaults__", (5,))
    path = tmp_path / "b.jsonl"
    append_runs(path, [a_run(ELSEWHERE, f=0.5)])
    for number in range(9):
        append_runs(path, [a_run(f=float(number))])
    runs = read_runs(path)

    assert [4.0, 5.0, 6.0, 7.0, 8.0] == [run.functions["f"].median_s for run in runs if run.environment == HERE]
    assert 1 == sum(run.environment == ELSEWHERE for run in runs)
    assert ["b.jsonl"] == [each.name for each in tmp_path.iterdir()]


def test_runs_of_one_environment_are_replaced(tmp_path: Path) -> None:
    """Those of another one stay."""
    path = tmp_path / "b.jsonl"
    append_runs(path, [a_run(f=1.0), a_run(ELSEWHERE, f=2.0)])
    replace_runs(path, [a_run(f=3.0)], HERE)

    assert [2.0, 3.0] == [run.functions["f"].median_s for run in read_runs(path)]


def test_a_line_that_was_cut_does_not_spoil_the_next(tmp_path: Path) -> None:
    """Whoever wrote it was killed; it is named, and nothing else."""
    path = tmp_path / "b.jsonl"
    append_runs(path, [a_run(f=1.0)])
    path.write_bytes(path.read_bytes() + b'{"format":1,"recor')
    append_runs(path, [a_run(f=2.0)])
    with pytest.raises(BaselineError) as raised:
        read_runs(path)

    assert 3 == len(path.read_text().splitlines())
    assert [f"{path}:2: no JSON"] == [line[: len(f"{path}:2: no JSON")] for line in raised.value.problems]


def test_each_wrong_line_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    """File, line, and the key."""
    path = tmp_path / "b.jsonl"
    append_runs(path, [a_run(f=1.0)])
    good = path.read_text()
    path.write_text(
        good + "\n" + good.replace('"median_s":1.0', '"median_s":"quick"') + good.replace('"format":1', '"format":2')
    )
    with pytest.raises(BaselineError) as raised:
        read_runs(path)
    first, second = raised.value.problems

    assert f"{path}:3: no run: Expected `float`, got `str` - at `$.functions[...].median_s`" in first
    assert "delete the line, or record the baseline again" in first
    assert f"{path}:4: no run: Invalid enum value 2 - at `$.format`" in second


def test_many_wrong_lines_are_counted(tmp_path: Path) -> None:
    """A file of something else does not fill the terminal."""
    path = tmp_path / "b.jsonl"
    path.write_text("no\n" * 500)
    with pytest.raises(BaselineError) as raised:
        read_runs(path)

    assert 11 == len(raised.value.problems)
    assert f"{path}: 490 more lines like these" == raised.value.problems[-1]


def test_a_file_that_cannot_be_opened_is_said_to_be(tmp_path: Path) -> None:
    """Neither to read nor to write."""
    with pytest.raises(BaselineError, match=r"none\.jsonl cannot be read: No such file"):
        read_runs(tmp_path / "none.jsonl")
    with pytest.raises(BaselineError, match="cannot be written: Is a directory"):
        append_runs(tmp_path, [a_run(f=1.0)])


def test_newest_keeps_the_order() -> None:
    """The oldest one goes."""
    runs = [a_run(f=1.0), a_run(f=2.0), a_run(f=3.0)]

    assert runs[1:] == newest(runs, 2)
