"""
Runs out of the durations that this process counts, and the note that `otel-agent baseline` asks a program for.

A program that is measured may consist of several processes. Each leaves a file of its own in a folder when it ends, and whoever
started the program makes one run of them all.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import DecodeError, ValidationError, json

from otel_agent.clock import wall_ns
from otel_agent.config.installed import version
from otel_agent.insight.baselines.environment import read_environment
from otel_agent.insight.baselines.runs import MOST_FUNCTIONS, FunctionRun, Run, RunEnvironment, RunHistogram
from otel_agent.recording import durations
from otel_agent.recording.exponential_buckets import SCALE, ExponentialBuckets, as_dense, merged

__all__ = ["Counted", "counted", "counted_since", "leave_note", "read_notes", "run_of", "whole_command"]

MOST_BUCKETS = 160
"""Buckets of a histogram that a run keeps, as many as a point of a metric has."""

Counted = Mapping[str, tuple[ExponentialBuckets | None, int]]
"""By function: durations of the calls without an error, and the number of those with one."""


def counted() -> dict[str, tuple[ExponentialBuckets | None, int]]:
    """What this process has counted since its start or fork."""
    found: dict[str, tuple[ExponentialBuckets | None, int]] = {}
    for name, error_type, buckets in durations.shared.collect():
        known, errors = found.get(name, (None, 0))
        found[name] = (buckets, errors) if error_type is None else (known, errors + buckets.count)
    return found


def counted_since(before: Counted, now: Counted) -> dict[str, tuple[ExponentialBuckets | None, int]]:
    """
    What was counted between two looks.

    Args:
        before: The earlier look.
        now: The later look.

    Returns:
        Only functions that were called.
    """
    found: dict[str, tuple[ExponentialBuckets | None, int]] = {}
    for name, (buckets, errors) in now.items():
        old, old_errors = before.get(name, (None, 0))
        more = buckets if buckets is None or old is None else buckets.since(old)
        if more is not None and more.count:
            found[name] = (more, errors - old_errors)
    return found


def run_of(functions: Counted, environment: RunEnvironment | None = None) -> Run:
    """
    A run, of what was counted in it.

    Args:
        functions: What was counted.
        environment: What it ran on; that of this process by default.
    """
    measured = {
        name: _function_run(buckets, errors)
        for name, (buckets, errors) in functions.items()
        if buckets is not None and buckets.count
    }
    largest = sorted(measured, key=lambda name: -measured[name].total_s)[:MOST_FUNCTIONS]
    return Run(
        recorded_at=datetime.fromtimestamp(wall_ns() / 1e9, UTC).isoformat(timespec="milliseconds"),
        environment=environment or read_environment(version("otel-agent") or ""),
        functions={name: measured[name] for name in sorted(largest)},
    )


def leave_note(directory: str, functions: Counted | None = None) -> None:
    """
    Write what this process has counted into a folder; a later note takes the place of an earlier one.

    Args:
        directory: A folder that is there.
        functions: What else was measured, left beside that; `None`: what was counted.
    """
    kind = "counted" if functions is None else "measured"
    note = Path(directory) / f"{durations.shared.start_ns}.{os.getpid()}.{kind}.json"
    beside = note.with_suffix(".part")
    beside.write_bytes(json.encode(run_of(counted() if functions is None else functions)))
    beside.replace(note)


def read_notes(directory: Path) -> Run | None:
    """
    One run of the notes that the processes of a program have left.

    Args:
        directory: The folder.

    Returns:
        `None` when no process has left any.
    """
    found: list[Run] = []
    for path in sorted(directory.glob("*.json")):
        try:
            found.append(json.decode(path.read_bytes(), type=Run))
        except (OSError, ValidationError, DecodeError):
            continue  # of a process that was killed
    if len(found) < 2:  # noqa: PLR2004 - nothing to merge
        return found[0] if found else None
    whole: dict[str, tuple[ExponentialBuckets | None, int]] = {}
    for run in found:
        for name, function in run.functions.items():
            buckets, errors = whole.get(name, (None, 0))
            more = _buckets(function)
            whole[name] = (more if buckets is None else merged(buckets, more), errors + function.errors)
    return run_of(whole, found[0].environment)


def whole_command(name: str, duration_s: float, environment: RunEnvironment) -> Run:
    """
    A run of a program in which no function was counted: its own duration is all there is.

    Args:
        name: What it is called among functions.
        duration_s: From its start to its end, in seconds.
        environment: What it ran on.
    """
    buckets = ExponentialBuckets()
    buckets.add([round(duration_s * 1e9)])
    return run_of({name: (buckets, 0)}, environment)


def _function_run(buckets: ExponentialBuckets, errors: int) -> FunctionRun:
    scale, offset, counts = as_dense(buckets.counts, MOST_BUCKETS)
    return FunctionRun(
        calls=buckets.count,
        errors=errors,
        total_s=buckets.sum_ns / 1e9,
        median_s=buckets.quantile_s(0.5),
        p90_s=buckets.quantile_s(0.9),
        p99_s=buckets.quantile_s(0.99),
        histogram=RunHistogram(scale=scale, offset=offset, counts=tuple(counts), zeros=buckets.zeros),
    )


def _buckets(function: FunctionRun) -> ExponentialBuckets:
    """The buckets a function's histogram was made of; where it is coarser, their middles."""
    histogram, found = function.histogram, ExponentialBuckets()
    coarser = SCALE - histogram.scale
    middle = (1 << coarser) >> 1
    found.counts = {
        ((histogram.offset + position) << coarser) + middle: count
        for position, count in enumerate(histogram.counts)
        if count
    }
    found.zeros = histogram.zeros
    found.sum_ns = round(function.total_s * 1e9)
    found.min_ns, found.max_ns = 0, round(3.2e16)  # not known any more: one year, which clamps nothing
    return found
