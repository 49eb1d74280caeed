"""
What was found out once about a statement is not found out again.

Two generations of a dictionary: what is asked for lives in the young one, and when that is full it becomes the old one and what
was not asked for since is forgotten. Reading takes no lock; two threads that meet find the same thing out twice.
"""

import re
from typing import Generic, TypeVar

from otel_agent.instruments.databases.statements.quotes import QuoteStyle
from otel_agent.instruments.databases.statements.sanitization import StatementFacts, sanitize

__all__ = ["StatementFactsCache", "TwoGenerationCache"]

_Value = TypeVar("_Value")


class TwoGenerationCache(Generic[_Value]):
    """
    A bounded cache by text.

    Args:
        entries_limit: Entries of each of the two generations.
        size_limit: Characters of all keys of a generation; a longer key is not kept at all.
    """

    __slots__ = ("_entries_limit", "_old", "_size", "_size_limit", "_young")

    def __init__(self, entries_limit: int, size_limit: int) -> None:
        self._entries_limit = entries_limit
        self._size_limit = size_limit
        self._young: dict[str, _Value] = {}
        self._old: dict[str, _Value] = {}
        self._size = 0

    def get(self, key: str) -> _Value | None:
        """
        Look a text up.

        Args:
            key: The text.

        Returns:
            What was kept under it, if it still is.
        """
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: str, value: _Value) -> None:
        """
        Keep something.

        Args:
            key: The text.
            value: What is to be found under it.
        """
        size = len(key)
        if size > self._size_limit:
            return
        if len(self._young) >= self._entries_limit or self._size + size > self._size_limit:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[key] = value
        self._size += size

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())


_QUICK_LIMIT = 2048
"""Characters up to which a statement gets the first pass; on the most awkward ones it takes time in proportion to the square."""

_TRICKY = re.compile(r'["\\`$#\[]|--|/\*')
_SIMPLE = re.compile(r"(?<![\w&])'[^']*(?:''[^']*)*+'(?![\w'])|(?<![\w.$@:?%])(?<![eE][+-])\d+(?:\.\d+)?(?![\w.])")


class StatementFactsCache:
    """
    Facts of the statements of one database, by the statement's text without its simplest literals.

    Args:
        quotes: How the database reads quotes.
        entries_limit: See `TwoGenerationCache`.
        size_limit: See `TwoGenerationCache`.
    """

    __slots__ = ("_known", "quotes")

    def __init__(self, quotes: QuoteStyle, entries_limit: int = 1000, size_limit: int = 1_000_000) -> None:
        self.quotes = quotes
        """The rules by which all of them were read."""
        self._known: TwoGenerationCache[StatementFacts] = TwoGenerationCache(entries_limit, size_limit)

    def of(self, sql: str) -> StatementFacts:
        """
        Sanitise a statement, or remember having done so.

        Args:
            sql: Any text at all.

        Returns:
            Its facts.
        """
        key = _without_simple_literals(sql)
        facts = self._known.get(key)
        if facts is None:
            facts = sanitize(key, self.quotes)
            # Statements that differ only in what sanitising leaves out share one.
            facts = self._known.get(facts.text) or facts
            self._known.put(key, facts)
        return facts


def _without_simple_literals(sql: str) -> str:
    """
    A cheap first pass, so that statements with their values written into them need one expensive pass for all.

    Only for statements without anything that could make an apostrophe or a digit mean something else; when an apostrophe is
    left over, the guess was wrong and the statement is taken as it is.
    """
    if len(sql) > _QUICK_LIMIT or _TRICKY.search(sql) is not None:
        return sql
    simple = _SIMPLE.sub("?", sql)
    return sql if "'" in simple else simple
