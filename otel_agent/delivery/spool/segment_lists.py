"""
The segments of a spool: one list for each signal, oldest segment first.

Segments taken over from processes that are gone stand before our own. Nothing here is thread-safe; the spool's lock guards it.
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from otel_agent.delivery.settings import SIGNALS
from otel_agent.delivery.spool.bounds import most_above_share
from otel_agent.delivery.spool.segments import Segment

__all__ = ["SegmentList", "SegmentLists"]


class SegmentList:
    """Segments of one signal, in the order in which they are sent and given up."""

    def __init__(self) -> None:
        self._adopted: deque[Segment] = deque()
        self._own: deque[Segment] = deque()
        self.size_bytes = 0
        """Size of all its segments together."""

    def __iter__(self) -> Iterator[Segment]:
        """Every segment, oldest first; the list may be changed meanwhile."""
        yield from [*self._adopted, *self._own]

    def writable(self, more_bytes: int, segment_bytes: int) -> Segment | None:
        """
        The segment to append to; one that is full is closed.

        Args:
            more_bytes: Size of what is to be appended.
            segment_bytes: No segment grows beyond this, unless by its first frame.

        Returns:
            `None` when a new one has to be begun.
        """
        last = self._own[-1] if self._own else None
        if last is None or not last.is_open:
            return None
        if last.size_bytes and last.size_bytes + more_bytes > segment_bytes:
            last.is_open = False
            return None
        return last

    def begin(self, segment: Segment) -> None:
        """
        Add a new segment of our own.

        Args:
            segment: Created and empty.
        """
        self._own.append(segment)

    def append(self, segment: Segment, frame: bytes, items: int) -> None:
        """
        Write to a segment of this list.

        Args:
            segment: From `writable` or `begin`.
            frame: Bytes of a frame, see `frames.pack`.
            items: Number of items in it.

        Raises:
            OSError: The disk failed; nothing was written.
        """
        segment.append(frame, items)
        self.size_bytes += len(frame)

    def adopt(self, segment: Segment) -> None:
        """
        Add a segment that another process left.

        Args:
            segment: Loaded.
        """
        self._adopted.append(segment)
        self.size_bytes += segment.size_bytes

    def first(self) -> Segment | None:
        """The oldest segment with something in it that was not sent."""
        return next((segment for segment in self if not segment.is_finished), None)

    def oldest(self) -> Segment | None:
        """The oldest segment that nobody is sending; `None` when there is none."""
        return next((segment for segment in self if not segment.is_being_sent), None)

    def older_than(self, moment_s: float) -> list[Segment]:
        """
        Segments that began before a moment and that nobody is sending.

        Args:
            moment_s: Moment on the monotonic clock, in seconds.
        """
        return [segment for segment in self if segment.born_s < moment_s and not segment.is_being_sent]

    def dirty(self) -> list[Segment]:
        """Segments with something in them that the disk may not have yet."""
        return [segment for segment in self if segment.is_dirty]

    def remove(self, segment: Segment) -> int:
        """
        Take a segment off the list and delete its files.

        Args:
            segment: Segment of this list; one that is not in it any more is left alone.

        Returns:
            Items that were in it and were never sent.
        """
        for queue in (self._adopted, self._own):
            if segment in queue:
                queue.remove(segment)
                self.size_bytes -= segment.size_bytes
                segment.remove()
                return segment.items
        return 0


class SegmentLists:
    """The lists of all signals."""

    def __init__(self) -> None:
        self._lists = {signal: SegmentList() for signal in SIGNALS}

    def __getitem__(self, signal: str) -> SegmentList:
        """The list of one signal."""
        return self._lists[signal]

    def __iter__(self) -> Iterator[Segment]:
        """Every segment of every signal; the lists may be changed meanwhile."""
        for each in self._lists.values():
            yield from each

    @property
    def size_bytes(self) -> int:
        """Size of all segments together."""
        size_bytes = 0
        for each in self._lists.values():  # a plain loop: this is asked for with every span of a journal
            size_bytes += each.size_bytes
        return size_bytes

    def first_to_go(self) -> tuple[str, Segment] | None:
        """Signal and segment that is given up when room is needed; `None` when there is none that nobody is sending."""
        for signal in most_above_share({signal: each.size_bytes for signal, each in self._lists.items()}):
            segment = self._lists[signal].oldest()
            if segment is not None:
                return signal, segment
        return None

    def directories(self) -> set[Path]:
        """Directories that any segment lies in."""
        return {segment.path.parent for segment in self}

    def close(self) -> None:
        """Let go of all files; those that are finished are deleted."""
        for each in self._lists.values():
            for segment in each:
                if segment.is_finished:
                    each.remove(segment)
                segment.close()

    def forget(self) -> None:
        """Let go of all files without touching them: in a forked child they are the parent's."""
        for segment in self:
            segment.close()
