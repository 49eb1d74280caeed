"""
Texts on their way out past the wire: to a terminal, a page, a notification, a log line, a status.

Each of these ways has one boundary, through which whatever leaves by it goes as a whole: `cleaned` finds every text in plain
values and in records, so that a field that is added later has passed it too. What is said about failures is `short_line` as
well, because a part of it may come from somebody else's server.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["Redact", "cleaned", "counted", "printable", "short_line"]

Redact = Callable[[str], str]
"""Takes secrets out of a text; the same text when it holds none."""

_Value = TypeVar("_Value")

LINE_CHARS = 1000
"""Characters of one line about a failure, at most."""

MAX_DEPTH = 32
"""Levels of nesting that are looked into; what lies deeper is left out."""

_TOO_DEEP = "<nested too deep>"


def counted(count: int, noun: str) -> str:
    """
    A number with its noun, in the right form.

    Args:
        count: How many.
        noun: Of one: "alert".

    Returns:
        "1 alert", "1,000 alerts".
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """
    A text that cannot command a terminal, nor pass for two lines of a log.

    Args:
        text: Any text.

    Returns:
        The same with control, format and unpaired characters replaced by "�", line ends by a space.

    Source: CWE-150, improper neutralization of escape, meta, or control sequences; CWE-117 for logs.
    """
    if text.isprintable():
        return text
    return "".join(" " if c in "\n\r\t" else c if c.isprintable() else "�" for c in text)


def short_line(text: str, limit: int = LINE_CHARS) -> str:
    """
    A text as one printable line of bounded length.

    Args:
        text: Any text.
        limit: Characters kept; an ellipsis says that there were more.
    """
    line = printable(text[: limit + 1])
    return line if len(line) <= limit else f"{line[:limit]}…"


def cleaned(value: _Value, redact: Redact) -> _Value:
    """
    A value with every text in it redacted: in mappings (names too), sequences and frozen records, however they are nested.

    Names that become equal are told apart by a number, so that no entry is lost.

    Args:
        value: Plain values, named tuples and data classes.
        redact: Applied to each text.

    Returns:
        The same object where nothing had to change.
    """
    found: _Value = _cleaned(value, redact, 0)
    return found


def _cleaned(value: Any, redact: Redact, depth: int) -> Any:
    if isinstance(value, str):
        redacted = redact(value)
        return value if redacted == value else redacted  # a member of an enumeration stays one
    if value is None or isinstance(value, int | float | bytes):
        return value
    if depth >= MAX_DEPTH:
        return _TOO_DEEP
    if isinstance(value, Mapping):
        return _mapping(value, redact, depth)
    if isinstance(value, list | tuple):
        return _items(value, redact, depth)
    return _record(value, redact, depth) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value


def _record(value: Any, redact: Redact, depth: int) -> Any:
    before = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    after = {name: _cleaned(part, redact, depth + 1) for name, part in before.items()}
    is_same = all(after[name] is part for name, part in before.items())
    return value if is_same else dataclasses.replace(value, **after)


def _mapping(value: Mapping[Any, Any], redact: Redact, depth: int) -> Any:
    after: dict[Any, Any] = {}
    is_same = True
    for key, part in value.items():
        name, kept = _cleaned(key, redact, depth + 1), _cleaned(part, redact, depth + 1)
        is_same = is_same and name is key and kept is part
        number, free = 2, name
        while free in after:
            free, number = f"{name} ({number})", number + 1
        after[free] = kept
    return value if is_same else after


def _items(value: Any, redact: Redact, depth: int) -> Any:
    after = [_cleaned(part, redact, depth + 1) for part in value]
    if all(new is old for new, old in zip(after, value, strict=True)):
        return value
    if hasattr(value, "_make"):
        return value._make(after)
    return after if isinstance(value, list) else tuple(after)
