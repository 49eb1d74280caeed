"""
One segment file: appended to by its process, read from the front, removed when all of it was acknowledged.

Beside `traces-00000001.seg` lies `traces-00000001.ack`, which says up to where the segment was acknowledged. It is advice:
when it is missing, torn or impossible the segment is read from its beginning, so something may be sent twice and nothing is
ever skipped.
"""

import os
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from otel_agent.delivery.files import append_all
from otel_agent.delivery.spool.frames import scan

__all__ = ["FILE_MODE", "Segment"]

FILE_MODE = 0o600

_CURSOR_BYTES = 12
"""Eight for the place, four for their checksum."""

_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_OPEN = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW


class Segment:
    """
    A file of frames, which `create` makes and `load` opens.

    Every method raises `OSError` when the disk fails; the spool decides what follows.

    Args:
        path: Path of the file, ends with `.seg`.
        born_s: When it began, in seconds on the monotonic clock; may lie before that clock's zero.
    """

    def __init__(self, path: Path, born_s: float) -> None:
        self.path = path
        self.born_s = born_s
        self.size_bytes = 0
        self.items = 0
        """Items in it that were not acknowledged."""
        self.read_at = 0
        """Everything before this was acknowledged."""
        self.is_open = False
        """Whether it is still appended to."""
        self.is_being_sent = False
        """Whether somebody is sending a part of it; then it must not be removed."""
        self.is_dirty = False
        """Whether there is something in it that the disk may not have yet."""
        self._fd = -1
        self._cursor_fd = -1

    def create(self) -> None:
        """Make the file, for appending."""
        self._fd = os.open(self.path, _CREATE, FILE_MODE)
        self.is_open = True

    def load(self) -> None:
        """Open a file that a process left behind, and count what is in it behind its cursor."""
        self._fd = os.open(self.path, _OPEN)
        content = self._read(0, os.fstat(self._fd).st_size)
        self.size_bytes = len(content)
        frames = list(scan(content))
        self.read_at = _cursor_of(self.path.with_suffix(".ack"), {frame.end for frame in frames})
        self.items = sum(frame.items for frame in frames if frame.start >= self.read_at)

    def append(self, frame: bytes, items: int) -> None:
        """
        Write a frame behind the others; all of it or nothing.

        Args:
            frame: Bytes of a frame, see `frames.pack`.
            items: Number of items in it.
        """
        append_all(self._fd, frame, self.size_bytes)
        self.size_bytes += len(frame)
        self.items += items
        self.is_dirty = True

    def read(self, most_bytes: int) -> bytes:
        """
        What follows the cursor.

        Args:
            most_bytes: Most bytes to read.
        """
        return self._read(self.read_at, min(most_bytes, self.size_bytes - self.read_at))

    def acknowledge(self, end: int, items: int) -> None:
        """
        Move the cursor.

        Args:
            end: Place in the file; everything before it was delivered, or given up.
            items: Number of items between the cursor and that place.
        """
        self.read_at = end
        self.items -= items
        if self._cursor_fd < 0:
            self._cursor_fd = os.open(
                self.path.with_suffix(".ack"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE
            )
        place = end.to_bytes(8, "little")
        os.pwrite(self._cursor_fd, place + crc32(place).to_bytes(4, "little"), 0)

    @property
    def is_held(self) -> bool:
        """Whether its file is open: it is this process's to write to."""
        return self._fd >= 0

    @property
    def is_finished(self) -> bool:
        """Whether all that is in it so far was acknowledged."""
        return self.read_at >= self.size_bytes

    def sync(self) -> None:
        """Wait until the disk has what was appended; a power failure costs nothing that came before."""
        if self.is_dirty:
            self.is_dirty = False
            os.fdatasync(self._fd)

    def remove(self) -> None:
        """Close and delete. The segment goes before its cursor: without a segment a cursor means nothing."""
        self.close()
        for path in (self.path, self.path.with_suffix(".ack")):
            with suppress(OSError):  # a disk that lets nothing be deleted: it will be sent once more
                path.unlink()

    def close(self) -> None:
        """Let go of the file; it stays. Safe twice."""
        self.is_open = False
        for fd in (self._fd, self._cursor_fd):
            if fd >= 0:
                with suppress(OSError):
                    os.close(fd)
        self._fd = self._cursor_fd = -1

    def _read(self, start: int, length: int) -> bytes:
        parts = []
        while length > 0 and (part := os.pread(self._fd, length, start)):
            parts.append(part)
            start += len(part)
            length -= len(part)
        return b"".join(parts)


def _cursor_of(path: Path, places: set[int]) -> int:
    """The place a cursor names, when it is one at which an intact frame ends; otherwise the beginning."""
    try:
        found = path.read_bytes()
    except OSError:
        return 0
    place = int.from_bytes(found[:8], "little")
    is_whole = len(found) == _CURSOR_BYTES and crc32(found[:8]) == int.from_bytes(found[8:], "little")
    return place if is_whole and place in places else 0
