"""
Statements in spans that other libraries' instrumentations make: text without values, operation and table.

Such a span has its statement as it was sent, values included, and seldom says which table it is about.
"""

from otel_agent.instruments.databases.statements.quotes import quote_style_of
from otel_agent.instruments.databases.statements.statement_cache import StatementFactsCache

__all__ = ["ForeignStatements"]

MOST_SYSTEMS = 32


class ForeignStatements:
    """What is known of them, by database product. Used by one thread."""

    def __init__(self) -> None:
        self._caches: dict[str, StatementFactsCache] = {}

    def facts_of(self, system: str, statement: str) -> tuple[str, str, str]:
        """
        Read a statement, or remember having done so.

        Args:
            system: As the span names the product, such as "postgresql".
            statement: Any text at all.

        Returns:
            The text with `?` for each value, the operation, and the table; the latter two are empty where they were not recognised.
        """
        cache = self._caches.get(system)
        if cache is None:
            if len(self._caches) >= MOST_SYSTEMS:
                self._caches.clear()
            cache = self._caches[system] = StatementFactsCache(
                quote_style_of(system), entries_limit=200, size_limit=200_000
            )
        facts = cache.of(statement)
        return facts.text, facts.operation, facts.collection
