"""Whatever a database reads as a literal is gone from the text, and what it reads as a name is still there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.instruments.databases.statements import quotes
from otel_agent.instruments.databases.statements.quotes import Quotes
from otel_agent.instruments.databases.statements.text import read

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

PIECES: dict[str, tuple[Quotes, dict[str, bool]]] = {
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
    text = read(sql, rules).text

    assert [pieces[piece] if "%" in piece else False for piece in chosen] == [mark in text for mark in marks], sql


@pytest.mark.parametrize("piece", sorted(UNKNOWN))
def test_in_doubt_nothing_is_shown(piece: str) -> None:
    """Where nothing is known of the database, whatever is a literal in any of them is not seen."""
    assert "canary" not in read(f"SELECT {piece.replace('%', 'canary')}", quotes.DOUBTFUL).text


ACCOUNTS = [
    "ALTER USER carol IDENTIFIED BY {}",
    "ALTER USER carol IDENTIFIED BY {} REPLACE {}",
    "CREATE USER IF NOT EXISTS carol IDENTIFIED BY {} ACCOUNT UNLOCK",
    "CREATE ROLE audit IDENTIFIED BY {}",
    "SET ROLE audit IDENTIFIED BY {}, other IDENTIFIED BY {}",
    "GRANT CONNECT TO a, b IDENTIFIED BY {}, {}",
    "CREATE DATABASE LINK far CONNECT TO carol IDENTIFIED BY {} USING 'x'",
    "ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN IDENTIFIED BY {}",
    "CREATE USER carol IDENTIFIED WITH sha256_password BY {}",
    "CREATE USER carol IDENTIFIED /* so */ BY\n  {}",
    "create user carol identified by {}",
    "CREATE USER carol PASSWORD {}",
    "ALTER LOGIN carol WITH PASSWORD = {} OLD_PASSWORD = 'x'",
    "CREATE USER carol AS PERM = 1e6, PASSWORD = {}",
]


@pytest.mark.parametrize("rules", [rules for rules, _ in PIECES.values()])
@pytest.mark.parametrize("statement", ACCOUNTS)
@pytest.mark.parametrize(
    "password", ["M7canary", '"Lz28 canary"', "'it''s canary'", "canary#1$_", "`canary`", "0xcanary"]
)
def test_no_password_is_shown(rules: Quotes, statement: str, password: str) -> None:
    """A password goes however it is written: bare, in quotes of either kind, with signs in it; the statement stays readable."""
    text = read(statement.replace("{}", password), rules).text

    assert "canary" not in text
    assert text.startswith(statement[:11])


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("ALTER USER carol PASSWORD EXPIRE", "ALTER USER carol PASSWORD EXPIRE"),
        ("CREATE USER carol IDENTIFIED EXTERNALLY", "CREATE USER carol IDENTIFIED EXTERNALLY"),
        ("CREATE USER carol IDENTIFIED BY VALUES 'S:1'", "CREATE USER carol IDENTIFIED BY VALUES ?"),
        ("SELECT password, name FROM people", "SELECT password, name FROM people"),
        ("SELECT a FROM t WHERE password = other", "SELECT a FROM t WHERE password = other"),
        ("SELECT 1 FROM t ORDER BY name", "SELECT ? FROM t ORDER BY name"),
    ],
)
def test_words_that_are_no_passwords_stay(sql: str, text: str) -> None:
    """Options of accounts, and columns of that name."""
    assert text == read(sql, quotes.ORACLE).text
