"""
The redactor of texts: every rule for names and formats applied, the rest of the text kept.

What is taken out becomes a marker, `[redacted: jwt]`, that says which rule hit and nothing else. Markers are never looked
into again, and a text is gone over until nothing changes, so cleaning a clean text changes nothing.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from otel_agent.guard import shared
from otel_agent.redaction.detection.command_secrets import find_command_secrets, may_be_command
from otel_agent.redaction.detection.encoded_views import views
from otel_agent.redaction.detection.key_value_pairs import Found, find_pairs
from otel_agent.redaction.detection.name_stems import has_stem
from otel_agent.redaction.detection.secret_formats import DIGITS_ALIKE, SECRET_FORMATS, SecretFormat, may_hold_secret
from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.suspect_words import SuspectWords
from otel_agent.redaction.detection.windowed_search import (
    CUSTOM_OVERLAP,
    CUSTOM_WINDOW,
    MAX_CHARS,
    OVERLAP,
    WINDOW,
    search_in_windows,
)
from otel_agent.redaction.detection.work_allowance import CUT, TextWork, WorkAllowance

__all__ = ["TextRedactor", "is_marker", "marker"]

MAX_ROUNDS = 16
"""A text that still changes after as many rounds is given up whole."""

MAX_REMEMBERED_CHARS = 512
"""Longer texts are not remembered."""

MAX_REMEMBERED_TOGETHER = 1 << 20
"""Bytes of all remembered forms together: a megabyte."""

MAX_SETTLED = 2048
"""Texts without their secrets that are remembered before all are forgotten."""

_MARKER = re.compile(r"\[redacted: [a-z0-9 -]{1,40}\]")


_MAX_MARKER_CHARS = 64

_MIN_NAMED_CHARS = 5
"""Shorter texts have no room for a name, a sign and a value: `pw=x1`."""


def marker(rule: str) -> str:
    """
    The marker that stands where a secret was.

    Args:
        rule: Name of the rule that hit; never anything from the text itself.
    """
    return f"[redacted: {rule}]"


def is_marker(text: str) -> bool:
    """Whether a text is a marker and nothing else."""
    return _MARKER.fullmatch(text) is not None


class TextRedactor:
    """
    Cleans texts by built-in formats, by names inside them, and by the operator's own patterns.

    Args:
        names: The rules for names.
        patterns: Regular expressions of secrets; checked by `custom_patterns` before.
        kept: Names of rules that do not apply, as they stand in markers.
        allowance: Work that texts may cost.
    """

    def __init__(
        self,
        names: SecretNames,
        patterns: Sequence[str] = (),
        kept: Sequence[str] = (),
        allowance: WorkAllowance | None = None,
    ) -> None:
        self._names = names
        self._kept = frozenset(kept)
        self._allowance = allowance or WorkAllowance()
        self._custom = tuple(
            SecretFormat(re.compile(pattern), _always(f"configured value {number}"), is_built_in=False)
            for number, pattern in enumerate(patterns, 1)
        )
        self._words = SuspectWords()
        self._harmless: set[bytes] = set()
        self._settled: set[str] = set()
        self._remembered = 0
        self.has_custom = names.has_custom or bool(patterns)
        """Whether the operator added rules, for which there is no quick first look."""

    def clean(self, text: str) -> str:
        """
        A text without its secrets.

        Args:
            text: A text of any length; beyond `MAX_CHARS` it is cut.

        Returns:
            The same object when there was nothing to take out.
        """
        size = len(text)
        if size > MAX_CHARS:
            text = text[:MAX_CHARS]
        if size <= MAX_REMEMBERED_CHARS and ("=" in text or ":" in text):
            # Addresses and statements often differ in numbers only; those with names in them take longest to look at.
            form = text.encode("utf-8", "surrogatepass").translate(DIGITS_ALIKE)
            if form in self._harmless:
                return text
            if not self.is_suspect(text):
                self._remember(form)
                return text
        elif not self.is_suspect(text):
            return text
        work = self._allowance.begin(size)
        try:
            return self._gone_over(text, work)
        finally:
            self._allowance.end(work)

    def _gone_over(self, text: str, work: TextWork) -> str:
        """A text after as many passes as change it; what passes lead to is remembered, for most lead to what others have led to."""
        before = text
        for _ in range(MAX_ROUNDS):
            found = self._found(text, work)
            if not found:
                if text is not before and len(text) <= MAX_REMEMBERED_CHARS:
                    if len(self._settled) >= MAX_SETTLED:
                        self._settled.clear()
                    self._settled.add(text)
                return text
            if work.left < 0:
                shared.report("redaction.cut", "a text with too many names in it was cut, and the rest left out")
                return _cut(text, found)
            text = _without(text, found)
            if text in self._settled:
                return text
        return marker("unstable")

    def find(self, text: str) -> list[Found]:
        """
        What would be taken out of a text, and by which rule: begin, end, name of the rule; in order, not overlapping.

        Args:
            text: A text of any length; beyond `MAX_CHARS` it is not looked at.
        """
        text = text[:MAX_CHARS]
        if not self.is_suspect(text):
            return []
        return list(_apart(self._found(text, self._allowance.begin(len(text)))))

    def _remember(self, form: bytes) -> None:
        self._remembered += len(form)
        if self._remembered > MAX_REMEMBERED_TOGETHER:
            self._harmless.clear()
            self._remembered = len(form)
        self._harmless.add(form)

    def is_suspect(self, text: str) -> bool:
        """Whether it is worth looking at a text; false for nearly all, and the same whatever its digits are."""
        return self.has_custom or (len(text) >= _MIN_NAMED_CHARS and self._words.are_in(text))

    def _found(self, text: str, work: TextWork) -> list[Found]:
        """One pass over a text. All rules see it as it is, so that none hides a secret from another; markers stay."""
        found = self._in_reading(text, work)
        if "%" in text or "&" in text or "\\" in text:
            for chain in views(text):
                for start, end, name in self._in_reading(chain[-1].text, work):
                    for view in reversed(chain):
                        start, end = view.origin(start), view.origin(end)  # noqa: PLW2901 - outwards, reading by reading
                    found.append((start, end, name))
        if self._kept:
            found = [one for one in found if one[2] not in self._kept]
        return list(_beside_markers(text, found)) if found and "[redacted: " in text else found

    def _in_reading(self, text: str, work: TextWork) -> list[Found]:
        found: list[Found] = []
        if may_be_command(text):
            found += find_command_secrets(text, work)
        if self._names.has_custom or has_stem(text):
            found += find_pairs(text, self._names, work)
        for secret_format in (*SECRET_FORMATS, *self._custom) if may_hold_secret(text) else self._custom:
            for sign in secret_format.signs:
                if sign in text:
                    found += self._of_format(secret_format, text, work)
                    break
        return found

    def _of_format(self, secret_format: SecretFormat, text: str, work: TextWork) -> Iterator[Found]:
        position, group = 0, secret_format.group
        has_markers = "[redacted: " in text
        sizes = (WINDOW, OVERLAP) if secret_format.is_built_in else (CUSTOM_WINDOW, CUSTOM_OVERLAP)
        while (
            match := search_in_windows(secret_format.pattern, text, position, window=sizes[0], overlap=sizes[1])
        ) is not None:
            position = max(match.end(), position + 1)
            inside = _marker_around(text, match) if has_markers else None
            if inside is not None:
                position = inside
                continue
            if not work.afford(secret_format.units):
                yield match.start(), len(text), CUT
                return
            name = secret_format.name(match)
            if name is not None and match.end(group) > match.start(group) and not self._names.keeps(match[group]):
                yield match.start(group), match.end(group), name


def _always(name: str) -> Callable[[re.Match[str]], str]:
    return lambda _: name


def _beside_markers(text: str, found: list[Found]) -> Iterator[Found]:
    """What was found, without the markers in it: what stands beside a marker goes, the marker stays."""
    markers = [match.span() for match in _MARKER.finditer(text)]
    ends = [end for _, end in markers]
    for start, end, name in found:
        position = start
        for marked_start, marked_end in markers[bisect_left(ends, start + 1) :]:
            if marked_start >= end:
                break
            if _says_something(text, position, marked_start):
                yield position, marked_start, name
            position = marked_end
        if position < end and (position == start or _says_something(text, position, end)):
            yield position, end, name


def _marker_around(text: str, match: re.Match[str]) -> int | None:
    """Where the marker ends that a match lies in; None when it lies in none."""
    start = text.rfind("[redacted: ", max(0, match.start() - _MAX_MARKER_CHARS), match.start() + 1)
    found = _MARKER.match(text, start) if start >= 0 else None
    return found.end() if found is not None and found.end() >= match.end() else None


def _cut(text: str, found: list[Found]) -> str:
    """A text up to where it was given up, and a marker for the rest."""
    end = min(start for start, _, name in found if name == CUT)
    within = text.rfind("[redacted: ", max(0, end - _MAX_MARKER_CHARS), end)
    if within >= 0 and (around := _MARKER.match(text, within)) is not None and around.end() > end:
        end = within
    return _without(text[:end], [one for one in found if one[1] <= end]) + marker(CUT)


def _says_something(text: str, start: int, end: int) -> bool:
    return start < end and re.search(r"\w", text[start:end]) is not None


def _apart(found: list[Found]) -> Iterator[Found]:
    """What was found, in order; where findings overlap, one stands for all of them."""
    found.sort(key=lambda one: (one[0], -one[1]))
    last: Found | None = None
    for start, end, name in found:
        if last is None or start >= last[1]:
            if last is not None:
                yield last
            last = start, end, name
        elif end > last[1]:
            last = last[0], end, last[2]
    if last is not None:
        yield last


def _without(text: str, found: list[Found]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, name in _apart(found):
        parts += (text[position:start], marker(name))
        position = end
    parts.append(text[position:])
    return "".join(parts)
