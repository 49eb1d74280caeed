"""
Files of runs: JSON lines that several processes may append to at once.

A line is appended whole under a lock of the file, so no reader sees half of one of ours. A file keeps the newest `MOST_RUNS` runs of
each environment; when it outgrows that, it is written anew beside itself and takes the old one's place, and whoever waited for
the lock of the old one looks again.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import BinaryIO

from msgspec import DecodeError, ValidationError, json

from otel_agent.errors import BaselineError
from otel_agent.insight.baselines.runs import Run, RunEnvironment

__all__ = ["MOST_RUNS", "append_runs", "newest", "read_runs", "replace_runs"]

MOST_RUNS = 200
"""Runs of one environment that a file keeps: the newest."""

MOST_PROBLEMS = 10
"""Mistakes of one file that are told at a time."""

_encode = json.Encoder().encode
_decode = json.Decoder(Run).decode


def append_runs(path: Path, runs: Sequence[Run]) -> None:
    """
    Add runs at the end of a file, which is made when there is none, with its folder.

    Args:
        path: The file.
        runs: Added in this order.

    Raises:
        BaselineError: The file cannot be written, or holds a line that is no run.
    """
    with _locked(path) as file:
        size_bytes = file.seek(0, os.SEEK_END)
        if size_bytes:
            file.seek(size_bytes - 1)
            if file.read(1) != b"\n":  # whoever wrote last was killed in the middle of it
                file.write(b"\n")
        file.write(b"".join(_encode(run) + b"\n" for run in runs))
        file.flush()
        file.seek(0)
        if sum(1 for _ in file) > MOST_RUNS:
            file.seek(0)
            _write_anew(path, newest(_runs(path, file)))


def replace_runs(path: Path, runs: Sequence[Run], environment: RunEnvironment) -> None:
    """
    Put runs in the place of those of their environment; runs of other environments stay.

    Args:
        path: The file; made when there is none.
        runs: What takes the place.
        environment: Runs of this one go.

    Raises:
        BaselineError: The file cannot be read or written, or holds a line that is no run.
    """
    with _locked(path) as file:
        file.seek(0)
        kept = [run for run in _runs(path, file) if _speed(run.environment) != _speed(environment)]
        _write_anew(path, newest([*kept, *runs]))


def read_runs(path: Path) -> list[Run]:
    """
    Every run of a file.

    Args:
        path: The file.

    Returns:
        In the order of the file; lines that are empty are passed over.

    Raises:
        BaselineError: There is no such file, it cannot be read, or lines of it are no runs: each is named with its number.
    """
    try:
        with path.open("rb") as file:
            return _runs(path, file)
    except OSError as error:
        raise BaselineError([f"{path} cannot be read: {error.strerror}"]) from error


def newest(runs: Sequence[Run], most: int = MOST_RUNS) -> list[Run]:
    """
    The newest runs of each environment.

    Args:
        runs: The oldest first.
        most: Runs kept of each environment.

    Returns:
        In the same order.
    """
    seen: defaultdict[tuple[object, ...], int] = defaultdict(int)
    kept = []
    for run in reversed(runs):
        key = _speed(run.environment)
        seen[key] += 1
        if seen[key] <= most:
            kept.append(run)
    return kept[::-1]


def _speed(environment: RunEnvironment) -> tuple[object, ...]:
    return environment.python, environment.system, environment.cpu, environment.cpus


def _runs(path: Path, file: BinaryIO) -> list[Run]:
    runs, problems = [], []
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            runs.append(_decode(line))
        except (ValidationError, DecodeError, RecursionError) as error:
            what = "no run" if isinstance(error, ValidationError) else "no JSON"
            problems.append(f"{path}:{number}: {what}: {error}; delete the line, or record the baseline again")
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise BaselineError(
            [*problems[:MOST_PROBLEMS], *([f"{path}: {more} more lines like these"] if more > 0 else [])]
        )
    return runs


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            with path.open("ab+") as file:
                flock(file, LOCK_EX)
                if _is_at(path, file):
                    yield file
                    return
    except OSError as error:
        raise BaselineError([f"{path} cannot be written: {error.strerror}"]) from error


def _is_at(path: Path, file: BinaryIO) -> bool:
    """Whether a file still stands at its path: another process may have put a new one there before we had the lock."""
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _write_anew(path: Path, runs: Sequence[Run]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(b"".join(_encode(run) + b"\n" for run in runs))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
