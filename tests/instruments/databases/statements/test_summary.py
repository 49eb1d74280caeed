"""Operations and tables are found, and none that are not there."""

import pytest

from otel_agent.instruments.databases.statements.sanitization import sanitize


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
    reading = sanitize(sql)

    assert (summary, operation, collection) == (reading.summary, reading.operation, reading.collection)


def test_a_summary_is_bounded_and_its_names_are_whole() -> None:
    """Names are left out rather than cut."""
    tables = [f"table_with_a_long_name_{number}" for number in range(50)]
    summary = sanitize(f"SELECT 1 FROM {', '.join(tables)}").summary

    assert len(summary) <= 255
    assert set(summary.split()) <= {"SELECT", *tables}
