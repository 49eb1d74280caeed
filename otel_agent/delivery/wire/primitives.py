"""
Numbers, texts and fields as protobuf writes them; what does not fit is brought into range.

Every function takes anything and returns bytes. The tables are made once because a look-up costs a third of the arithmetic.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from struct import Struct
from typing import Any

__all__ = [
    "ONE_BYTE",
    "SMALL",
    "SMALL_VARINTS",
    "count32",
    "delimited",
    "double",
    "fixed64",
    "identifier",
    "packed_bounds",
    "text_bytes",
    "text_field",
    "timestamp_ns",
    "varint",
    "zigzag",
]

SMALL = 1 << 14
"""Numbers below this take one or two bytes and come from a table."""

ONE_BYTE = 1 << 7
"""Numbers below this take one byte."""

_ONE_BYTE = [bytes([n]) for n in range(ONE_BYTE)]
_MORE_TO_COME = [bytes([n | 128]) for n in range(ONE_BYTE)]
SMALL_VARINTS = _ONE_BYTE + [low + high for high in _ONE_BYTE[1:] for low in _MORE_TO_COME]

MAX_UINT64 = (1 << 64) - 1
MAX_UINT32 = (1 << 32) - 1
MAX_INT32 = (1 << 31) - 1

double = Struct("<d").pack
_fixed64 = Struct("<Q").pack


def varint(number: int) -> bytes:
    """
    A number in groups of seven bits.

    Args:
        number: Within 64 bits; a negative one is written as its two's complement.
    """
    if 0 <= number < SMALL:
        return SMALL_VARINTS[number]
    if number < 0:
        number += 1 << 64
    out = bytearray()
    while number > 127:  # noqa: PLR2004 - seven bits
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number: Any) -> bytes:
    """A small signed number (sint32); what is none is 0, what is too large is clamped."""
    whole = min(max(_whole(number), -MAX_INT32), MAX_INT32)
    return varint(whole << 1 if whole >= 0 else (-whole << 1) - 1)


def delimited(tag: bytes, content: bytes) -> bytes:
    """A field whose length comes first."""
    size = len(content)
    return tag + (SMALL_VARINTS[size] if size < SMALL else varint(size)) + content


def text_bytes(text: str) -> bytes:
    r"""UTF-8; unpaired surrogates become visible escapes (`\udcff`), as a file name with undecodable bytes has them."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def text_field(tag: bytes, text: str) -> bytes:
    """A text as a field, or nothing for the empty one."""
    return delimited(tag, text_bytes(text)) if text else b""


def timestamp_ns(moment: Any) -> int:
    """Nanoseconds since 1970 that fit: None, negative and senseless ones are 0 (unknown), fractions are cut."""
    if moment.__class__ is int and 0 <= moment <= MAX_UINT64:
        return moment
    return min(max(_whole(moment), 0), MAX_UINT64)


def fixed64(number: Any) -> bytes:
    """An unsigned number in eight bytes, clamped."""
    try:
        sized: bytes = number.to_bytes(8, "little")
    except Exception:  # noqa: BLE001 - no whole number, or one that does not fit
        return _fixed64(timestamp_ns(number))
    return sized


def count32(number: Any) -> int:
    """A count that fits into 32 bits, clamped."""
    return min(max(_whole(number), 0), MAX_UINT32)


def identifier(number: Any, size_bytes: int) -> bytes:
    """
    A trace or span id.

    Args:
        number: The id; bits beyond the size are cut, what is no number is all zero, which means none.
        size_bytes: 16 or 8.
    """
    try:
        sized: bytes = number.to_bytes(size_bytes, "big")
    except Exception:  # noqa: BLE001 - no whole number, or one that does not fit
        return (_whole(number) & ((1 << size_bytes * 8) - 1)).to_bytes(size_bytes, "big")
    return sized


def packed_bounds(numbers: Any) -> bytes:
    """Doubles one after another; what is no number is NaN."""
    return b"".join([double(as_float(number)) for number in numbers])


def as_float(number: Any) -> float:
    """A double: a number too large is infinite, what is none is NaN."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
    except Exception:  # noqa: BLE001 - __float__ is foreign code
        return float("nan")


def _whole(number: Any) -> int:
    try:
        return int(number) if number is not None else 0
    except Exception:  # noqa: BLE001 - NaN, texts and foreign __int__
        return 0
