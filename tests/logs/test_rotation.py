"""Several processes and one file: nothing mixes, nothing is lost that there is room for, and failures leave whole lines."""

import fcntl
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from otel_agent.logs import rotation
from otel_agent.logs.rotation import RotatingFile

WRITER = """
import logging, sys, time
from opentelemetry.sdk.resources import Resource
from otel_agent.config.sections.logs import LogFileSettings, LogsSettings
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.outputs import build_outputs
from otel_agent.redaction.redactor import Redactor
path, lines, process = sys.argv[1], int(sys.argv[2]), sys.argv[3]
outputs = build_outputs(LogsSettings(files=(LogFileSettings(path=path, max_bytes=200_000, backups=5),)), Redactor())
log = logging.Logger("writer")
log.addHandler(BridgeHandler(None, Resource({}), outputs=outputs.sinks))
outputs.start()
for number in range(lines):
    log.info("filled", extra={"writer": process, "number": number})
assert outputs.close(60)
counts = outputs.counts()[path]
assert counts == {"accepted": lines, "queued": 0, "written": lines, "dropped": {}}, counts
"""


def lines_of(path: Path) -> list[str]:
    """The lines of a file; it ends with a line break."""
    content = path.read_text()

    assert not content or content.endswith("\n")
    return content.splitlines()


def test_four_processes_share_one_rotating_file(tmp_path: Path) -> None:
    """4 times 4000 lines: none is malformed, backups are full, and of each process the newest lines are there without a gap."""
    path = tmp_path / "agent.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, "4000", str(process)], stderr=subprocess.PIPE, text=True)
        for process in range(4)
    ]
    failures = [writer.communicate(timeout=100)[1] for writer in writers]

    assert [""] * 4 == failures
    files = [tmp_path / f"agent.log.{number}" for number in range(5, 0, -1)] + [path]
    assert sorted(files) == sorted(tmp_path.iterdir())
    assert all(file.stat().st_size <= 200_000 for file in files)
    assert sum(file.stat().st_size for file in files[:-1]) >= 0.95 * 5 * 200_000
    records = [json.loads(line)["attributes"] for file in files for line in lines_of(file)]
    for process in "0123":
        numbers = [record["number"] for record in records if record["writer"] == process]
        assert list(range(4000 - len(numbers), 4000)) == numbers

    # Nothing is thrown away before the budget is used: the oldest file stands until all six are full.
    oldest, line = files[0].read_text(), path.read_text().splitlines(keepends=True)[-1]
    RotatingFile(path, 200_000, 5).write([line] * ((200_000 - path.stat().st_size) // len(line)))
    assert oldest == files[0].read_text()
    assert sum(file.stat().st_size for file in files) >= 0.95 * 6 * 200_000


def test_a_full_file_is_renamed_and_the_oldest_goes(tmp_path: Path) -> None:
    """No file exceeds its size; the newest backup has number 1."""
    file = RotatingFile(tmp_path / "a.log", 20, 2)
    for letter in "abcdefg":
        assert 1 == file.write([letter * 9 + "\n"])

    assert ["g" * 9] == lines_of(tmp_path / "a.log")
    assert ["e" * 9, "f" * 9] == lines_of(tmp_path / "a.log.1")
    assert ["c" * 9, "d" * 9] == lines_of(tmp_path / "a.log.2")
    assert 3 == len(list(tmp_path.iterdir()))


def test_one_batch_may_fill_several_files(tmp_path: Path) -> None:
    """A batch is divided between lines, and a line that is longer than a file has one to itself."""
    file = RotatingFile(tmp_path / "a.log", 20, 9)

    assert 5 == file.write(["a" * 9 + "\n", "b" * 9 + "\n", "c" * 50 + "\n", "d\n", "e\n"])
    assert [["d", "e"], ["c" * 50], ["a" * 9, "b" * 9]] == [
        lines_of(tmp_path / name) for name in ("a.log", "a.log.1", "a.log.2")
    ]


def test_without_backups_the_file_begins_anew(tmp_path: Path) -> None:
    """backups: 0 keeps the newest lines only."""
    file = RotatingFile(tmp_path / "a.log", 20, 0)
    file.write(["a" * 9 + "\n"] * 2)
    file.write(["b\n"])

    assert ["b"] == lines_of(tmp_path / "a.log")
    assert 1 == len(list(tmp_path.iterdir()))


def test_files_are_for_their_owner_unless_the_operator_says_otherwise(tmp_path: Path) -> None:
    """A new file has mode 0600; one whose mode was changed passes that on when it is rotated."""
    path = tmp_path / "logs" / "a.log"
    file = RotatingFile(path, 20, 1)
    file.write(["a" * 9 + "\n"])

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert 0o700 == stat.S_IMODE(path.parent.stat().st_mode)
    path.chmod(0o644)
    file.write(["b" * 12 + "\n"])
    assert 0o644 == stat.S_IMODE(path.stat().st_mode)


def test_a_file_renamed_by_others_is_opened_again(tmp_path: Path) -> None:
    """Logrotate may move the file, and anybody may delete it: the next line goes to the name."""
    path = tmp_path / "a.log"
    file = RotatingFile(path, 1000, 1)
    file.write(["a\n"])
    path.rename(tmp_path / "moved")
    file.write(["b\n"])
    path.unlink()
    file.write(["c\n"])

    assert ["a"] == lines_of(tmp_path / "moved")
    assert ["c"] == lines_of(path)


def test_a_line_cut_by_a_killed_process_stays_alone(tmp_path: Path) -> None:
    """What comes after a torn line begins a line of its own."""
    path = tmp_path / "a.log"
    path.write_text('{"body":"to')
    RotatingFile(path, 1000, 1).write(["b\n"])

    assert ['{"body":"to', "b"] == lines_of(path)


def test_a_lock_that_somebody_keeps_costs_rotation_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped process that holds the lock does not stop the others: they append, and rotate when it is free."""
    monkeypatch.setattr(rotation, "LOCK_WAIT_S", 0.01)
    path = tmp_path / "a.log"
    file = RotatingFile(path, 5, 1)
    file.write(["a\n"])
    with path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert 2 == file.write(["b" * 5 + "\n", "c\n"])
    file.write(["d\n"])

    assert ["d"] == lines_of(path)
    assert ["a", "b" * 5, "c"] == lines_of(tmp_path / "a.log.1")


def test_what_is_no_file_is_written_and_never_rotated(tmp_path: Path) -> None:
    """A pipe takes lines; nothing is renamed."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as pipe:
        file = RotatingFile(path, 5, 1)
        assert 3 == file.write(["aaaa\n"] * 3)
        assert b"aaaa\n" * 3 == pipe.read(15)

    assert [path] == list(tmp_path.iterdir())


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """What the disk takes of a batch is taken back when it does not take all of it."""
    path = tmp_path / "a.log"
    file = RotatingFile(path, 1 << 20, 1)
    file.write(["a\n"])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            file.write(["b" * 5 + "\n", "c" * 20 + "\n"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)

    assert ["a"] == lines_of(path)
    assert 1 == file.write(["d\n"])
    assert ["a", "d"] == lines_of(path)
