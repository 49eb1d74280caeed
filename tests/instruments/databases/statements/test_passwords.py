"""A password that stands where names do is a literal, and words that only stand there are none."""

import pytest

from otel_agent.instruments.databases.statements import quotes
from otel_agent.instruments.databases.statements.passwords import is_next
from otel_agent.instruments.databases.statements.quotes import QuoteStyle
from otel_agent.instruments.databases.statements.sanitization import sanitize

EVERY = [quotes.STANDARD, quotes.ORACLE, quotes.SQL_SERVER, quotes.SQLITE, quotes.MYSQL]

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


@pytest.mark.parametrize("rules", EVERY)
@pytest.mark.parametrize("statement", ACCOUNTS)
@pytest.mark.parametrize(
    "password", ["M7canary", '"Lz28 canary"', "'it''s canary'", "canary#1$_", "`canary`", "0xcanary"]
)
def test_no_password_is_shown(rules: QuoteStyle, statement: str, password: str) -> None:
    """A password goes however it is written: bare, in quotes of either kind, with signs in it; the statement stays readable."""
    text = sanitize(statement.replace("{}", password), rules).text

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
    assert text == sanitize(sql, quotes.ORACLE).text


@pytest.mark.parametrize(
    ("sql", "has_one", "expected"),
    [
        ("ALTER USER carol IDENTIFIED BY", False, True),
        ("SELECT a FROM t ORDER BY", False, False),
        ("ALTER USER carol IDENTIFIED BY ? REPLACE", True, True),
        ("CREATE OR REPLACE", False, False),
        ("GRANT CONNECT TO a , b IDENTIFIED BY ? ,", True, True),
        ("CREATE USER carol PASSWORD", False, True),
        ("ALTER LOGIN carol WITH PASSWORD =", False, True),
        ("SELECT a FROM t WHERE PASSWORD =", False, False),
    ],
)
def test_what_stands_before_says_whether_a_password_is_next(sql: str, has_one: bool, expected: bool) -> None:
    """The beginning of the statement and the words right before the place decide, not the word itself."""
    words = sql.split()

    assert expected == is_next(words[:6], words[-4:], has_one=has_one)
