"""
Attributes to KeyValue fields.

Keys repeat for ever and most text values do too, so both are encoded once: a key with its field header, a short text value
together with its key as a complete field. A key whose values prove to be many (an order number) stops being remembered.
All caches are bounded and simply forgotten when full. They are shared between threads without a lock: each step is one
dictionary operation, and the worst outcome of a race is that something is encoded twice.

Numbers are written without a cache, because making their bytes costs no more than finding them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from otel_agent.delivery.wire.primitives import SMALL, SMALL_VARINTS, delimited, double, text_bytes, varint
from otel_agent.delivery.wire.values import MAX_INT64, MAX_TEXT_CHARS, MIN_INT64, plain, safe_text

__all__ = ["any_value", "append_attributes", "attributes_bytes"]

MAX_KEYS = 256
"""Keys remembered per kind of record."""

MAX_VALUES_PER_KEY = 64
"""Distinct texts after which the values of a key are no longer remembered."""

MAX_REMEMBERED_CHARS = 128
"""Longer texts are not remembered."""

_SHORT_KEY = 100
"""A key field below this leaves the lengths around a number in one byte."""

_Known = list[Any]  # [key field, its length, {text: complete field} or None]
_tables: dict[int, dict[str, _Known]] = {}


def any_value(value: Any) -> bytes:
    """The body of an AnyValue message for any value; empty for None."""
    kind = value.__class__
    if kind is str and len(value) <= MAX_TEXT_CHARS:
        return delimited(b"\x0a", text_bytes(value))
    if kind is bool:
        return b"\x10\x01" if value else b"\x10\x00"
    if kind is int and MIN_INT64 <= value <= MAX_INT64:
        return b"\x18" + varint(value)
    if kind is float:
        return b"\x21" + double(value)
    return _plain_value(plain(value))


def _plain_value(value: Any) -> bytes:
    kind = value.__class__
    if kind is list:
        return delimited(b"\x2a", b"".join([delimited(b"\x0a", _plain_value(item)) for item in value]))
    if kind is dict:
        return delimited(b"\x32", b"".join([_pair(b"\x0a", key, _plain_value(item)) for key, item in value.items()]))
    if kind is bytes:
        return delimited(b"\x3a", value)
    return b"" if value is None else any_value(value)


def _pair(tag: bytes, key: str, body: bytes) -> bytes:
    return delimited(tag, delimited(b"\x0a", text_bytes(key)) + delimited(b"\x12", body))


def _remember_key(table: dict[str, _Known], key: Any) -> _Known:
    field = delimited(b"\x0a", text_bytes(safe_text(key)))
    if len(table) >= MAX_KEYS:
        table.clear()
    known = [field, len(field), {}]
    if len(field) <= MAX_REMEMBERED_CHARS:
        table[key] = known
    return known


def _text_field(tag: int, known: _Known, text: str) -> bytes:
    field, size = known[0], known[1]
    content = text_bytes(text if len(text) <= MAX_TEXT_CHARS else text[:MAX_TEXT_CHARS])
    length = len(content)
    if length + size < 124:  # noqa: PLR2004 - then all three lengths are below 128
        return b"%c%c%b\x12%c\x0a%c%b" % (tag, size + 4 + length, field, length + 2, length, content)
    body = delimited(b"\x0a", content)
    return delimited(b"%c" % tag, field + delimited(b"\x12", body))


def append_attributes(out: list[bytes], items: Iterable[tuple[Any, Any]], tag: int) -> int:  # noqa: C901, PLR0912 - the hot loop, kept in one frame
    """
    Append attributes as fields of a repeated KeyValue.

    Args:
        out: Grows by one bytes object per attribute.
        items: Keys and values of any type.
        tag: The field's header byte.

    Returns:
        How many bytes were appended.
    """
    total = 0
    table = _tables.get(tag)
    if table is None:
        table = _tables[tag] = {}
    for key, value in items:
        known = table.get(key) if key.__class__ is str else None
        if known is None:
            known = _remember_key(table, key)
        kind = value.__class__
        if kind is str:
            values = known[2]
            field = values.get(value) if values is not None else None
            if field is None:
                field = _text_field(tag, known, value)
                if values is not None and len(value) <= MAX_REMEMBERED_CHARS:
                    if len(values) < MAX_VALUES_PER_KEY:
                        values[value] = field
                    else:
                        known[2] = None
        elif known[1] < _SHORT_KEY:
            if kind is int and MIN_INT64 <= value <= MAX_INT64:
                number = SMALL_VARINTS[value] if 0 <= value < SMALL else varint(value)
                size = len(number) + 1
                field = b"%c%c%b\x12%c\x18%b" % (tag, known[1] + 2 + size, known[0], size, number)
            elif kind is float:
                field = b"%c%c%b\x12\x09\x21%b" % (tag, known[1] + 11, known[0], double(value))
            elif kind is bool:
                field = b"%c%c%b\x12\x02\x10%c" % (tag, known[1] + 4, known[0], value)
            else:
                field = delimited(b"%c" % tag, known[0] + delimited(b"\x12", any_value(value)))
        else:
            field = delimited(b"%c" % tag, known[0] + delimited(b"\x12", any_value(value)))
        out.append(field)
        total += len(field)
    return total


def attributes_bytes(attributes: Any, tag: int) -> bytes:
    """All attributes of a mapping as fields; what is no mapping has none."""
    if not attributes:
        return b""
    try:
        # copy() of the SDK's mappings is one dictionary copy; their items() goes through Python for every key.
        items = attributes.items() if attributes.__class__ is dict else attributes.copy().items()
    except AttributeError:
        return attributes_bytes(dict(attributes), tag) if isinstance(attributes, Mapping) else b""
    out: list[bytes] = []
    append_attributes(out, items, tag)
    return b"".join(out)
