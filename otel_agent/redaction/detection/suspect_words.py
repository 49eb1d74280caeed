"""
The first look at a text: whether any of its words can belong to a secret. It is what nearly all texts cost, so it is quick.

Nothing that the rules look for is made of harmless words only: a name has a stem in one of its words, a token is one word, a
command has an option. Only digits of a card's number stand in several words. So a text is as harmless as its words are, and
words come again and again: those without a digit are remembered, and what is left to look at is a number or an id.
"""

import re

from otel_agent.redaction.detection.name_stems import is_speaking
from otel_agent.redaction.detection.secret_formats import MIN_CHARS, has_many_digits, may_hold_secret

__all__ = ["SuspectWords"]

MAX_REMEMBERED = 8192
"""Words remembered before all are forgotten."""

MAX_REMEMBERED_CHARS = 24
"""Longer words are not remembered."""

_NUMBERS = "0123456789abcdefABCDEF.,:;() "
"""Numbers, hashes and ids: no name and no option is made of these alone."""

_IS_ESCAPED = re.compile(r"(?a)%\d[0-9A-Fa-f]").search
"""Percent-encoding, behind which anything may stand, whatever its digits are."""


class SuspectWords:
    """
    Judges texts by their words.

    Thread-safe without a lock: each step is one set operation, and a race means that a word is judged twice.
    """

    def __init__(self) -> None:
        self._harmless: set[str] = set()

    def are_in(self, text: str) -> bool:
        """
        Whether it is worth looking at a text; the same whatever its digits are.

        Args:
            text: Any text.
        """
        if " " not in text and text.replace("-", "").replace("_", "").isalnum():
            # One word without a sign: an id, a symbol, a token. What it is called says nothing, there is no value beside it.
            return len(text) >= MIN_CHARS and may_hold_secret(text)
        unknown = set(text.split()) - self._harmless
        if not unknown:
            return False
        rest = " ".join(unknown)
        if len(rest) >= MIN_CHARS and (
            may_hold_secret(rest)
            or ("%" in rest and _IS_ESCAPED(rest) is not None)
            or "&#" in rest
            or ("\\" in rest and ("\\u" in rest or "\\x" in rest))
            or has_many_digits(text)
        ):
            return True
        if rest.strip(_NUMBERS) and is_speaking(rest):
            return True
        for word in unknown:
            if word.isalpha() and len(word) <= MAX_REMEMBERED_CHARS:
                if len(self._harmless) >= MAX_REMEMBERED:
                    self._harmless.clear()
                self._harmless.add(word)
        return False
