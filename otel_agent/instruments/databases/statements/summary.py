"""
Operation and tables of a statement, found among its tokens.

This is no parser of SQL: it knows which words begin an operation and after which words a table is named, keeps apart what
stands in parentheses, and leaves out what it is not sure of. A wrong table would be worse than none.

Source: https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/db/database-spans.md#generating-a-summary-of-the-query
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from otel_agent.instruments.databases.statements import keywords
from otel_agent.instruments.databases.statements.tokens import Token, TokenKind

__all__ = ["StatementSummary", "summarize"]

LIMIT = 255
"""Characters of a summary, as the conventions ask; no term is cut in the middle."""

_PLAIN = re.compile(r"[^\W\d][\w$]*\Z")


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """Operations and tables of a statement."""

    text: str
    """Operations, each followed by its tables; empty when none was recognised."""
    operation: str
    """The first operation that is not inside parentheses, in upper case; empty when none was recognised."""
    collection: str
    """The table, when there is one operation on one table; otherwise empty."""


@dataclass(slots=True)
class _Clause:
    """One operation with its tables."""

    operation: str
    tables: list[str] = field(default_factory=list)
    is_about_tables: bool = True


@dataclass(slots=True)
class _Scope:
    """What is known between one pair of parentheses."""

    clause: _Clause | None = None
    is_fresh: bool = True
    """Nothing but the beginning of a statement has been seen."""
    has_with: bool = False
    is_in_tables: bool = False
    """A comma announces another table."""


def summarize(tokens: Sequence[Token]) -> StatementSummary:
    """
    Find operations and tables. Never raises.

    Args:
        tokens: Tokens of one statement.

    Returns:
        Operations and tables, as far as recognised.
    """
    return _SummaryReader(tokens).run()


class _SummaryReader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._clauses: list[_Clause] = []
        self._scopes = [_Scope()]
        self._operation = ""
        self._shadows: set[str] = set()
        """Names of common table expressions: no tables."""

    def run(self) -> StatementSummary:
        place = 0
        while place < len(self._tokens):
            place = self._step(place)
        return self._result()

    def _step(self, place: int) -> int:
        token, scope = self._tokens[place], self._scopes[-1]
        if token.kind is TokenKind.PUNCTUATION:
            return self._punctuation(token.text, scope, place)
        if token.kind is not TokenKind.WORD or self._upper(place - 1) == ".":
            scope.is_fresh = False
            return place + 1
        word = token.upper
        if self._begins(word, scope, place):
            return self._begin(word, scope, place)
        scope.is_fresh = False
        if word in keywords.ENDS_TABLES:
            scope.is_in_tables = False
        elif scope.clause is not None and self._announces_table(word, scope.clause, place):
            scope.is_in_tables = True
            return self._table(place + 1, scope.clause, may_be_function=word != "INTO")
        return place + 1

    def _punctuation(self, mark: str, scope: _Scope, place: int) -> int:
        if mark == "(":
            scope.is_fresh = False
            self._scopes.append(_Scope())
        elif mark == ")" and len(self._scopes) > 1:
            self._scopes.pop()
        elif mark == ";":
            self._scopes = [_Scope()]
        elif mark == "," and scope.clause is not None and scope.is_in_tables:
            return self._table(place + 1, scope.clause)
        elif mark == "," and scope.has_with and scope.clause is None:
            self._shadow(place + 1)
        return place + 1

    def _begins(self, word: str, scope: _Scope, place: int) -> bool:
        if word == "SELECT":
            return True
        if scope.is_fresh:
            return word in (keywords.FIRST if len(self._scopes) == 1 else keywords.MAY_BE_NESTED)
        return word in keywords.CHANGES and scope.has_with and scope.clause is None and self._upper(place - 1) == ")"

    def _begin(self, word: str, scope: _Scope, place: int) -> int:
        scope.is_fresh = False
        scope.is_in_tables = False
        if word == "WITH":
            scope.has_with = True
            self._shadow(place + (2 if self._upper(place + 1) == "RECURSIVE" else 1))
            return place + 1
        if word in keywords.DEFINITIONS:
            return self._definition(word, scope, place)
        clause = self._add(word, scope)
        if word == "EXPLAIN":
            scope.is_fresh = True
        if word in keywords.CHANGES:
            scope.is_in_tables = word == "UPDATE"
            return self._table(place + 1, clause, may_be_function=False)
        if word in keywords.NAMED:
            clause.is_about_tables = False
            return self._table(place + 1, clause, may_be_function=False)
        return place + 1

    def _definition(self, word: str, scope: _Scope, place: int) -> int:
        for ahead in range(place + 1, min(place + 6, len(self._tokens))):
            kind = self._upper(ahead)
            if kind in keywords.OBJECTS:
                clause = self._add(f"{word} {kind}", scope)
                clause.is_about_tables = kind == "TABLE"
                return self._table(ahead + 1, clause, may_be_function=False)
        clause = self._add(word, scope)
        return self._table(place + 1, clause, may_be_function=False) if word == "TRUNCATE" else place + 1

    def _add(self, operation: str, scope: _Scope) -> _Clause:
        scope.clause = clause = _Clause(operation)
        self._clauses.append(clause)
        if not self._operation and len(self._scopes) == 1:
            self._operation = operation
        return clause

    def _announces_table(self, word: str, clause: _Clause, place: int) -> bool:
        if word == "FROM":
            return self._upper(place - 1) != "DISTINCT"
        if word == "USING":
            return clause.operation in {"DELETE", "MERGE"}
        return word in {"JOIN", "INTO"}

    def _table(self, place: int, clause: _Clause, *, may_be_function: bool = True) -> int:
        """Take the name at a place, if there is one; answers where to go on."""
        while self._upper(place) in keywords.NOISE and self._kind(place) is TokenKind.WORD:
            place += 1
        if self._kind(place) not in {TokenKind.WORD, TokenKind.NAME} or self._upper(place) in keywords.ENDS_TABLES:
            return place
        parts = [self._name(place)]
        place += 1
        while self._upper(place) == "." and self._kind(place + 1) in {TokenKind.WORD, TokenKind.NAME}:
            parts.append(self._name(place + 1))
            place += 2
        if may_be_function and self._upper(place) == "(":
            return place
        table = ".".join(parts)
        if table.upper() not in self._shadows and table not in clause.tables:
            clause.tables.append(table)
        return place

    def _shadow(self, place: int) -> None:
        if self._kind(place) in {TokenKind.WORD, TokenKind.NAME}:
            self._shadows.add(self._name(place).upper())

    def _name(self, place: int) -> str:
        """A name without its quotes, unless it needs them to be read as one."""
        text = self._tokens[place].text
        if self._tokens[place].kind is TokenKind.NAME and _PLAIN.match(text[1:-1]):
            return text[1:-1]
        return text

    def _upper(self, place: int) -> str:
        return self._tokens[place].upper if 0 <= place < len(self._tokens) else ""

    def _kind(self, place: int) -> TokenKind | None:
        return self._tokens[place].kind if 0 <= place < len(self._tokens) else None

    def _result(self) -> StatementSummary:
        operation = self._operation or (self._clauses[0].operation if self._clauses else "")
        telling = [clause for clause in self._clauses if clause.tables or clause.operation == "EXPLAIN"]
        if not telling:
            return StatementSummary(operation[:LIMIT], operation[:LIMIT], "")
        text = ""
        for term in (term for clause in telling for term in (clause.operation, *clause.tables)):
            if len(text) + len(term) + 1 > LIMIT:
                break
            text = f"{text} {term}" if text else term
        tables = {table for clause in telling for table in clause.tables}
        is_single = len(tables) == 1 and len(telling) == 1 and telling[0].is_about_tables
        return StatementSummary(text, operation, tables.pop() if is_single else "")
