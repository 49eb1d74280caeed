"""Whatever a database reads as a literal is gone from the text, and what it reads as a name is still there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.instruments.databases.statements import quotes
from otel_agent.instruments.databases.statements.quotes import QuoteStyle
from otel_agent.instruments.databases.statements.sanitization import sanitize
from otel_agent.instruments.databases.statements.tokens import tokenize

_EVERYWHERE = {
    "'% it''s'": False,
    "'% -- no comment'": False,
    "'/* % no comment'": False,
    "/* it's % */ 1": False,
    "-- it's %\n1": False,
    "name_%": True,
}
_NAMES = {'"it\'s %"': True, '"a""b\'%"': True}
_BACKSLASH = {"'it\\'s %'": False, "'\\\\', '%'": False, "'% \\\\'": False}
_NO_BACKSLASH = {"'E:\\', '%'": False, "'%\\'": False, "'a\\''%'": False}
_NOT_NESTED = {"/* a /* it's % */ name_%": True, "/* /* */ '%'": False}
_NESTED = {"/* a /* it's */ '% */ 1": False, "/* /* % */ it's */ name_%": True}
_POSTGRESQL = {
    "$$ it's % $$": False,
    "$a$ it's $b$ % $a$": False,
    "E'it\\'s %'": False,
    "E'a'\n'it\\'s %'": False,
    "E'a' -- so\n  'it\\'s %'": False,
    "1 --\r + name_%": True,
    "a$b$ + name_%": True,
    "ARRAY['%', 'it''s']": False,
    "U&'%'": False,
}

PIECES: dict[str, tuple[QuoteStyle, dict[str, bool]]] = {
    "postgresql": (quotes.STANDARD, _EVERYWHERE | _NAMES | _NO_BACKSLASH | _NESTED | _POSTGRESQL),
    "oracle": (quotes.ORACLE, _EVERYWHERE | _NAMES | _NO_BACKSLASH | _NOT_NESTED | {"q'[it's %]'": False, "$$a + name_%": True}),
    "mssql": (
        quotes.SQL_SERVER,
        _EVERYWHERE | _NAMES | _NO_BACKSLASH | _NESTED | {"[it's %]": True, "[a]]b's %]": True, "N'%'": False, "#it + name_%": True},
    ),
    "sqlite": (quotes.SQLITE, _EVERYWHERE | _NO_BACKSLASH | _NOT_NESTED | {"[it's %]": True, "[a']": True, "`it's %`": True}),
    "mysql": (
        quotes.MYSQL,
        _EVERYWHERE | _BACKSLASH | _NOT_NESTED | {'"it\'s %"': False, '"a\\"b\'%"': False, "1 # it's %\n": False, "`it's %`": True, "5--'it''s %'": False, "/*!50003 '*/', '%' */": False},
    ),
}  # fmt: skip
"""By database: its rules, and pieces of statements; whether what stands for the percent sign is to be seen."""

UNKNOWN = {piece for _, pieces in PIECES.values() for piece, is_shown in pieces.items() if not is_shown}


@pytest.mark.parametrize("database", PIECES)
@given(data=st.data())
def test_names_stay_and_literals_go(database: str, data: st.DataObject) -> None:
    """However pieces are put one after the other, each is read as its database reads it, so the next one is too."""
    rules, pieces = PIECES[database]
    chosen = data.draw(st.lists(st.sampled_from(sorted(pieces)), min_size=1, max_size=8))
    marks = [f"canary{number}x" for number in range(len(chosen))]
    sql = "SELECT " + "\n, ".join(piece.replace("%", mark) for piece, mark in zip(chosen, marks, strict=True))
    text = sanitize(sql, rules).text

    assert [pieces[piece] if "%" in piece else False for piece in chosen] == [mark in text for mark in marks], sql


@pytest.mark.parametrize("piece", sorted(UNKNOWN))
def test_in_doubt_nothing_is_shown(piece: str) -> None:
    """Where nothing is known of the database, whatever is a literal in any of them is not seen."""
    assert "canary" not in sanitize(f"SELECT {piece.replace('%', 'canary')}", quotes.DOUBTFUL).text


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
    assert text == sanitize(sql, quotes.DOUBTFUL).text


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
    ("style", "texts"),
    [
        (quotes.STANDARD, ["?", "x", "?"]),
        (quotes.MYSQL, ["?"]),
        (quotes.DOUBTFUL, ["?"]),
    ],
)
def test_a_backslash_before_a_quote_is_read_as_the_database_does(style: QuoteStyle, texts: list[str]) -> None:
    """Where it is not known whether it escapes, the rest of the statement counts as a literal."""
    assert texts == [token.text for token in tokenize("'a\\' x '", style)]
