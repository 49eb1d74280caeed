"""
Sanitised query text: a statement without its values, beside its summary, operation and table.

In the text every literal and placeholder is a `?`; lists of them after IN are one `?`, and of rows after VALUES that look the
same the first stands for all. So one text stands for all executions of one query, whatever their values and however many.

Source: https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/db/database-spans.md#sanitization-of-dbquerytext
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from otel_agent.instruments.databases.statements.quotes import STANDARD, QuoteStyle
from otel_agent.instruments.databases.statements.summary import summarize
from otel_agent.instruments.databases.statements.tokens import Token, TokenKind, tokenize

__all__ = ["StatementFacts", "sanitize"]

LIMIT = 16_384
"""Characters of a statement that are read; what follows is left out, and the text ends with an ellipsis."""

ELLIPSIS = " …"

_VALUE = r"\?(?:::[\w.]+(?:\(\?(?:, ?\?)*\))?(?:\[\])*)?"
_LIST = re.compile(rf"\b(IN ?)\( ?{_VALUE}(?:, ?{_VALUE})+ ?\)", re.IGNORECASE)
_ROWS = re.compile(r"\b(VALUES ?)(\((?:[^()]|\([^()]*\))*\))((?:, ?\2)+)", re.IGNORECASE)
_TUPLES = re.compile(r"\b(IN ?\( ?)(\([^()]*\))(?:, ?\2)+", re.IGNORECASE)
_NO_SPACE_AFTER = frozenset({"(", "[", ".", "::"})
_NO_SPACE_BEFORE = frozenset({")", "]", ",", ";", ".", "::"})


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """What may be said of a statement; holds none of its values."""

    text: str
    """The statement with `?` for every value."""
    summary: str
    """Operations and tables: "SELECT orders". Empty when none was recognised."""
    operation: str
    """In upper case: "SELECT". Empty when none was recognised."""
    collection: str
    """The table, when there is exactly one."""


def sanitize(sql: str, quotes: QuoteStyle = STANDARD) -> StatementFacts:
    """
    Take every value out of a statement, and find operation and table. Never raises; takes time in proportion to its length.

    Args:
        sql: Any text at all.
        quotes: How its database reads quotes.

    Returns:
        Text, summary, operation and table.
    """
    tokens = tokenize(sql[:LIMIT], quotes)
    tokens = _without_savepoint_name(tokens)
    summary = summarize(tokens)
    text = _LIST.sub(r"\1(?)", _join(tokens))
    text = _TUPLES.sub(r"\1\2", text)
    text = _ROWS.sub(r"\1\2", text)
    if len(sql) > LIMIT:
        text += ELLIPSIS
    return StatementFacts(text, summary.text, summary.operation, summary.collection)


def _join(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    before = "("
    for token in tokens:
        is_spaced = token.is_spaced and before not in _NO_SPACE_AFTER and token.text not in _NO_SPACE_BEFORE
        if is_spaced or before == token.text == "-":  # two signs side by side are the begin of a comment to others
            parts.append(" ")
        parts.append(token.text)
        before = token.text
    return "".join(parts)


_SAVEPOINT_ENDS = frozenset({"SAVEPOINT", "TO"})


def _without_savepoint_name(tokens: list[Token]) -> list[Token]:
    """Savepoints are numbered: their names would be as many texts."""
    if not tokens or tokens[0].upper not in {"SAVEPOINT", "RELEASE", "ROLLBACK"}:
        return tokens
    return [
        Token(TokenKind.VALUE, "?", "?", token.is_spaced)
        if place and tokens[place - 1].upper in _SAVEPOINT_ENDS and token.upper not in _SAVEPOINT_ENDS
        else token
        for place, token in enumerate(tokens)
    ]
