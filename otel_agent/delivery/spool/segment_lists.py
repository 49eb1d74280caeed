"""
The segments of one signal, oldest first: those taken over from processes that are gone, then our own.

Not thread-safe; the spool's lock guards it.
"""

from collections import deque
from collections.abc import Iterator

from otel_agent.delivery.spool.segments import Segment

__all__ = ["Shelf"]


class Shelf:
    """Segments in the order in which they are sent and given up."""

    def __init__(self) -> None:
        """Begin empty."""
        self._adopted: deque[Segment] = deque()
        self._own: deque[Segment] = deque()
        self.size_bytes = 0
        """Of all its segments."""

    def __iter__(self) -> Iterator[Segment]:
        """Every segment, oldest first; the shelf may be changed meanwhile."""
        yield from [*self._adopted, *self._own]

    def writable(self, more_bytes: int, segment_bytes: int) -> Segment | None:
        """
        The segment to append to; one that is full is closed.

        Args:
            more_bytes: What is to be appended.
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
        Put up a new segment of our own.

        Args:
            segment: Created and empty.
        """
        self._own.append(segment)

    def append(self, segment: Segment, frame: bytes, items: int) -> None:
        """
        Write to a segment of this shelf.

        Args:
            segment: From `writable` or `begin`.
            frame: See `frames.pack`.
            items: How many are in it.

        Raises:
            OSError: The disk failed; nothing was written.
        """
        segment.append(frame, items)
        self.size_bytes += len(frame)

    def adopt(self, segment: Segment) -> None:
        """
        Put up a segment that somebody left.

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
        return next((segment for segment in self if not segment.is_out), None)

    def older_than(self, moment_s: float) -> list[Segment]:
        """
        Segments that began before a moment and that nobody is sending.

        Args:
            moment_s: On the monotonic clock.
        """
        return [segment for segment in self if segment.born_s < moment_s and not segment.is_out]

    def remove(self, segment: Segment) -> int:
        """
        Take a segment down and delete its files.

        Args:
            segment: Of this shelf; one that is not any more is left alone.

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
