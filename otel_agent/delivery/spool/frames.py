"""
How requests lie in a segment file: one frame after another, each with a length and a checksum of its own. Pure.

    magic 4 | length 4 | crc32 4 | kind 1 | items 4 | payload …        numbers little-endian, crc over kind, items, payload

Damage costs the frames it hit and no others: whatever does not check is skipped up to the next place where a frame begins
and checks. So a tail that was torn by a crash, a flipped bit, a foreign file and an impossible length are all one case.

There is no serialized Python anywhere in it, so a file that somebody has tampered with can carry wrong telemetry and
nothing worse.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple
from zlib import crc32

__all__ = ["BATCH", "HEAD_BYTES", "MAX_PAYLOAD_BYTES", "RECORD", "Frame", "pack", "scan"]

BATCH = 1
"""The payload is a request with many items."""

RECORD = 2
"""The payload is a request with one item, from the journal."""

MAX_PAYLOAD_BYTES = 1 << 28
"""A longer length is damage."""

_MAGIC = b"\xf5OA1"
_HEAD = Struct("<4sII")
_COVERED = Struct("<BI")
_WHOLE = Struct("<4sIIBI")
_RECORD_SEED = crc32(_COVERED.pack(RECORD, 1))
HEAD_BYTES = _WHOLE.size


class Frame(NamedTuple):
    """One intact frame, as places in the bytes it was found in."""

    kind: int
    items: int
    start: int
    """Where its head begins."""
    content: int
    """Where its payload begins."""
    end: int
    """Where it ends."""


def pack(payload: bytes, items: int, kind: int = BATCH) -> bytes:
    """
    A frame.

    Args:
        payload: The bytes of a request.
        items: Number of spans, log records or collections in it.
        kind: `BATCH` or `RECORD`.
    """
    seed = _RECORD_SEED if kind == RECORD and items == 1 else crc32(_COVERED.pack(kind, items))
    return _WHOLE.pack(_MAGIC, len(payload), crc32(payload, seed), kind, items) + payload


def scan(content: bytes, start: int = 0) -> Iterator[Frame]:
    """
    The intact frames, in order; what is damaged between them is passed over.

    Args:
        content: Bytes of a segment file, or of a piece of one.
        start: Place to begin at.
    """
    at = start
    while True:
        frame = _frame_at(content, at)
        if frame is None:
            at = content.find(_MAGIC, at + 1)
            if at < 0:
                return
        else:
            yield frame
            at = frame.end


def _frame_at(content: bytes, at: int) -> Frame | None:
    begin = at + HEAD_BYTES
    if begin > len(content):
        return None
    magic, length, checksum = _HEAD.unpack_from(content, at)
    end = begin + length
    if magic != _MAGIC or length > MAX_PAYLOAD_BYTES or end > len(content):
        return None
    if crc32(memoryview(content)[at + _HEAD.size : end]) != checksum:
        return None
    kind, items = _COVERED.unpack_from(content, at + _HEAD.size)
    return Frame(kind, items, at, begin, end)
