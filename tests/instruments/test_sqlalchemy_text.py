"""No value survives in a statement's text, and what it does is found out."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent.instruments.databases.statements import quotes as rules
from otel_agent.instruments.databases.statements.memory import Generations, Readings
from otel_agent.instruments.databases.statements.quotes import Quotes
from otel_agent.instruments.databases.statements.text import LIMIT, read

CANARY = "canary4711"

EVERY = [rules.STANDARD, rules.ORACLE, rules.SQL_SERVER, rules.SQLITE, rules.MYSQL, rules.DOUBTFUL]

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
    *((rules.STANDARD, literal) for literal in LITERALS),
    *((rules.MYSQL, literal) for literal in MYSQL_LITERALS),
    *((rules.DOUBTFUL, literal) for literal in [*LITERALS, *DOUBTFUL_LITERALS]),
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
def test_no_literal_survives(statement: str, quotes: Quotes, literal: str) -> None:
    """However a value is written and wherever it stands, neither the text nor the summary holds it."""
    sql = statement.replace("{}", literal).replace("{", literal[: len(literal) // 2 + 5])
    reading = read(sql, quotes)
    remembered = Readings(quotes).of(sql)

    for said in (reading, remembered):
        assert "canary" not in f"{said}"
        assert "4711" not in f"{said}"
        assert "canary" not in read(said.text, quotes).text
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
    assert text == read(sql).text


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
    assert text == read(sql, rules.DOUBTFUL).text


@pytest.mark.parametrize(
    ("sql", "summary", "operation", "collection"),
    [
        ("select * from orders", "SELECT orders", "SELECT", "orders"),
        ("SELECT * FROM songs, artists a WHERE x", "SELECT songs artists", "SELECT", ""),
        ("SELECT * FROM songs s LEFT OUTER JOIN artists ON a = b, labels", "SELECT songs artists labels", "SELECT", ""),
        ("INSERT INTO shipping (a) SELECT b FROM orders", "INSERT shipping SELECT orders", "INSERT", ""),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "INSERT t", "INSERT", "t"),
        ("UPDATE ONLY orders SET a = 1 FROM items WHERE b", "UPDATE orders items", "UPDATE", ""),
        ("DELETE FROM public.orders USING items", "DELETE public.orders items", "DELETE", ""),
        ("WITH x AS (SELECT * FROM orders) SELECT * FROM x", "SELECT orders", "SELECT", "orders"),
        (
            "WITH RECURSIVE a(n) AS (SELECT 1), b AS (SELECT * FROM c) UPDATE d SET e = 1",
            "SELECT c UPDATE d",
            "UPDATE",
            "",
        ),
        ("SELECT a FROM t WHERE b IN (SELECT c FROM u) FOR UPDATE", "SELECT t SELECT u", "SELECT", ""),
        ("(SELECT 1 FROM a) UNION ALL (SELECT 2 FROM b)", "SELECT a SELECT b", "SELECT", ""),
        ("SELECT EXTRACT(YEAR FROM day), TRIM(BOTH 'x' FROM y) FROM t", "SELECT t", "SELECT", "t"),
        ("SELECT a FROM t WHERE b IS DISTINCT FROM c", "SELECT t", "SELECT", "t"),
        ("SELECT * FROM generate_series(1, 5)", "SELECT", "SELECT", ""),
        ('SELECT * FROM "Order", `Line Items`', "SELECT Order `Line Items`", "SELECT", ""),
        ("CREATE TABLE IF NOT EXISTS t (id INTEGER DEFAULT 5)", "CREATE TABLE t", "CREATE TABLE", "t"),
        ("CREATE UNIQUE INDEX ix ON t (a)", "CREATE INDEX ix", "CREATE INDEX", ""),
        ("DROP TABLE t", "DROP TABLE t", "DROP TABLE", "t"),
        ("TRUNCATE t", "TRUNCATE t", "TRUNCATE", "t"),
        ("MERGE INTO t USING s ON a = b WHEN MATCHED THEN UPDATE SET c = 1", "MERGE t s", "MERGE", ""),
        ("EXPLAIN SELECT * FROM t", "EXPLAIN SELECT t", "EXPLAIN", ""),
        ("CALL close_books('x')", "CALL close_books", "CALL", ""),
        ('PRAGMA main.table_info("t")', "PRAGMA main.table_info", "PRAGMA", ""),
        ("BEGIN", "BEGIN", "BEGIN", ""),
        ("SAVEPOINT sa_savepoint_1", "SAVEPOINT", "SAVEPOINT", ""),
        ("SELECT a FROM t; DELETE FROM u", "SELECT t DELETE u", "SELECT", ""),
        ("-- note\nSELECT a FROM t", "SELECT t", "SELECT", "t"),
        ("'only a value'", "", "", ""),
        ("anything else", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_operations_and_tables_are_found(sql: str, summary: str, operation: str, collection: str) -> None:
    """The summary names operations and tables in their order, and the table only when there is one."""
    reading = read(sql)

    assert (summary, operation, collection) == (reading.summary, reading.operation, reading.collection)


def test_a_summary_is_bounded_and_its_names_are_whole() -> None:
    """Names are left out rather than cut."""
    tables = [f"table_with_a_long_name_{number}" for number in range(50)]
    summary = read(f"SELECT 1 FROM {', '.join(tables)}").summary

    assert len(summary) <= 255
    assert set(summary.split()) <= {"SELECT", *tables}


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
def test_anything_at_all_can_be_read(sql: str, quotes: Quotes) -> None:
    """Reading never raises, and what was read reads as itself."""
    text = read(sql, quotes).text

    assert text == read(text, quotes).text
    assert "'" not in text or '"' in sql or "`" in sql
    assert Readings(quotes).of(sql).text == text


@given(st.text(alphabet="abc 'x\"\\$-/*1;#\n", max_size=30), st.sampled_from(EVERY))
def test_quoted_text_never_survives(secret: str, quotes: Quotes) -> None:
    """Whatever stands in a well-formed literal is gone, and what stands behind it is still there."""
    escaped = secret.replace("'", "''")
    if quotes is rules.MYSQL:
        escaped = secret.replace("\\", "\\\\").replace("'", "''")
    text = read(f"SELECT a FROM t WHERE b = '{escaped}' AND c = 'd'", quotes).text

    if quotes is rules.DOUBTFUL and "\\" in secret:
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
    text = read(f"SELECT a FROM t WHERE b > {number} LIMIT {number}").text

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
    """Twice the length takes about twice the time, whatever is repeated."""

    def took_s(length: int) -> float:
        sql = (piece * length)[:length]
        begin_s = time.perf_counter()
        read(sql, rules.STANDARD)
        return time.perf_counter() - begin_s

    took_s(1000)
    short_s = min(took_s(LIMIT // 8) for _ in range(3))
    long_s = min(took_s(LIMIT) for _ in range(3))

    assert long_s < max(short_s * 8 * 5, 0.05)


def test_a_long_statement_is_cut() -> None:
    """What comes after the limit is left out, and the text says so."""
    text = read("SELECT a FROM t WHERE b = 'x' OR " + "c = 'canary' OR " * 5000 + "d = 'canary'").text

    assert text.endswith(" …")
    assert "canary" not in text
    assert len(text) < LIMIT + 10


def test_statements_that_differ_in_values_share_one_reading() -> None:
    """Ten thousand literals make one text, and the memory for them is bounded."""
    readings = Readings(rules.STANDARD, entries_limit=50)
    found = {
        id(readings.of(f"SELECT a FROM t WHERE b = 'it''s {number}' AND c = {number}")) for number in range(10_000)
    }

    assert 1 == len(found)
    assert len(readings._known) <= 100


@settings(max_examples=30)
@given(st.lists(st.text(max_size=8)))
def test_memory_is_bounded(keys: list[str]) -> None:
    """Neither the number nor the length of what is remembered grows without end; the newest is never forgotten."""
    memory: Generations[str] = Generations(5, 20)
    for key in keys:
        memory.put(key, key)

        assert key == memory.get(key)
        assert len(memory) <= 10


def test_what_is_asked_for_is_kept() -> None:
    """A text in use survives any number of others; one that is too long is never kept."""
    memory: Generations[int] = Generations(5, 1000)
    memory.put("used", 1)
    for number in range(100):
        memory.put(str(number), number)
        assert 1 == memory.get("used")
    memory.put("x" * 2000, 2)

    assert memory.get("x" * 2000) is None
    assert memory.get("0") is None
