"""
Children that vanish: a parent sees that one has ended with telemetry in its memory.

A child that leaves by `os._exit`, or is killed, cannot say what it loses. So every forked child has a place in a page of memory that it
shares with its parent, and writes its process id there while it has something that neither the receiver nor the disk has. Where the
parent finds the id of a process that is gone, that is what happened. Nothing is sent between the two, and nothing is opened.
"""

import os
import struct
from typing import TYPE_CHECKING, Any

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import mmap
else:
    mmap = late_module("mmap")  # for those who fork alone

__all__ = ["ChildMarks"]

_PLACE = struct.Struct("=q")
PAGE_BYTES = 4096
PLACES = PAGE_BYTES // _PLACE.size
"""So many children are told apart; what is more than that shares a place with an older one."""

_NOBODY = bytes(PAGE_BYTES)


class ChildMarks:
    """The marks of one process's children, and its own mark for its parent."""

    def __init__(self) -> None:
        self._children: Any = None
        """The page that is shared with children; made at the first fork."""
        self._next = -1
        self._own: tuple[Any, int] | None = None
        """In a child: its parent's page, and the place in it."""

    def hold_for_fork(self) -> None:
        """Find a place for the child."""
        if self._children is None:
            self._children = mmap.mmap(-1, PAGE_BYTES)
        self._next = (self._next + 1) % PLACES

    def reinit_after_fork(self) -> None:
        """In the child: what was the parent's page is where its own mark is."""
        if self._children is not None:
            self._own = self._children, self._next * _PLACE.size
        self._children = None
        self._next = -1

    def mark(self) -> None:
        """Say that there is something which a sudden end would lose; safe in a signal handler."""
        self._write(os.getpid())

    def clear(self) -> None:
        """Say that nothing would be lost."""
        self._write(0)

    def is_marked(self) -> bool:
        """Whether there is something to lose, as far as this process has said."""
        return self._own is not None and _PLACE.unpack_from(*self._own) != (0,)

    def vanished(self) -> list[int]:
        """Process ids of children that have ended with something to lose, each told once."""
        if self._children is None or self._children[:] == _NOBODY:
            return []
        found = []
        for place in range(0, PAGE_BYTES, _PLACE.size):
            (pid,) = _PLACE.unpack_from(self._children, place)
            if pid and not _is_there(pid):
                _PLACE.pack_into(self._children, place, 0)
                found.append(pid)
        return found

    def _write(self, pid: int) -> None:
        if self._own is not None:
            page, place = self._own
            _PLACE.pack_into(page, place, pid)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
