"""No value survives in a statement's text, and the text stays readable."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_agent.instruments.databases.statements import quotes as styles
from otel_agent.instruments.databases.statements.quotes import QuoteStyle
from otel_agent.instruments.databases.statements.sanitization import LIMIT, sanitize
from otel_agent.instruments.databases.statements.statement_cache import StatementFactsCache

CANARY = "canary4711"

EVERY = [styles.STANDARD, styles.ORACLE, styles.SQL_SERVER, styles.SQLITE, styles.MYSQL, styles.DOUBTFUL]


LITERALS = [
    f"'{CANARY}'",
    f"'it''s {CANARY}'",
    f"'{CANARY}\\'",
    f"'a ''quoted'' {CANARY}'",
    f"E'it\\'s {CANARY}'",
    f"e'{CANARY}\\\\'",
    f"N'{CANARY}'",
    f"U&'{CANARY}\\0041'",
    f"$${CANARY}$$",
    f"$body$ {CANARY} $$ '{CANARY} $body$",
    f"q'[it's {CANARY}]'",
    f"nq'!{CANARY}!'",
    f"/* {CANARY} */ 1",
    f"/* a /* nested {CANARY} */ {CANARY} */ 1",
    f"/*+ {CANARY} */ 1",
    f"-- {CANARY}\n 1",
    f"-- it's {CANARY}\n 1",
    f"/* it's */ '{CANARY}' /* isn't */",
    f"-- it's\n '{CANARY}' -- isn't\n",
    "X'4711'",
    "b'4711'",
    "4711",
    "-4711.5e-10",
    ".4711",
    "0x4711",
    "4_711",
    "4711E+3",
    "DATE '4711-01-01'",
    "INTERVAL '4711 days'",
    "TRUE",
    "(4711)",
    "(1, 2, 4711)",
    f"('{CANARY}', 'b')",
    "CAST(4711 AS INTEGER)",
    "4711::NUMERIC(10, 2)",
]
"""Ways of writing a value in standard SQL and PostgreSQL."""


MYSQL_LITERALS = [
    f'"{CANARY}"',
    f'"it\\"s {CANARY}"',
    f"'it\\'s {CANARY}'",
    f"'it''s {CANARY}'",
    f"_utf8mb4'{CANARY}'",
    f"1 # {CANARY}\n",
    f"1 # it's {CANARY}\n",
    f"1 -- {CANARY}\n",
]


DOUBTFUL_LITERALS = [f'"{CANARY}"', f"'it\\'s {CANARY}'", f"'{CANARY}\\' || '{CANARY}'", f"1 # {CANARY}\n"]


CASES = [
    *((styles.STANDARD, literal) for literal in LITERALS),
    *((styles.MYSQL, literal) for literal in MYSQL_LITERALS),
    *((styles.DOUBTFUL, literal) for literal in [*LITERALS, *DOUBTFUL_LITERALS]),
]


@pytest.mark.parametrize(("quotes", "literal"), CASES, ids=str)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a FROM orders WHERE b = {} AND c = 1",
        "SELECT {}, b FROM orders",
        "INSERT INTO orders (a, b) VALUES ({}, {})",
        "UPDATE orders SET a = {}, b = coalesce(a, {}) WHERE c IN ({}, 2)",
        "SELECT a FROM orders WHERE b LIKE {} LIMIT 10",
        "{}",
        "SELECT a FROM orders WHERE b = {",
    ],
)
def test_no_literal_survives(statement: str, quotes: QuoteStyle, literal: str) -> None:
    """However a value is written and wherever it stands, neither the text nor the summary holds it."""
    sql = statement.replace("{}", literal).replace("{", literal[: len(literal) // 2 + 5])
    reading = sanitize(sql, quotes)
    remembered = StatementFactsCache(quotes).of(sql)

    for said in (reading, remembered):
        assert "canary" not in f"{said}"
        assert "4711" not in f"{said}"
        assert "canary" not in sanitize(said.text, quotes).text
    assert reading == remembered


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT  a,\n\tb FROM t -- why\nWHERE a=1", "SELECT a, b FROM t WHERE a=?"),
        ("SELECT a FROM t WHERE b IN (1, 2, 3)", "SELECT a FROM t WHERE b IN (?)"),
        ("SELECT a FROM t WHERE b IN ($1::INTEGER, $2::INTEGER)", "SELECT a FROM t WHERE b IN (?)"),
        ("SELECT a FROM t WHERE b IN (%(b_1_1)s, %(b_1_2)s)", "SELECT a FROM t WHERE b IN (?)"),
        ("SELECT a FROM t WHERE (b, c) IN ((1, 2), (3, 4), (5, 6))", "SELECT a FROM t WHERE (b, c) IN ((?, ?))"),
        ("SELECT a FROM t WHERE b NOT IN (SELECT 1)", "SELECT a FROM t WHERE b NOT IN (SELECT ?)"),
        ("INSERT INTO t (a, b) VALUES (?, ?), (?, ?), (?, ?)", "INSERT INTO t (a, b) VALUES (?, ?)"),
        ("INSERT INTO t (a) VALUES (lower('x')), (lower('y'))", "INSERT INTO t (a) VALUES (lower(?))"),
        ("SELECT a::TEXT, b[1:2] FROM t WHERE c = :c_1", "SELECT a::TEXT, b[?] FROM t WHERE c = ?"),
        ('SELECT "Order"."Id" FROM "Order"', 'SELECT "Order"."Id" FROM "Order"'),
        ("SELECT a - 1, b -1, -1, (-1) FROM t1", "SELECT a - ?, b -?, ?, (?) FROM t1"),
        ("SELECT a FROM t WHERE b IS NOT TRUE AND c = false", "SELECT a FROM t WHERE b IS NOT TRUE AND c = ?"),
        ("SELECT a FROM t WHERE b @> '{}' AND c ->> 'k' = 'v'", "SELECT a FROM t WHERE b @> ? AND c ->> ? = ?"),
        ("SAVEPOINT sa_savepoint_7", "SAVEPOINT ?"),
        ("RELEASE SAVEPOINT sa_savepoint_7", "RELEASE SAVEPOINT ?"),
        ("ROLLBACK TO SAVEPOINT sa_savepoint_7", "ROLLBACK TO SAVEPOINT ?"),
        ("SELECT a FROM t WHERE b = @name AND c = @@version", "SELECT a FROM t WHERE b = ? AND c = @@version"),
        ("SELECT a FROM t WHERE b = 'open", "SELECT a FROM t WHERE b = ?"),
        ("", ""),
    ],
)
def test_texts_stay_readable(sql: str, text: str) -> None:
    """Names and operators stay, space shrinks, lists collapse."""
    assert text == sanitize(sql).text


PIECES = st.sampled_from(
    [
        "SELECT ",
        "FROM ",
        "t",
        " ",
        "'",
        '"',
        "`",
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "\n",
        "\\",
        "?",
        ":a",
        "%(b)s",
        "(",
        ")",
        ",",
        ".",
        "-",
        "+",
        "=",
        "1",
        "2.5e3",
        "0x1F",
        "IN (",
        "VALUES (",
        "TRUE",
        "IS ",
        "E'",
        "q'[",
        "]'",
        "#",
        "é",
        "²",
        ";",
    ]
)


SQL = st.one_of(st.text(), st.lists(PIECES).map("".join))


@given(SQL, st.sampled_from(EVERY))
@example("----", styles.MYSQL)
@example("a--b - -1 --", styles.MYSQL)
def test_anything_at_all_can_be_read(sql: str, quotes: QuoteStyle) -> None:
    """Reading never raises, and what was read reads as itself."""
    text = sanitize(sql, quotes).text

    assert text == sanitize(text, quotes).text
    assert "'" not in text or any(mark in sql for mark in ('"', "`", "["))
    assert StatementFactsCache(quotes).of(sql).text == text


@given(st.text(alphabet="abc 'x\"\\$-/*1;#\n", max_size=30), st.sampled_from(EVERY))
def test_quoted_text_never_survives(secret: str, quotes: QuoteStyle) -> None:
    """Whatever stands in a well-formed literal is gone, and what stands behind it is still there."""
    escaped = secret.replace("'", "''")
    if quotes is styles.MYSQL:
        escaped = secret.replace("\\", "\\\\").replace("'", "''")
    text = sanitize(f"SELECT a FROM t WHERE b = '{escaped}' AND c = 'd'", quotes).text

    if quotes is styles.DOUBTFUL and "\\" in secret:
        assert "SELECT a FROM t WHERE b = ?" == text
    else:
        assert "SELECT a FROM t WHERE b = ? AND c = ?" == text


@given(
    st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.floats(allow_nan=False, allow_infinity=False)
)
def test_no_number_survives(number: object) -> None:
    """However a number is written, no digit of it is left."""
    text = sanitize(f"SELECT a FROM t WHERE b > {number} LIMIT {number}").text

    assert "SELECT a FROM t WHERE b > ? LIMIT ?" == text


@pytest.mark.parametrize(
    "piece",
    [
        "'",
        '"',
        "(",
        "((a), ",
        "/*",
        "$a$",
        "'a''",
        "IN (1, ",
        "VALUES (1), ",
        "a.",
        "- ",
        "q'[",
        "\\'",
        "FROM a, ",
        "%(",
    ],
)
def test_time_grows_with_length_only(piece: str) -> None:
    """Twice the length takes about twice the work, whatever is repeated."""

    def took_s(length: int) -> float:
        sql = (piece * length)[:length]
        begin_s = time.thread_time()
        sanitize(sql, styles.STANDARD)
        return time.thread_time() - begin_s

    took_s(1000)
    short_s = min(took_s(LIMIT // 8) for _ in range(3))
    long_s = min(took_s(LIMIT) for _ in range(3))

    assert long_s < max(short_s * 8 * 5, 0.05)


def test_a_long_statement_is_cut() -> None:
    """What comes after the limit is left out, and the text says so."""
    text = sanitize("SELECT a FROM t WHERE b = 'x' OR " + "c = 'canary' OR " * 5000 + "d = 'canary'").text

    assert text.endswith(" …")
    assert "canary" not in text
    assert len(text) < LIMIT + 10
