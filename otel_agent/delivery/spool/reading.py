"""Requests read back from a segment: as many frames as make a good request, put together."""

from collections.abc import Iterator
from dataclasses import dataclass

from otel_agent.delivery.payloads import merge
from otel_agent.delivery.spool.frames import RECORD, Frame, scan
from otel_agent.delivery.spool.segments import Segment

__all__ = ["Spooled", "read_requests"]

READ_BYTES = 1 << 20
"""About so much is read at a time, in bytes; more where a single request is larger."""

READ_ITEMS = 8_192


@dataclass(frozen=True, slots=True)
class Spooled:
    """Requests of one segment, in one; they stay on the disk until they are acknowledged."""

    signal: str
    body: bytes
    """The bytes of one request."""
    items: int
    """How many items are in it."""
    segment: Segment
    end: int
    """Where it ends in the segment."""


def read_requests(signal: str, segment: Segment) -> Spooled | None:
    """
    The next requests of a segment.

    Args:
        signal: Whose segment it is.
        segment: Read behind its cursor, which stays where it is.

    Returns:
        `None` when nothing is intact behind the cursor.

    Raises:
        OSError: The disk failed.
    """
    most_bytes = READ_BYTES
    while True:
        content = segment.read(most_bytes)
        frames = _some(scan(content))
        if frames:
            bodies = [content[frame.content : frame.end] for frame in frames]
            is_journal = all(frame.kind == RECORD for frame in frames)
            # Requests written one after another are one request, because their resources are a repeated field; only those
            # of the journal would say their resource again for every single record.
            body = merge(bodies) if is_journal else b"".join(bodies)
            return Spooled(
                signal, body, sum(frame.items for frame in frames), segment, segment.read_at + frames[-1].end
            )
        if segment.read_at + len(content) >= segment.size_bytes:
            return None
        most_bytes *= 4


def _some(frames: Iterator[Frame]) -> list[Frame]:
    some: list[Frame] = []
    items = 0
    for frame in frames:
        some.append(frame)
        items += frame.items
        if items >= READ_ITEMS:
            break
    return some
