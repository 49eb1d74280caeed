"""
The N+1 pattern: queries that are sent again and again under one parent, seen while it happens.

A loop that loads one related row at a time sends the same text under the same parent span. Counting costs a dictionary entry; what
is done about it is left to whoever reads the spans.
"""

from collections.abc import Hashable

__all__ = ["FIRST_REPETITION", "RepeatedQueries"]

FIRST_REPETITION = 5
"""Fewer repetitions are no pattern."""

_PARENTS = 512
_TEXTS = 64


class RepeatedQueries:
    """
    Counts of queries per parent and text, for the parents seen last.

    Used from many threads without a lock: one parent's queries are mostly one thread's, and a count that is one too low hurts
    nobody.
    """

    __slots__ = ("_old", "_young")

    def __init__(self) -> None:
        self._young: dict[Hashable, dict[str, int]] = {}
        self._old: dict[Hashable, dict[str, int]] = {}

    def count(self, parent: Hashable, text: str) -> int:
        """
        Count one query.

        Args:
            parent: Identity of the parent span.
            text: Sanitised query text.

        Returns:
            How often it has been sent under this parent, this time included; 0 when too many different ones are counted.
        """
        texts = self._young.get(parent)
        if texts is None:
            texts = self._old.get(parent)
            if texts is None:
                texts = {}
            if len(self._young) >= _PARENTS:
                self._old, self._young = self._young, {}
            self._young[parent] = texts
        known = texts.get(text, 0)
        if not known and len(texts) >= _TEXTS:
            return 0
        texts[text] = known + 1
        return known + 1
