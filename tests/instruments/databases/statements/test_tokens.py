"""Statements are cut into tokens as their database reads quotes."""

import pytest

from otel_agent.instruments.databases.statements.sanitization import sanitize
from otel_agent.instruments.databases.statements.tokens import QuoteStyle, tokenize


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ('SELECT "T"."a" AS "T_a" FROM "T" WHERE "T"."b" = ?', 'SELECT "T"."a" AS "T_a" FROM "T" WHERE "T"."b" = ?'),
        ('INSERT INTO main."T" ("a", "b") VALUES ("x", ?)', 'INSERT INTO main."T" ("a", "b") VALUES (?, ?)'),
        ('UPDATE "T" SET "a"=?, "b" = "x" WHERE "a" = "y"', 'UPDATE "T" SET "a"=?, "b" = ? WHERE ? = ?'),
        (
            'CREATE TABLE IF NOT EXISTS "T" ("a" INTEGER DEFAULT "x", "b" TEXT)',
            'CREATE TABLE IF NOT EXISTS "T" ("a" INTEGER DEFAULT ?, "b" TEXT)',
        ),
        ('SELECT a FROM t WHERE b IN ("x", "y") OR c LIKE "z"', "SELECT a FROM t WHERE b IN (?) OR c LIKE ?"),
        ('SELECT 1, "x" = a, coalesce("y", "z") FROM t', "SELECT ?, ? = a, coalesce(?, ?) FROM t"),
    ],
)
def test_names_are_kept_where_no_string_can_stand(sql: str, text: str) -> None:
    """SQLite takes a double-quoted name that it does not find for a string; what SQLAlchemy writes stays readable."""
    assert text == sanitize(sql, QuoteStyle.DOUBTFUL).text


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("SELECT a", [("word", "SELECT", False), ("word", "a", True)]),
        ("a/* why */=1", [("word", "a", False), ("punctuation", "=", True), ("value", "?", False)]),
        ('"a".b', [("name", '"a"', False), ("punctuation", ".", False), ("word", "b", False)]),
        ("x::INT", [("word", "x", False), ("punctuation", "::", False), ("word", "INT", False)]),
        ("'open", [("value", "?", False)]),
        ("= -1", [("punctuation", "=", False), ("value", "?", True)]),
        ("a - 1", [("word", "a", False), ("punctuation", "-", True), ("value", "?", True)]),
    ],
)
def test_a_token_is_a_word_a_name_a_value_or_punctuation(sql: str, kinds: list[tuple[str, str, bool]]) -> None:
    """A value is never its own text, and what stood before a token is known as space or none."""
    assert kinds == [(token.kind.value, token.text, token.is_spaced) for token in tokenize(sql)]


@pytest.mark.parametrize(
    ("quotes", "texts"),
    [
        (QuoteStyle.STANDARD, ["?", "x", "?"]),
        (QuoteStyle.BACKSLASH, ["?"]),
        (QuoteStyle.DOUBTFUL, ["?"]),
    ],
)
def test_a_backslash_before_a_quote_is_read_as_the_database_does(quotes: QuoteStyle, texts: list[str]) -> None:
    """Where it is not known whether it escapes, the rest of the statement counts as a literal."""
    assert texts == [token.text for token in tokenize("'a\\' x '", quotes)]
