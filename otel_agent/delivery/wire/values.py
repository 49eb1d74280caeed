"""
Any Python value made plain: None, bool, int within 64 bits, float, str, bytes, and lists and dicts of these.

What telemetry carries comes from everywhere: log extras, third-party attributes, exception messages. Here it loses what a
wire format cannot carry, in ways a reader of the telemetry can see:

    an int beyond 64 bits            its decimal digits as text (exact); beyond 4,000 digits hexadecimal
    NaN, infinities                  kept, OTLP carries them
    a text longer than the limit     cut at `MAX_TEXT_CHARS`
    a collection                     cut where its texts and items together use up `MAX_TEXT_CHARS`
    a collection inside itself       "<circular>"
    more than `MAX_DEPTH` levels     "<nested too deep>"
    numpy scalars and arrays         the Python numbers in them
    sets                             lists
    anything else                    its `str()`; if that raises, a text that says so
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["IMMUTABLE", "MAX_DEPTH", "MAX_TEXT_CHARS", "plain", "safe_text"]

MAX_TEXT_CHARS = 1 << 18
"""
Longest text or bytes value, and the budget of a whole nested value, that leaves the process: 262,144 characters. A value of
100 MB would otherwise cost the whole batch, because collectors refuse requests beyond 20 MiB by default.
"""

MAX_DEPTH = 24
"""Levels of nesting; each costs up to three protobuf messages, and decoders stop at 100."""

MAX_INT64 = (1 << 63) - 1
MIN_INT64 = -(1 << 63)

IMMUTABLE = frozenset({str, int, float, bool, type(None), bytes})
"""Types whose values cannot change after they were handed over."""

_ITEM_COST = 8


class _EncodingWalk:
    """State of one call of `plain`: the budget that is left, and the collections that the walk is inside of."""

    __slots__ = ("budget", "inside")

    def __init__(self) -> None:
        self.budget = MAX_TEXT_CHARS
        self.inside: set[int] = set()


def safe_text(value: object) -> str:
    """`str(value)`, or a text saying that it raised; cut at `MAX_TEXT_CHARS`. Never raises."""
    if value.__class__ is str:
        return value[:MAX_TEXT_CHARS]
    try:
        text = str.__str__(value) if isinstance(value, str) else str(value)
        return str.__str__(text)[:MAX_TEXT_CHARS]
    except Exception as error:  # noqa: BLE001 - __str__ is foreign code
        return f"<{type(value).__name__}: its __str__ raised {type(error).__name__}>"


def plain(value: Any) -> Any:
    """
    A copy of a value made of plain types only. Never raises.

    Args:
        value: Anything.

    Returns:
        None, bool, int within 64 bits, float, str, bytes, or a list or dict (with text keys) of these.
    """
    try:
        return _plain(value, _EncodingWalk(), 0)
    except Exception as error:  # noqa: BLE001 - iteration and attribute access run foreign code
        return f"<{type(value).__name__}: reading it raised {type(error).__name__}>"


def _plain(value: Any, walk: _EncodingWalk, depth: int) -> Any:  # noqa: PLR0911 - one answer per kind of value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _cut(str.__str__(value), walk)
    if isinstance(value, int):
        return _whole(int.__index__(value))
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _cut(bytes(value[: MAX_TEXT_CHARS + 1]), walk)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        unwrapped = value.tolist() if value.size <= MAX_TEXT_CHARS else safe_text(value)
        return _plain(safe_text(value) if type(unwrapped) is type(value) else unwrapped, walk, depth)
    if isinstance(value, Sequence | Mapping | AbstractSet):
        return _collection(value, walk, depth)
    return _cut(safe_text(value), walk)


def _collection(value: Sequence[Any] | Mapping[Any, Any] | AbstractSet[Any], walk: _EncodingWalk, depth: int) -> Any:
    if id(value) in walk.inside:
        return "<circular>"
    if depth >= MAX_DEPTH:
        return "<nested too deep>"
    walk.inside.add(id(value))
    try:
        if isinstance(value, Mapping):
            pairs: dict[str, Any] = {}
            for key, item in value.items():
                if not _afford(walk):
                    break
                pairs[_cut(safe_text(key), walk)] = _plain(item, walk, depth + 1)
            return pairs
        items = []
        for item in value:
            if not _afford(walk):
                break
            items.append(_plain(item, walk, depth + 1))
        return items
    finally:
        walk.inside.discard(id(value))


def _afford(walk: _EncodingWalk) -> bool:
    walk.budget -= _ITEM_COST
    return walk.budget > 0


def _cut(content: Any, walk: _EncodingWalk) -> Any:
    kept = content[: max(walk.budget, 0)]
    walk.budget -= len(kept)
    return kept


def _whole(number: int) -> int | str:
    if MIN_INT64 <= number <= MAX_INT64:
        return number
    try:
        return str(number)
    except ValueError:  # more digits than sys.set_int_max_str_digits allows
        return hex(number)[:MAX_TEXT_CHARS]
