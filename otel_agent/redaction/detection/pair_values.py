"""
Where the value of a name begins and ends in a text: quoted, in brackets, wrapped in a call, bare, the rest of a line, an XML element.

A value is taken whole, whatever stands in it: a comma, a semicolon, an ampersand or a quote ends a bare value only when
another name, a blank or the end of what encloses it follows.
"""

import re
from typing import NamedTuple

from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["PairContext", "PairValue", "next_line_value", "read_value"]

MAX_VALUE_CHARS = 1 << 13
"""Characters of a wrapped or bracketed value that are looked at for its end: 8,192."""

_MAX_DEPTH = 6
_MAX_INNER_QUOTES = 64
"""Quotes inside of a quoted value; with more of them it ends at the last."""

_LOOK_BACK = 256

_OPENING = late_pattern(r"[bBrRuUfF]{0,2}(?P<mark>\\{0,8}(?:\"\"\"|'''|[\"'`]))")
_WRAPPER = late_pattern(r"(?a)(?:&?[A-Za-z_][\w.:]{0,64}+!?(?:<[\w.:]{1,64}>)?)?[(\[{]|<(?=[A-Za-z_][\w.]{0,64}[ :])")
_ELEMENT = late_pattern(r"\s*+(?:<!\[CDATA\[(?P<cdata>.*?)\]\]>|(?P<plain>[^<]++))", re.DOTALL)
_LINE = late_pattern(r"[^\r\n]++")
_LINE_IN = {'"': late_pattern(r"(?:[^\r\n\"\\]|\\(?![\"nr]))++"), "'": late_pattern(r"(?:[^\r\n'\\]|\\(?!['nr]))++")}
"""The rest of a line; of a line that stands in quotes, by the quote."""

_NEXT_NAME = r"(?:\s{0,4}[\"'\\]{0,3}[A-Za-z_][\w.\[\]%-]{0,63}[\"'\\\]]{0,3}\s?[:=])"


def _bare(quote: str, slashes: str) -> re.Pattern[str]:
    """A bare value inside of a quote, escaped or not, or outside of any."""
    others = "".join(other for other in "\"'`" if other != quote)
    stop = f"(?!{slashes}{quote})" if quote else ""
    inner = f"|{quote}(?=[A-Za-z0-9])" if quote and not slashes else ""
    slash = (
        r"\\(?!\\{0,8}" + quote + f"|[nrt]{_NEXT_NAME})" if slashes else rf"\\(?![nrt]{_NEXT_NAME})[{quote or others}]?"
    )
    return late_pattern(
        rf"(?a)(?:[^\s,;&|\"'`\\]|[{others}]|[,;&|](?=[^\s,;&|]){stop}(?!{_NEXT_NAME})|{slash}{inner})++"
    )


_BARE = {(quote, slashes): _bare(quote, slashes) for quote in ("", '"', "'") for slashes in ("", r"\\")}
_CLOSING = ")]}>.:,;`\"'"
_TOKENS = frozenset({"bearer", "basic", "token", "apikey", "digest", "negotiate", "splunk", "bot", "hmac", "signature"})
_AFTER_SCHEME = late_pattern(r"[ \t]{1,4}(?P<secret>[^\s,;\"'`]++)")
_BLOCK = late_pattern(
    r"[ \t]{0,8}(?:[|>][+-]?\d?|!!?\w{1,16}|&\w{1,32})?[ \t]{0,8}\\?\r?\n(?P<indent>[ \t]{0,64}+)(?P<item>-[ \t]++)?(?=\S)"
)
_LAST_BLOCK_LINES = 64
_SOME_NAME = late_pattern(r"(?a)[\"']?[\w. -]{1,64}[\"']?\s?:(?:\s|\Z)")


class PairContext(NamedTuple):
    """What stands before a value."""

    start: int
    """Where the name begins."""
    is_element: bool = False
    """Whether the value is the content of an XML element."""
    takes_line: bool = False
    """Whether the value goes to the end of its line, as a header's does."""


class PairValue(NamedTuple):
    """A value in a text."""

    start: int
    end: int
    kind: str
    """`quoted`, `bracketed`, `wrapped`, `bare`, `line`, or `element`."""


def read_value(text: str, at: int, context: PairContext, limit: int) -> PairValue | None:  # noqa: PLR0911 - one answer per kind of value
    """
    The value that begins at a position.

    Args:
        text: Any text.
        at: Index behind the separator and its blanks.
        context: What stands before.
        limit: Index behind the last character of a bare value that is looked at.

    Returns:
        None when nothing stands there.
    """
    if context.is_element:
        match = _ELEMENT.match(text, at, at + MAX_VALUE_CHARS)
        if match is None:
            return None
        group = match.lastgroup or "plain"
        return PairValue(match.start(group), match.end(group), "element")
    opening = _OPENING.match(text, at)
    if opening is not None:
        return _quoted(text, opening)
    quote = _enclosing_quote(text, context.start)
    if not context.takes_line:
        wrapper = _WRAPPER.match(text, at)
        if wrapper is not None:
            end = _balanced_end(text, wrapper.end() - 1)
            if end is not None:
                kind = "bracketed" if wrapper.end() - at == 1 and text[at] != "<" else "wrapped"
                return PairValue(at, end, kind)
    form = (_LINE_IN.get(quote[0], _LINE)) if context.takes_line else _BARE[quote]
    match = form.match(text, at, limit)
    if match is None:
        return None
    if context.takes_line:
        return PairValue(at, match.end(), "line")
    return _bare_value(text, at, match.end())


def next_line_value(text: str, at: int, name_start: int) -> PairValue | None:
    """
    The value of a YAML key that stands on the lines below it.

    Args:
        text: Any text.
        at: Index behind the colon.
        name_start: Where the name begins.

    Returns:
        None when there is none: the next line is not deeper, or a key of its own.
    """
    block = _BLOCK.match(text, at)
    if block is None:
        return None
    line = text.rfind("\n", max(0, name_start - _LOOK_BACK), name_start) + 1
    before = text[line:name_start]
    indent = len(before) - len(before.lstrip(" \t"))
    if len(block["indent"]) < indent + (block["item"] is None):
        return None
    start = block.end()
    if _SOME_NAME.match(text, start):
        return None
    end = _line_end(text, start)
    deeper = "\n" + block["indent"] + (block["item"] or "")
    for _ in range(_LAST_BLOCK_LINES):
        if not text.startswith(deeper, end) or text[end + len(deeper) : end + len(deeper) + 1].strip() == "":
            break
        if not block["indent"] or _SOME_NAME.match(text, end + len(deeper)):
            break
        end = _line_end(text, end + 1)
    return PairValue(start, end, "line")


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _quoted(text: str, opening: re.Match[str]) -> PairValue:
    """To the quote that closes: the same mark, not escaped further, with no letter or digit behind it."""
    mark, start = opening["mark"], opening.end()
    position = start
    for attempt in range(_MAX_INNER_QUOTES + 1):
        end = text.find(mark, position)
        if end < 0:
            line = _LINE.match(text, start)
            return PairValue(start, line.end() if line and "\n" not in mark else len(text), "quoted")
        slashes = end
        while slashes > position and text[slashes - 1] == "\\":
            slashes -= 1
        after = text[end + len(mark) : end + len(mark) + 1]
        is_escaped = (end - slashes) % 2 == 1 if mark[0] != "\\" else end > slashes
        if (not is_escaped and not after.isalnum()) or attempt == _MAX_INNER_QUOTES:
            break
        position = end + len(mark)
    return PairValue(start, end, "quoted")


def _bare_value(text: str, at: int, end: int) -> PairValue:
    word = text[at : min(end, at + 16)].rstrip(":")
    if word.lower() in _TOKENS:
        more = _AFTER_SCHEME.match(text, end)
        if more is not None:
            return PairValue(more.start("secret"), more.start("secret") + len(more["secret"].rstrip(_CLOSING)), "bare")
    while end > at and text[end - 1] in _CLOSING:
        end -= 1
    return PairValue(at, end, "bare")


def _enclosing_quote(text: str, position: int) -> tuple[str, str]:
    """The quote that is open at a position of its line, and the slash before it; the nearest when there are several."""
    line = max(text.rfind("\n", max(0, position - _LOOK_BACK), position) + 1, position - _LOOK_BACK, 0)
    nearest, found = -1, ("", "")
    for quote in "\"'":
        count = text.count(quote, line, position)
        if not count:
            continue
        escaped = text.count(f"\\{quote}", line, position)
        last = text.rfind(quote, line, position)
        if escaped % 2 and last > nearest:
            nearest, found = last, (quote, r"\\")
        elif (count - escaped) % 2 and last > nearest:
            nearest, found = last, (quote, "")
    return found


_PAIRED = {"(": ")", "[": "]", "{": "}", "<": ">"}
_STRUCTURE = late_pattern(r"[()\[\]{}<>\"'\n]")


def _balanced_end(text: str, opening: int) -> int | None:
    """Behind the bracket that closes the one at a position; the end of its line when nothing closes it."""
    expected: list[str] = []
    position, last = opening, min(len(text), opening + MAX_VALUE_CHARS)
    while (found := _STRUCTURE.search(text, position, last)) is not None:
        letter, position = found[0], found.end()
        if letter in "\"'":
            if text[found.start() - 1].isalpha() and text[found.start() - 1] not in "bBrRuUfF":
                continue  # an apostrophe
            closed = _OPENING.match(text, found.start())
            value = _quoted(text, closed) if closed is not None else None
            if value is not None and value.end < last:
                position = value.end + 1
        elif letter in "([{<":
            expected.append(_PAIRED[letter])
            if len(expected) > _MAX_DEPTH:
                break
        elif expected and letter == expected[-1]:
            expected.pop()
            if not expected:
                return position
        elif letter == "\n" and len(expected) == 1 and expected[0] == ">":
            break
    line = _LINE.match(text, opening, last)
    return None if line is None else line.end()
