"""
The redactor of texts: every rule for names and formats applied, the rest of the text kept.

What is taken out becomes a marker, `[redacted: jwt]`, that says which rule hit and nothing else. Markers are never looked
into again, and a text is gone over until nothing changes, so cleaning a clean text changes nothing.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from otel_agent.redaction.key_value_pairs import Found, code_before, find_pairs
from otel_agent.redaction.secret_formats import SECRET_FORMATS, SecretFormat, may_hold_secret
from otel_agent.redaction.secret_names import SecretNames, has_stem
from otel_agent.redaction.windowed_search import (
    CUSTOM_OVERLAP,
    CUSTOM_WINDOW,
    MAX_CHARS,
    OVERLAP,
    WINDOW,
    search_in_windows,
)

__all__ = ["TextRedactor", "is_marker", "marker"]

MAX_ROUNDS = 16
"""A text that still changes after as many rounds is given up whole."""

MAX_REMEMBERED_CHARS = 512
"""Longer texts are not remembered."""

MAX_REMEMBERED_TOGETHER = 1 << 20
"""Bytes of all remembered forms together: a megabyte."""

_FORM = bytes([ord("0") if ord("0") <= code <= ord("9") else code for code in range(256)])
"""
Makes all digits equal: addresses and statements often differ in numbers only. Worth it only for texts with names in them,
which take longest to look at.
"""

_MARKER = re.compile(r"\[redacted: [a-z0-9 -]{1,40}\]")


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
    """

    def __init__(self, names: SecretNames, patterns: Sequence[str] = ()) -> None:
        self._names = names
        self._custom = tuple(
            SecretFormat(re.compile(pattern), _always(f"configured value {number}"), is_built_in=False)
            for number, pattern in enumerate(patterns, 1)
        )
        self._harmless: set[bytes] = set()
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
            form = text.encode("utf-8", "surrogatepass").translate(_FORM)
            if form in self._harmless:
                return text
            if not self.is_suspect(text):
                self._remember(form)
                return text
        elif not self.is_suspect(text):
            return text
        for _ in range(MAX_ROUNDS):
            cleaned = self._once(text)
            if cleaned is text:
                return text
            text = cleaned
        return marker("unstable")

    def _remember(self, form: bytes) -> None:
        self._remembered += len(form)
        if self._remembered > MAX_REMEMBERED_TOGETHER:
            self._harmless.clear()
            self._remembered = len(form)
        self._harmless.add(form)

    def is_suspect(self, text: str) -> bool:
        """Whether it is worth looking at a text; false for nearly all, and the same whatever its digits are."""
        return (
            self.has_custom
            or may_hold_secret(text)
            or (("=" in text or ":" in text or "--" in text or "%" in text or "</" in text) and has_stem(text))
        )

    def _once(self, text: str) -> str:
        if "[redacted: " not in text:
            return self._piece(text)
        parts: list[str] = []
        position, is_changed = 0, False
        for match in _MARKER.finditer(text):
            between = text[position : match.start()]
            parts += (self._piece(between, code_before(text, position)), match[0])
            is_changed = is_changed or parts[-2] is not between
            position = match.end()
        rest = text[position:]
        parts.append(self._piece(rest, code_before(text, position)))
        return "".join(parts) if is_changed or parts[-1] is not rest else text

    def _piece(self, text: str, before: str | None = None) -> str:
        """One pass over a text without markers. All rules see it as it is, so that none hides a secret from another."""
        found: list[Found] = []
        if _may_hold_pair(text) and (self._names.has_custom or has_stem(text)):
            found += find_pairs(text, self._names, before=before)
        for secret_format in (*SECRET_FORMATS, *self._custom) if may_hold_secret(text) else self._custom:
            if any(sign in text for sign in secret_format.signs):
                found += _found(secret_format, text)
        return _without(text, found) if found else text


def _always(name: str) -> Callable[[re.Match[str]], str]:
    return lambda _: name


def _may_hold_pair(text: str) -> bool:
    return "=" in text or ":" in text or "--" in text or "%3" in text or "</" in text


def _found(secret_format: SecretFormat, text: str) -> Iterator[Found]:
    position = 0
    sizes = (WINDOW, OVERLAP) if secret_format.is_built_in else (CUSTOM_WINDOW, CUSTOM_OVERLAP)
    while (
        match := search_in_windows(secret_format.pattern, text, position, window=sizes[0], overlap=sizes[1])
    ) is not None:
        position = max(match.end(), position + 1)
        name = secret_format.name(match)
        if name is not None and match.end(secret_format.group) > match.start(secret_format.group):
            yield match.start(secret_format.group), match.end(secret_format.group), name


def _without(text: str, found: list[Found]) -> str:
    """A text with markers in place of what was found; where findings overlap, one marker stands for all of them."""
    parts: list[str] = []
    position = 0
    found.sort(key=lambda one: (one[0], -one[1]))
    for start, end, name in found:
        if start >= position:
            parts += (text[position:start], marker(name))
        position = max(position, end)
    parts.append(text[position:])
    return "".join(parts)
