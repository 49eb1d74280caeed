"""
Windowed search: a long text is searched piece by piece, so that no search holds the interpreter for more than a millisecond or so.

A piece overlaps the next by more than any pattern needs to see of a secret to recognise it; what begins in a piece is then
followed to its end wherever that is. Nothing is cut, so nothing can hide at a border.
"""

import re

__all__ = ["MAX_CHARS", "OVERLAP", "WINDOW", "search_in_windows"]

WINDOW = 1 << 16
"""Characters searched at once: 65,536."""

OVERLAP = 1024
"""Characters by which pieces overlap; the longest beginning a pattern needs is 770 (a URL's user and password)."""

MAX_CHARS = (1 << 18) + OVERLAP
"""Characters of a text that are looked at; the encoder sends no more than 262,144."""


CUSTOM_WINDOW = 1 << 11
"""Characters searched at once with a pattern of the operator's, which may be quadratic: 2,048."""

CUSTOM_OVERLAP = 1 << 9
"""Characters of a secret by which a pattern of the operator's is sure to recognise it: 512."""


def search_in_windows(
    pattern: re.Pattern[str], text: str, start: int, *, window: int = WINDOW, overlap: int = OVERLAP
) -> re.Match[str] | None:
    """
    The first match at or after a position, as `pattern.search(text, start)` finds it.

    Args:
        pattern: Recognises a secret by at most `overlap` characters of its beginning.
        text: A text of any length.
        start: Index at which the search begins.
        window: Characters searched at once.
        overlap: Characters by which pieces overlap; less than `window`.
    """
    size = len(text)
    while True:
        end = start + window
        if end >= size:
            return pattern.search(text, start)
        match = pattern.search(text, start, end)
        if match is None:
            start = end - overlap
            continue
        if match.end() + overlap < end:
            return match
        whole = pattern.match(text, match.start())
        if whole is not None:
            return whole
        start = match.start() + 1
