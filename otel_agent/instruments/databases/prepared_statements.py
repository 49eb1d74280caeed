"""
Statements of a database, ready for their next execution.

Everything that does not differ between two executions is made once: a `PreparedStatement` has the name and the attributes of
its spans and the histogram its duration goes to.
"""

from collections.abc import Callable, Mapping
from typing import Any

from otel_agent.catalog import attributes as a
from otel_agent.catalog import database as metrics
from otel_agent.instruments.databases.histograms import DurationHistograms
from otel_agent.instruments.databases.statements.quotes import QuoteStyle
from otel_agent.instruments.databases.statements.sanitization import StatementFacts
from otel_agent.instruments.databases.statements.statement_cache import StatementFactsCache, TwoGenerationCache

__all__ = ["PreparedStatement", "PreparedStatements"]

_ENTRIES = 500
_SIZE = 1_000_000
"""Bounds of each generation of prepared statements: their number, and the characters of their texts."""

_BATCH = "BATCH "


class PreparedStatement:
    """
    One statement with what all its executions share.

    Args:
        database: Attributes of the database it is sent to.
        facts: Sanitised text, summary, operation and table.
        histograms: Where durations are recorded.
    """

    __slots__ = ("attributes", "batch", "dimensions", "is_select", "looks", "name", "record", "site", "text")

    def __init__(self, database: Mapping[str, Any], facts: StatementFacts, histograms: DurationHistograms) -> None:
        dimensions = dict(database)
        optional = (
            (a.DB_OPERATION_NAME.name, facts.operation),
            (a.DB_COLLECTION_NAME.name, facts.collection),
            (a.DB_QUERY_SUMMARY.name, facts.summary),
        )
        dimensions.update((key, value) for key, value in optional if value)
        self.name: str = facts.summary or facts.operation or database[a.DB_SYSTEM_NAME.name]
        self.text = facts.text
        self.is_select = facts.operation == "SELECT"
        self.attributes: Mapping[str, Any] = {**dimensions, metrics.QUERY_TEXT: facts.text}
        self.record = histograms.of(metrics.OPERATION_DURATION, dimensions)
        self.dimensions: Mapping[str, Any] = dimensions
        """Attributes of its points."""
        self.looks = 0
        """Executions that were looked at more closely; see `query_watch`."""
        self.site: Any = None
        """What its spans share, once a tracer of ours has made one; see `recording.sites`."""
        self.batch: PreparedStatement | None = None
        """The same statement with several sets of parameters at once."""


class PreparedStatements:
    """
    The statements of one database that are remembered.

    Args:
        database: Attributes of the database.
        quotes: Returns how the database reads quotes, as far as is known now; equal styles are the same.
        histograms: Where durations are recorded.
    """

    __slots__ = ("_by_text", "_database", "_facts", "_histograms", "_known", "_quotes")

    def __init__(
        self, database: Mapping[str, Any], quotes: Callable[[], QuoteStyle], histograms: DurationHistograms
    ) -> None:
        self._database = database
        self._histograms = histograms
        self._quotes = quotes
        self._forget(quotes())

    def _forget(self, quotes: QuoteStyle) -> None:
        self._facts = StatementFactsCache(quotes)
        self._by_text: TwoGenerationCache[PreparedStatement] = TwoGenerationCache(_ENTRIES, _SIZE)
        self._known: TwoGenerationCache[PreparedStatement] = TwoGenerationCache(_ENTRIES, _SIZE)

    def of(self, sql: str) -> PreparedStatement:
        """
        Prepare a statement, or remember having done so.

        Args:
            sql: Statement as sent to the driver.

        Returns:
            What its span and its duration need.
        """
        return self._known.get(sql) or self._prepare(sql)

    def batch_of(self, statement: PreparedStatement) -> PreparedStatement:
        """
        Prepare a statement that is sent with several sets of parameters.

        Args:
            statement: The statement.

        Returns:
            The statement as a batch, as the conventions name it.
        """
        if statement.batch is None:
            known = statement.dimensions
            facts = StatementFacts(
                statement.text,
                f"{_BATCH}{known.get(a.DB_QUERY_SUMMARY.name, '')}".strip(),
                f"{_BATCH}{known.get(a.DB_OPERATION_NAME.name, '')}".strip(),
                known.get(a.DB_COLLECTION_NAME.name, ""),
            )
            statement.batch = PreparedStatement(self._database, facts, self._histograms)
        return statement.batch

    def _prepare(self, sql: str) -> PreparedStatement:
        """Prepare a statement; those that differ in nothing but their values share what is prepared."""
        quotes = self._quotes()
        if quotes != self._facts.quotes:  # the server has been asked meanwhile: what was read in doubt is read again
            self._forget(quotes)
        facts = self._facts.of(sql)
        statement = self._by_text.get(facts.text)
        if statement is None:
            statement = PreparedStatement(self._database, facts, self._histograms)
            self._by_text.put(facts.text, statement)
        self._known.put(sql, statement)
        return statement

    def __len__(self) -> int:
        return len(self._known)
