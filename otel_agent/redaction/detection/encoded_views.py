r"""
What a text says when its escapes are read: `user%5Bsecret%5D=x`, `\u0026token=x`, `&quot;password&quot;:`.

A view is the text with one character in place of each escape, and where each stood, so that what is found in the view can be
taken out of the text itself. A view may hold escapes too: an address inside of an address.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["EncodedView", "views"]

MAX_LEVELS = 5
"""Encodings inside of encodings that are looked through."""

_ESCAPE = late_pattern(
    r"(?a)%(?P<hex>[2-7][0-9A-Fa-f]|0[19AaDd])|%[Ee][Ff]%[Bb][Cc]%(?P<wide>9[AaDd])|%[Cc]2%(?P<blank>[Aa]0)"
    r"|(?P<bytes>%[C-Ec-e][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){1,2})"
    r"|\\{1,8}(?:u00(?P<unicode>[2-7][0-9A-Fa-f]|[Aa]0)|u[Ff][Ff]1(?P<wide_unicode>[AaDd])|u(?P<letter_code>[0-9A-Fa-c][0-9A-Fa-f]{3})|x(?P<byte>[2-7][0-9A-Fa-f]|[Aa]0|01)|(?P<letter>[nrt\"']))"
    r"|&(?:(?P<entity>quot|amp|apos|lt|gt)|#(?P<code>3[4-9]|4[0-7]|6[0-4])|#x(?P<hex_code>[2-3][0-9A-Fa-f]));"
)
_MAX_KNOWN = 4096
_known: dict[str, str] = {}
"""Escapes that have been read; there are few, and they come again and again."""

_ENTITIES = {"quot": '"', "amp": "&", "apos": "'", "lt": "<", "gt": ">", "n": "\n", "r": "\r", "t": "\t"}
_WIDE = {"9a": ":", "9d": "=", "a": ":", "d": "="}


class EncodedView:
    """
    A text with its escapes read.

    Args:
        text: What the escapes say.
        ends: Positions in the view behind each escape, in order.
        shifts: Characters by which the original is ahead from there on.
    """

    __slots__ = ("_ends", "_shifts", "text")

    def __init__(self, text: str, ends: list[int], shifts: list[int]) -> None:
        self.text = text
        self._ends = ends
        self._shifts = shifts

    def origin(self, position: int) -> int:
        """
        Position in the text that was read.

        Args:
            position: Index in the view; at its end, the original's end.
        """
        before = bisect_right(self._ends, position)
        return position + (self._shifts[before - 1] if before else 0)


def views(text: str) -> Iterator[tuple[EncodedView, ...]]:
    """
    Every reading of a text, the outermost encoding first; none when it has no escapes.

    Quotes that are not escaped belong to what stands around the encoded part, so each level is read with them and without.

    Args:
        text: Any text.

    Yields:
        The views that lead to a reading; its text is that of the last.
    """
    are_quoted = False
    for has_quotes in (True, False):
        chain: tuple[EncodedView, ...] = ()
        inner = text
        for _ in range(MAX_LEVELS):
            are_quoted = are_quoted or '"' in inner or "'" in inner
            view = _read(inner, has_quotes=has_quotes)
            if view is None:
                break
            chain = (*chain, view)
            yield chain
            inner = view.text
        if not are_quoted:
            return


def _read(text: str, *, has_quotes: bool) -> EncodedView | None:
    if "%" not in text and "&" not in text and "\\" not in text:
        return None
    known = _known.get
    parts: list[str] = []
    ends: list[int] = []
    shifts: list[int] = []
    # There may be an escape for every few characters, so this is written for speed.
    add, add_end, add_shift = parts.append, ends.append, shifts.append
    position = size = 0
    for match in _ESCAPE.finditer(text):
        start, end = match.span()
        escape = text[start:end]
        said = known(escape)
        if said is None:
            said = _said(match)
            if len(_known) < _MAX_KNOWN:
                _known[escape] = said
        if start > position:
            plain = text[position:start]
            add(plain if has_quotes else plain.replace('"', "\n").replace("'", "\n"))
        add(said)
        size += start - position + 1
        position = end
        add_end(size)
        add_shift(end - size)
    if not ends:
        return None
    plain = text[position:]
    parts.append(plain if has_quotes else plain.replace('"', "\n").replace("'", "\n"))
    return EncodedView("".join(parts), ends, shifts)


def _said(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    content = match[kind]
    if kind in {"entity", "letter"}:
        return _ENTITIES.get(content, content)
    if kind == "bytes":
        return bytes.fromhex(content.replace("%", "")).decode("utf-8", "replace")
    if kind.startswith("wide"):
        return _WIDE[content.lower()]
    return chr(int(content, 10 if kind == "code" else 16))
