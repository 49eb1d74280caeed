"""
A file that several processes append to, and that begins anew when it is full: agent.log, agent.log.1 … agent.log.5.

Every process opens the file itself. Whoever writes holds a lock (`flock`) on the open file and looks first whether it still
is the one that the name leads to; whoever finds it full renames it while holding that lock. So lines of different processes
never mix, no file is renamed twice, and a process that dies leaves no lock behind. When somebody else keeps the lock too
long (a stopped process), lines are appended all the same, which the kernel does in one piece, only without rotation.

An extra package for this, concurrent-log-handler, does the same with a lock file beside the log and one lock per record;
here a lock serves a whole batch, and nothing has to be installed.
"""

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from otel_agent import primitives
from otel_agent.clock import monotonic_s

__all__ = ["RotatingFile"]

LOCK_WAIT_S = 2.0
"""Wait for the lock before lines are appended without it, in seconds."""

_PAUSE_S = 0.002
_MODE = 0o600
_PARENT_MODE = 0o700


class RotatingFile:
    """
    One log file and its backups. Used by one thread at a time; other processes may use the same file at the same time.

    What is no regular file (a pipe, /dev/stdout) is written to and never rotated.

    Args:
        path: Absolute, so that a change of directory does not matter. Directories that are missing are made.
        max_bytes: Size that a file does not exceed, in bytes, unless a single line does.
        backups: Files kept beside the current one; 0 empties the current one when it is full.
    """

    def __init__(self, path: Path, max_bytes: int, backups: int) -> None:
        self.name = str(path)
        self._path = path
        self._max_bytes = max_bytes
        self._backups = backups
        self._descriptor: int | None = None

    def write(self, lines: Sequence[str]) -> int:
        """
        Append whole lines.

        Args:
            lines: Lines of ASCII, with their line breaks.

        Returns:
            How many were written; fewer than given when the disk is full.

        Raises:
            OSError: When nothing could be written.
        """
        encoded = [line.encode("utf-8", "backslashreplace") for line in lines]
        written = 0
        while written < len(encoded):
            with self._locked() as is_locked:
                written += self._fill(encoded[written:], may_rotate=is_locked)
        return written

    def reinit_after_fork(self) -> None:
        """Let go, in a child, of the open file it shares with its parent: a lock on it would be both's."""
        self.close()

    def close(self) -> None:
        """Close the file; the next write opens it again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        """Hold the lock of the file that the name leads to; false when somebody else keeps it too long."""
        deadline_s = monotonic_s() + LOCK_WAIT_S
        while True:
            descriptor = self._open()
            is_locked = _lock(descriptor, deadline_s)
            if not is_locked or self._is_current(descriptor):
                break
            self.close()
        try:
            yield is_locked
        finally:
            if is_locked and self._descriptor is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _open(self) -> int:
        if self._descriptor is None:
            self._path.parent.mkdir(mode=_PARENT_MODE, parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        return self._descriptor

    def _is_current(self, descriptor: int) -> bool:
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(descriptor))

    def _fill(self, lines: Sequence[bytes], *, may_rotate: bool) -> int:
        """Write what fits into the current file; rotate, and write nothing more, when there is something left."""
        descriptor = self._open()
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not may_rotate:
            _append(descriptor, lines, is_alone=False)
            return len(lines)
        size = status.st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            _append(descriptor, [b"\n"], is_alone=True)  # somebody was killed in the middle of a line
            size += 1
        count = 0
        for line in lines:
            if size + len(line) > self._max_bytes and (size or count):
                break
            size += len(line)
            count += 1
        if count:
            _append(descriptor, lines[:count], is_alone=True)
        if count < len(lines):
            self._rotate(descriptor, stat.S_IMODE(status.st_mode))
        return count

    def _rotate(self, descriptor: int, mode: int) -> None:
        if not self._backups:
            os.ftruncate(descriptor, 0)
            return
        for number in range(self._backups - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        self.close()
        if mode != _MODE:
            os.fchmod(self._open(), mode)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _lock(descriptor: int, deadline_s: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic_s() >= deadline_s:
                return False
            primitives.sleep(_PAUSE_S)
        except OSError:
            return False  # a file system without locks: one writer is safe there, several are not
        else:
            return True


def _append(descriptor: int, lines: Sequence[bytes], *, is_alone: bool) -> None:
    """Append lines in one write; when the disk takes only a part and the lock is ours, what was begun is taken back."""
    content = memoryview(b"".join(lines))
    begun = 0
    try:
        while begun < len(content):
            begun += os.write(descriptor, content[begun:])
    except OSError:
        if begun and is_alone:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - begun)
        raise
