"""
Attributes to KeyValue fields.

Keys repeat for ever and most text values do too, so both are encoded once: a key with its field header, a short text value
together with its key as a complete field. A key whose values prove to be many (an order number) stops being remembered.
All caches are bounded and simply forgotten when full. They are shared between threads without a lock: each step is one
dictionary operation, and the worst outcome of a race is that something is encoded twice.

Numbers are written without a cache, because making their bytes costs no more than finding them; what comes before them is
kept with the key.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from otel_agent.delivery.wire.primitives import ONE_BYTE, SMALL, SMALL_VARINTS, delimited, double, text_bytes, varint
from otel_agent.delivery.wire.values import MAX_INT64, MAX_TEXT_CHARS, MIN_INT64, plain, safe_text, shortened

__all__ = ["any_value", "append_attributes", "attributes_bytes"]

MAX_KEYS = 256
"""Keys remembered per kind of record."""

MAX_VALUES_PER_KEY = 64
"""Distinct texts after which the values of a key are no longer remembered."""

MAX_REMEMBERED_CHARS = 128
"""Longer texts are not remembered."""

_SHORT_KEY = 100
"""A key field below this leaves the lengths around a number in one byte."""


class _Key:
    """What is the same in every attribute that has this key; complete fields, or all of a field up to the number's bytes."""

    __slots__ = ("before_double", "before_one", "before_two", "false", "field", "size", "texts", "true")

    def __init__(self, tag: int, field: bytes) -> None:
        self.field = field
        size = self.size = len(field)
        self.texts: dict[str, bytes] | None = {}
        """Fields of short texts; None once there proved to be too many."""
        if size < _SHORT_KEY:
            self.false, self.true = (b"%c%c%b\x12\x02\x10%c" % (tag, size + 4, field, value) for value in (0, 1))
            self.before_one = b"%c%c%b\x12\x02\x18" % (tag, size + 4, field)
            self.before_two = b"%c%c%b\x12\x03\x18" % (tag, size + 5, field)
            self.before_double = b"%c%c%b\x12\x09\x21" % (tag, size + 11, field)


_tables: dict[int, dict[str, _Key]] = {}


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


def _remember_key(table: dict[str, _Key], tag: int, key: Any) -> _Key:
    known = _Key(tag, delimited(b"\x0a", text_bytes(safe_text(key))))
    if len(table) >= MAX_KEYS:
        table.clear()
    if known.size <= MAX_REMEMBERED_CHARS:
        table[key] = known
    return known


def _text_field(tag: int, known: _Key, text: str) -> bytes:
    field, size = known.field, known.size
    content = text_bytes(text if len(text) <= MAX_TEXT_CHARS else shortened(text, MAX_TEXT_CHARS))
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
            known = _remember_key(table, tag, key)
        kind = value.__class__
        if kind is str:
            texts = known.texts
            field = texts.get(value) if texts is not None else None
            if field is None:
                field = _text_field(tag, known, value)
                if texts is not None and len(value) <= MAX_REMEMBERED_CHARS:
                    if len(texts) < MAX_VALUES_PER_KEY:
                        texts[value] = field
                    else:
                        known.texts = None
        elif known.size >= _SHORT_KEY:
            field = delimited(b"%c" % tag, known.field + delimited(b"\x12", any_value(value)))
        elif kind is int and 0 <= value < SMALL:
            field = (known.before_one if value < ONE_BYTE else known.before_two) + SMALL_VARINTS[value]
        elif kind is float:
            field = known.before_double + double(value)
        elif kind is bool:
            field = known.true if value else known.false
        elif kind is int and MIN_INT64 <= value <= MAX_INT64:
            number = varint(value)
            field = b"%c%c%b\x12%c\x18%b" % (tag, known.size + 3 + len(number), known.field, len(number) + 1, number)
        else:
            field = delimited(b"%c" % tag, known.field + delimited(b"\x12", any_value(value)))
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
