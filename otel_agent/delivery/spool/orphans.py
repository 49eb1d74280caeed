"""
What processes that are gone have left.

Their directories are taken over one at a time and their segments looked through a few at a time, so that a large backlog
does not keep anybody waiting.
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from otel_agent import primitives
from otel_agent.clock import Clock
from otel_agent.delivery.spool.directories import (
    ProcessDirectory,
    adopt_directory,
    process_directories,
    remove_unfinished,
)
from otel_agent.delivery.spool.segments import Segment
from otel_agent.guard import shared

__all__ = ["Orphans"]

LOOK_BYTES = 8 << 20
"""Of segments, so much is looked through in one go, in bytes."""

MAX_DIRECTORIES = 32
"""Most directories held at a time. Each costs a descriptor, and its segments cost two each, of which a process has about a thousand."""

_IN_THE_MAKING_S = 60.0


class Orphans:
    """
    Directories taken over, and those of their segments that were not looked through yet. `lock` is held by whoever looks.

    Args:
        service: Directory of the service.
        clock: Tells the age of what is found.
    """

    def __init__(self, service: Path, clock: Clock) -> None:
        self.lock = primitives.Lock()
        self._service = service
        self._clock = clock
        self._directories: list[ProcessDirectory] = []
        self._unread: deque[tuple[str, Segment]] = deque()

    def load_some(self, own: Path | None) -> Iterator[tuple[str, Segment]]:
        """
        Signal and segment of the next few that were left, opened; the caller holds `lock`.

        Args:
            own: Directory of this process, if it has one.
        """
        if not self._unread:
            self._take_over(own)
        looked_bytes = 0
        while self._unread and looked_bytes < LOOK_BYTES:
            signal, segment = self._unread.popleft()
            try:
                segment.load()
            except OSError as error:
                shared.report("spool.adopt", f"{segment.path} cannot be read and is left where it is", error)
                continue
            looked_bytes += segment.size_bytes
            yield signal, segment

    def release_empty(self, used: set[Path]) -> None:
        """
        Give back directories that are empty now.

        Args:
            used: Directories that have segments in a list.
        """
        used = used | {segment.path.parent for _, segment in self._unread}
        for directory in [directory for directory in self._directories if directory.path not in used]:
            self._directories.remove(directory)
            directory.release()

    def release(self) -> None:
        """Give back all directories, whatever is in them."""
        for directory in self._directories:
            directory.release()
        self._directories.clear()
        self._unread.clear()

    def forget(self) -> None:
        """Leave them to the parent, in a forked child."""
        for directory in self._directories:
            directory.forget()

    def is_full(self) -> bool:
        """Whether so many directories are held that others have to wait until some are empty."""
        return len(self._directories) >= MAX_DIRECTORIES

    def _take_over(self, own: Path | None) -> None:
        if self.is_full():
            return
        remove_unfinished(self._service, self._clock.wall_ns() / 1e9 - _IN_THE_MAKING_S)
        known = {directory.path for directory in self._directories} | ({own} if own is not None else set())
        for path in process_directories(self._service, known):
            directory = adopt_directory(path)
            if directory is None:
                continue
            try:
                segments = directory.segments()
            except OSError:
                segments = []
            if not segments:
                directory.release()
                continue
            self._directories.append(directory)
            self._unread.extend((signal, Segment(found, self._born_s(found))) for signal, found in segments)
            return

    def _born_s(self, path: Path) -> float:
        """When a segment of somebody else's was last written to, on our own clock."""
        try:
            age_s = self._clock.wall_ns() / 1e9 - path.stat().st_mtime
        except OSError:
            age_s = 0.0
        return self._clock.monotonic_s() - max(0.0, age_s)
