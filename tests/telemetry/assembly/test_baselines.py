"""Runs out of durations, and the notes of the processes of a program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import environment
from msgspec import json

from otel_agent.insight.baselines.runs import RunEnvironment
from otel_agent.recording.exponential_buckets import ExponentialBuckets
from otel_agent.telemetry.assembly.baselines import Counted, counted_since, read_notes, run_of, whole_command

HERE = RunEnvironment(python="CPython 3.12.1", system="Linux x86_64", cpu="Model 7", cpus=2)

PROGRAM = """
import os, sys, time
import otel_agent

telemetry = otel_agent.init("agent", export="none", instrument=False, trace_modules=False, spool=False)

@otel_agent.timed("work")
def work(wait_s):
    time.sleep(wait_s)

work(0.001)
if os.fork() == 0:
    work(0.03)
    work(0.03)
    sys.exit()
os.wait()
"""


def buckets(*durations_ms: float) -> ExponentialBuckets:
    """Durations, sorted in."""
    found = ExponentialBuckets()
    found.add([round(each * 1e6) for each in durations_ms])
    return found


def test_a_run_has_quantiles_and_a_histogram() -> None:
    """Calls that failed are counted and not measured; a function that only failed is not there."""
    run = run_of({"f": (buckets(10, 11, 12, 13, 1000), 2), "failed": (None, 3)}, HERE)
    (function,) = run.functions.values()

    assert (5, 2) == (function.calls, function.errors)
    assert pytest.approx(0.012, rel=0.02) == function.median_s
    assert pytest.approx(1.0, rel=0.02) == function.p99_s
    assert pytest.approx(1.046) == function.total_s
    assert 5 == sum(function.histogram.counts)
    assert HERE == run.environment


def test_what_was_counted_between_two_looks() -> None:
    """A function that was not called is not there."""
    before: Counted = {"f": (buckets(10, 10), 1), "g": (buckets(5), 0)}
    now: Counted = {"f": (buckets(10, 10, 50, 50, 50), 3), "g": (buckets(5), 0), "h": (buckets(7), 0)}
    found = {name: (each.count, errors) for name, (each, errors) in counted_since(before, now).items() if each}

    assert {"f": (3, 2), "h": (1, 0)} == found


def test_notes_of_several_processes_are_one_run(tmp_path: Path) -> None:
    """A forked child leaves its own, and calls of both are counted once."""
    notes = tmp_path / "notes"
    notes.mkdir()
    subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment(tmp_path, OTEL_AGENT_BASELINE_NOTES=str(notes)),
        check=True,
        timeout=60,
    )
    run = read_notes(notes)

    assert run is not None
    assert 2 == len(os.listdir(notes))
    assert 3 == run.functions["work"].calls
    assert run.functions["work"].median_s >= 0.029


def test_merged_notes_keep_their_median(tmp_path: Path) -> None:
    """Within the width of a bucket, also where histograms were made coarser to fit."""
    wide = buckets(*(1.02**number for number in range(500)))
    for name in ("1", "2"):
        (tmp_path / f"{name}.json").write_bytes(json.encode(run_of({"f": (wide, 1)}, HERE)))
    (tmp_path / "3.json").write_text('{"cut')
    run = read_notes(tmp_path)

    assert run is not None
    assert (1000, 2) == (run.functions["f"].calls, run.functions["f"].errors)
    assert pytest.approx(wide.quantile_s(0.5), rel=0.06) == run.functions["f"].median_s


def test_a_folder_without_notes_is_no_run(tmp_path: Path) -> None:
    """The program had none of us in it."""
    assert None is read_notes(tmp_path)


def test_a_whole_command_is_a_function_of_one_call() -> None:
    """Exactly as long as it took."""
    run = whole_command("the whole command", 1.25, HERE)

    assert (1, 1.25) == (run.functions["the whole command"].calls, run.functions["the whole command"].median_s)
