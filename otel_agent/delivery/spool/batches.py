"""Batches read back from a segment: as many frames as make a good request, put together."""

from collections.abc import Iterator
from typing import NamedTuple

from otel_agent.delivery.payloads import merge
from otel_agent.delivery.spool.frames import RECORD, Frame, scan
from otel_agent.delivery.spool.segments import Segment

__all__ = ["SpooledBatch", "read_batch"]

READ_BYTES = 1 << 20
"""About so much is read at a time, in bytes; more where a single request is larger."""

READ_ITEMS = 8_192


class SpooledBatch(NamedTuple):
    """Requests of one segment, in one; they stay on the disk until they are acknowledged."""

    signal: str
    body: bytes
    """The bytes of one request."""
    items: int
    """Number of items in it."""
    segment: Segment
    end: int
    """Where it ends in the segment."""


def read_batch(signal: str, segment: Segment) -> SpooledBatch | None:
    """
    The next requests of a segment, in one.

    Args:
        signal: "traces", "metrics" or "logs": what the segment holds.
        segment: Read behind its cursor, which stays where it is.

    Returns:
        `None` when nothing is intact behind the cursor.

    Raises:
        OSError: The disk failed.
    """
    most_bytes = READ_BYTES
    while True:
        content = segment.read(most_bytes)
        frames = _first_frames(scan(content))
        if frames:
            bodies = [content[frame.content : frame.end] for frame in frames]
            is_journal = all(frame.kind == RECORD for frame in frames)
            # Requests written one after another are one request, because their resources are a repeated field; only those
            # of the journal would say their resource again for every single record.
            body = merge(bodies) if is_journal else b"".join(bodies)
            return SpooledBatch(
                signal, body, sum(frame.items for frame in frames), segment, segment.read_at + frames[-1].end
            )
        if segment.read_at + len(content) >= segment.size_bytes:
            return None
        most_bytes *= 4


def _first_frames(frames: Iterator[Frame]) -> list[Frame]:
    first: list[Frame] = []
    items = 0
    for frame in frames:
        first.append(frame)
        items += frame.items
        if items >= READ_ITEMS:
            break
    return first
