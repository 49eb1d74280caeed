"""What the same characters mean is decided for each database, and by the server where that is a setting."""

from types import SimpleNamespace
from typing import Any

import pytest

from otel_agent.instruments.databases.statements import quotes
from otel_agent.instruments.databases.statements.quotes import DoubleQuotes, quote_style_of


@pytest.mark.parametrize(
    ("system", "rules"),
    [
        ("postgresql", quotes.STANDARD),
        ("cockroachdb", quotes.STANDARD),
        ("oracle.db", quotes.ORACLE),
        ("microsoft.sql_server", quotes.SQL_SERVER),
        ("sqlite", quotes.SQLITE),
        ("mysql", quotes.MYSQL),
        ("mariadb", quotes.MYSQL),
        ("clickhouse", quotes.DOUBTFUL),
    ],
)
def test_each_database_has_rules(system: str, rules: Any) -> None:
    """Without a dialect the defaults of the product count; of an unknown one nothing is assumed."""
    assert rules == quote_style_of(system)


@pytest.mark.parametrize(("system", "told", "backslash", "double"), [
    ("postgresql", {}, None, DoubleQuotes.NAME),
    ("postgresql", {"_backslash_escapes": False}, False, DoubleQuotes.NAME),
    ("postgresql", {"_backslash_escapes": True}, True, DoubleQuotes.NAME),
    ("mysql", {}, None, DoubleQuotes.DOUBTFUL),
    ("mysql", {"_backslash_escapes": True, "_server_ansiquotes": False}, True, DoubleQuotes.STRING),
    ("mariadb", {"_backslash_escapes": False, "_server_ansiquotes": True}, False, DoubleQuotes.NAME),
    ("sqlite", {"_backslash_escapes": True}, False, DoubleQuotes.DOUBTFUL),
    ("clickhouse", {"_backslash_escapes": True}, None, DoubleQuotes.DOUBTFUL),
])  # fmt: skip
def test_the_server_is_believed(
    system: str, told: dict[str, bool], backslash: bool | None, double: DoubleQuotes
) -> None:
    """What the dialect has of its own after connecting counts; before that, what depends on it is doubtful."""
    found = quote_style_of(system, SimpleNamespace(**told))

    assert (backslash, double) == (found.backslash, found.double)


def test_a_guess_of_the_class_is_no_answer_of_the_server() -> None:
    """SQLAlchemy's classes have defaults for the time before a connection; they are not taken for what the server said."""

    class Guessing:
        _backslash_escapes = True

    dialect: Any = Guessing()
    before = quote_style_of("postgresql", dialect)
    dialect._backslash_escapes = False

    assert (None, False) == (before.backslash, quote_style_of("postgresql", dialect).backslash)
