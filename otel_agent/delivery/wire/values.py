"""
Any Python value made plain: None, bool, int within 64 bits, float, str, bytes, and lists and dicts of these.

What telemetry carries comes from everywhere: log extras, third-party attributes, exception messages. Here it loses what a
wire format cannot carry, in ways a reader of the telemetry can see:

    an int beyond 64 bits            its decimal digits as text (exact); beyond 4,000 digits hexadecimal
    NaN, infinities                  kept, OTLP carries them
    a text longer than the limit     cut in the middle at `MAX_TEXT_CHARS`; it says how many characters are missing
    a collection beyond the limit    its long texts are cut, then its long collections; every short neighbour stays
    keys that are no texts           their `str()`; two keys of one text are told apart by their type
    a collection inside itself       "<circular>"
    more than `MAX_DEPTH` levels     "<nested too deep>"
    numpy scalars and arrays         the Python numbers in them
    sets                             lists
    anything else                    its `str()`; if that raises, a text that says so
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

__all__ = ["IMMUTABLE", "LEFT_OUT", "MAX_DEPTH", "MAX_TEXT_CHARS", "plain", "safe_text", "shortened", "within"]

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

LEFT_OUT = "otel_agent.truncated"
"""Key in a mapping that says how many of its entries were left out."""

_ITEM_COST = 8
_MAX_ITEMS = MAX_TEXT_CHARS // _ITEM_COST
_TEXT_CUTS = (MAX_TEXT_CHARS, 1 << 16, 1 << 14, 1 << 12, 1 << 10, 1 << 8)
"""Longest text within a collection, tried in turn until all of it fits."""
_ITEM_CUTS = (1 << 12, 1 << 9, 1 << 6, 1 << 4, 1 << 2)
"""Most items of each collection, tried in turn when cutting texts was not enough."""


class _Overrun(Exception):  # noqa: N818 - no error: the next attempt cuts more
    """A collection does not fit into its budget."""


class _EncodingWalk:
    """State of one attempt of `plain`: what is left of the budget, what is cut, and the collections that the walk is inside of."""

    __slots__ = ("budget", "inside", "most_chars", "most_items", "seen_items")

    def __init__(self, most_chars: int, most_items: int = _MAX_ITEMS) -> None:
        self.budget = MAX_TEXT_CHARS
        self.most_chars = most_chars
        self.most_items = most_items
        self.seen_items = 0
        self.inside: set[int] = set()

    def cut(self, content: Any) -> Any:
        """A text or bytes, cut at the limit and paid for."""
        if len(content) > self.most_chars:
            content = shortened(content, self.most_chars) if isinstance(content, str) else content[: self.most_chars]
        self.budget -= len(content)
        if self.budget < 0:
            raise _Overrun
        return content

    def afford_item(self) -> None:
        """Pay for one item of a collection."""
        self.seen_items += 1
        self.budget -= _ITEM_COST
        if self.budget < 0:
            raise _Overrun


def shortened(text: str, limit: int) -> str:
    """
    A text cut in the middle, because a stack trace says where at its end.

    Args:
        text: A text of any length.
        limit: Most characters of the result, the words that say how many are missing included.
    """
    if len(text) <= limit:
        return text
    kept = limit
    for _ in range(2):  # how many digits the number has depends on how much is kept
        words = f"…[{len(text) - kept} characters left out]…"
        kept = max(0, limit - len(words))
    if not kept:
        return text[:limit]
    tail = kept // 2
    return f"{text[: kept - tail]}{words}{text[len(text) - tail :]}"


def safe_text(value: object) -> str:
    """`str(value)`, or a text saying that it raised; cut at `MAX_TEXT_CHARS`. Never raises."""
    if value.__class__ is str:
        return value if len(value) <= MAX_TEXT_CHARS else shortened(value, MAX_TEXT_CHARS)
    try:
        text = str.__str__(value) if isinstance(value, str) else str(value)
        return shortened(str.__str__(text), MAX_TEXT_CHARS)
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
        for most_chars in _TEXT_CUTS:
            walk = _EncodingWalk(most_chars)
            try:
                return _plain(value, walk, 0)
            except _Overrun:
                if walk.seen_items * _ITEM_COST > MAX_TEXT_CHARS // 2:
                    break  # it is not its texts that are too many
        for most_items in _ITEM_CUTS:
            fitting = within(value, _TEXT_CUTS[-1], most_items)
            if fitting is not None:
                return fitting[0]
    except Exception as error:  # noqa: BLE001 - iteration and attribute access run foreign code
        return f"<{type(value).__name__}: reading it raised {type(error).__name__}>"
    return f"<{type(value).__name__}: too large>"


def within(value: Any, most_chars: int, most_items: int) -> tuple[Any] | None:
    """
    A value made plain and cut everywhere to the same measure.

    Args:
        value: Anything.
        most_chars: Longest text, in characters; keys are texts too.
        most_items: Most items of each collection; what says how many are missing comes on top.

    Returns:
        The value alone in a tuple, or `None` when even so it is beyond `MAX_TEXT_CHARS`.
    """
    try:
        return (_plain(value, _EncodingWalk(most_chars, most_items), 0),)
    except _Overrun:
        return None


def _plain(value: Any, walk: _EncodingWalk, depth: int) -> Any:  # noqa: PLR0911 - one answer per kind of value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return walk.cut(str.__str__(value))
    if isinstance(value, int):
        return _whole(int.__index__(value))
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return walk.cut(bytes(value[:MAX_TEXT_CHARS]))
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        unwrapped = value.tolist() if value.size <= MAX_TEXT_CHARS else safe_text(value)
        return _plain(safe_text(value) if type(unwrapped) is type(value) else unwrapped, walk, depth)
    if isinstance(value, Sequence | Mapping | AbstractSet):
        return _collection(value, walk, depth)
    return walk.cut(safe_text(value))


def _collection(value: Sequence[Any] | Mapping[Any, Any] | AbstractSet[Any], walk: _EncodingWalk, depth: int) -> Any:
    if id(value) in walk.inside:
        return "<circular>"
    if depth >= MAX_DEPTH:
        return "<nested too deep>"
    walk.inside.add(id(value))
    try:
        if isinstance(value, Mapping):
            return _entries(value, walk, depth + 1)
        items = []
        for item in _first(value, walk.most_items):
            walk.afford_item()
            items.append(_plain(item, walk, depth + 1))
        if len(value) > len(items):
            items.append(f"…[{len(value) - len(items)} items left out]…")
        return items
    finally:
        walk.inside.discard(id(value))


def _entries(value: Mapping[Any, Any], walk: _EncodingWalk, depth: int) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for key, item in _first(value.items(), walk.most_items):
        walk.afford_item()
        text = walk.cut(key if key.__class__ is str else safe_text(key))
        if text in pairs:
            text = _apart(text, key, pairs)
        pairs[text] = _plain(item, walk, depth)
    if len(value) > len(pairs):
        pairs[LEFT_OUT] = f"{len(value) - len(pairs)} entries left out"
    return pairs


def _first(items: Iterable[Any], most: int) -> list[Any]:
    """The first items, taken at once: another thread may add some meanwhile."""
    return list(islice(items, most))


def _apart(text: str, key: Any, pairs: Mapping[str, Any]) -> str:
    """The text of a key whose text another key has already: 1 beside "1", or two long ones that were cut."""
    named = f"{text} ({type(key).__name__})"
    number = 2
    while named in pairs:
        named = f"{text} ({type(key).__name__} {number})"
        number += 1
    return named


def _whole(number: int) -> int | str:
    if MIN_INT64 <= number <= MAX_INT64:
        return number
    try:
        return str(number)
    except ValueError:  # more digits than sys.set_int_max_str_digits allows
        return hex(number)[:MAX_TEXT_CHARS]
