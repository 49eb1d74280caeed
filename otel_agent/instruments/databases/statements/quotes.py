"""
How databases read quotes, comments and backslashes: the same characters are a literal here, a name there, and nothing elsewhere.

What depends on a setting of the server is taken from SQLAlchemy's dialect, which asks the server when it connects. What is not
known stays open (`None`, `DOUBTFUL`): the reader then takes whatever may be a literal for one, and where two readings would
part, it leaves out the rest.

Sources: PostgreSQL 17, 4.1 Lexical Structure; MySQL 8.4, 11.1 Literal Values, 11.7 Comments, 7.1.11 Server SQL Modes; SQLite,
"SQL As Understood By SQLite", keywords and comments; Oracle 23, SQL Language Reference, 3; Transact-SQL reference, database
identifiers and comments.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

__all__ = ["Brackets", "DoubleQuotes", "QuoteStyle", "quote_style_of"]


class DoubleQuotes(Enum):
    """What double quotes enclose."""

    NAME = "name"
    STRING = "string"
    DOUBTFUL = "doubtful"
    """Not known, or as in SQLite, which takes a name it does not find for a string."""


class Brackets(Enum):
    """What brackets are."""

    PUNCTUATION = "punctuation"
    """They enclose arrays and the places of elements."""
    NAME = "name"
    """They enclose a name, which ends with the first `]`."""
    DOUBLED = "doubled"
    """They enclose a name in which `]]` stands for one."""
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class QuoteStyle:
    """The rules of one database; what is `None` is not known."""

    double: DoubleQuotes = DoubleQuotes.DOUBTFUL
    backslash: bool | None = None
    """Whether a backslash escapes in a string without a prefix."""
    brackets: Brackets = Brackets.DOUBTFUL
    has_dollar_quotes: bool | None = None
    has_escaping_strings: bool | None = None
    """Whether a backslash escapes in strings with the prefix E."""
    has_nested_comments: bool | None = None
    has_hash_comments: bool | None = None
    has_executable_comments: bool | None = None
    """Whether what stands in `/*! … */` is executed."""
    needs_space_after_dashes: bool = False
    """Whether `--` begins a comment only before a space."""
    ends_line_at_return: bool = False
    """Whether a carriage return ends a comment that begins with `--`."""


STANDARD = QuoteStyle(
    double=DoubleQuotes.NAME,
    backslash=False,
    brackets=Brackets.PUNCTUATION,
    has_dollar_quotes=True,
    has_escaping_strings=True,
    has_nested_comments=True,
    has_hash_comments=False,
    has_executable_comments=False,
    ends_line_at_return=True,
)
"""PostgreSQL and its relatives, as they are unless the server is told otherwise."""

ORACLE = QuoteStyle(
    double=DoubleQuotes.NAME,
    backslash=False,
    brackets=Brackets.PUNCTUATION,
    has_dollar_quotes=False,
    has_escaping_strings=False,
    has_nested_comments=False,
    has_hash_comments=False,
    has_executable_comments=False,
)

SQL_SERVER = replace(ORACLE, brackets=Brackets.DOUBLED, has_nested_comments=True)

SQLITE = replace(ORACLE, double=DoubleQuotes.DOUBTFUL, brackets=Brackets.NAME)

MYSQL = QuoteStyle(
    double=DoubleQuotes.STRING,
    backslash=True,
    brackets=Brackets.PUNCTUATION,
    has_escaping_strings=False,
    has_nested_comments=False,
    has_hash_comments=True,
    has_executable_comments=True,
    needs_space_after_dashes=True,
)
"""MySQL and MariaDB, as they are unless the server is told otherwise. Newer ones have dollar quotes, older ones do not."""

DOUBTFUL = QuoteStyle()
"""A database of which nothing is known."""

_BY_SYSTEM = {
    "aws.redshift": STANDARD,
    "cockroachdb": STANDARD,
    "mariadb": MYSQL,
    "microsoft.sql_server": SQL_SERVER,
    "mysql": MYSQL,
    "oracle.db": ORACLE,
    "postgresql": STANDARD,
    "sqlite": SQLITE,
}

_ASKS_SERVER = frozenset({"aws.redshift", "mariadb", "mysql", "postgresql"})
"""Systems whose reading of backslashes is a setting of the server."""

_ESCAPES = "_backslash_escapes"
_ANSI_QUOTES = "_server_ansiquotes"
"""Attributes that SQLAlchemy's dialects have of their own once they have asked the server; before that, their classes guess."""


def quote_style_of(system: str, dialect: Any = None) -> QuoteStyle:
    """
    How a database reads quotes, as far as is known now.

    Args:
        system: As the conventions call the product.
        dialect: The engine's `sqlalchemy.Dialect`, which knows more after the first connection. `None`: the defaults count.

    Returns:
        Rules that are equal when they are the same.
    """
    known = _BY_SYSTEM.get(system, DOUBTFUL)
    if dialect is None or system not in _ASKS_SERVER:
        return known
    told = getattr(dialect, "__dict__", {})
    escapes, is_ansi = told.get(_ESCAPES), told.get(_ANSI_QUOTES)
    double = known.double
    if known is MYSQL and is_ansi is not False:
        double = DoubleQuotes.DOUBTFUL if is_ansi is None else DoubleQuotes.NAME
    return replace(known, backslash=escapes if isinstance(escapes, bool) else None, double=double)
