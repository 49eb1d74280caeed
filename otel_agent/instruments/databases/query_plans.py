"""
Plans of slow queries, asked for on a connection of their own, off the agent's threads: SQLite and PostgreSQL.

Values are never kept, so a plan is made for a query whose values are not known. SQLite's files are opened for reading only. What goes
wrong is no matter: there is no plan then.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from otel_agent.suppression import suppressed_instrumentation

__all__ = ["explain", "rows_of"]

TIMEOUT_S = 2.0

_PLACES = re.compile(r"%\(\w+\)s|%s|\$\d+|(?<![:\w]):\w+|\?")
_READS = ("select", "with", "update", "delete")


def explain(engine: Any, system: str, text: str) -> Sequence[str]:
    """
    Ask a database for the plan of a query.

    Args:
        engine: A `sqlalchemy.Engine`.
        system: Name of the database product.
        text: Query text with a place for each value.

    Returns:
        Lines of the plan; none where it cannot be had.
    """
    ask: Callable[[Any, str], Sequence[str]] | None = {"sqlite": _sqlite, "postgresql": _postgresql}.get(system)
    if ask is None or not text.lstrip().lower().startswith(_READS):
        return ()
    try:
        with suppressed_instrumentation():
            return ask(engine, text)
    except Exception:  # noqa: BLE001 - whatever the driver says: there is no plan
        return ()


def _sqlite(engine: Any, text: str) -> Sequence[str]:
    question = _PLACES.sub("?", text)
    rows = _ask_sqlite(engine, f"EXPLAIN QUERY PLAN {question}", (None,) * question.count("?"))
    return [str(row[3]) for row in rows]


def _ask_sqlite(engine: Any, question: str, values: tuple[Any, ...] = ()) -> list[Any]:
    path = str(engine.url.database or "")
    if not path or path == ":memory:" or path.startswith("file:"):
        return []
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = sqlite3.connect(f"file:{quoted}?mode=ro", uri=True, timeout=TIMEOUT_S)
    try:
        return connection.execute(question, values).fetchall()
    finally:
        connection.close()


def _postgresql(engine: Any, text: str) -> Sequence[str]:
    count = 0

    def numbered(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"${count}"

    question = _PLACES.sub(numbered, text)
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    rows = _ask_postgresql(
        engine,
        [
            "SET plan_cache_mode = force_generic_plan",
            f"PREPARE otel_agent_plan AS {question}",
            f"EXPLAIN EXECUTE otel_agent_plan{given}",
        ],
    )
    return [str(row[0]) for row in rows]


def _ask_postgresql(engine: Any, statements: Sequence[str]) -> list[Any]:
    if getattr(engine.dialect, "is_async", False):
        return []
    arguments, more = engine.dialect.create_connect_args(engine.url)
    connection = engine.dialect.connect(*arguments, **more)
    try:
        cursor = connection.cursor()
        cursor.execute(f"SET statement_timeout = {int(TIMEOUT_S * 1000)}")
        cursor.execute("SET default_transaction_read_only = on")
        for statement in statements:
            cursor.execute(statement)
        found: list[Any] = cursor.fetchall()
        return found
    finally:
        connection.close()


def rows_of(engine: Any, system: str, table: str) -> int | None:
    """
    About how many rows a table has.

    Args:
        engine: A `sqlalchemy.Engine`.
        system: Name of the database product.
        table: Name of the table.

    Returns:
        Rows; None where that is not known.
    """
    if not re.fullmatch(r"\w+", table):
        return None
    try:
        with suppressed_instrumentation():
            if system == "sqlite":
                found = _ask_sqlite(engine, f'SELECT max(rowid) FROM "{table}"')  # noqa: S608 - a word
            elif system == "postgresql":
                found = _ask_postgresql(
                    engine,
                    [f"SELECT reltuples::bigint FROM pg_class WHERE oid = '{table}'::regclass"],  # noqa: S608 - as above
                )
            else:
                return None
        value = found[0][0] if found else None
        return int(value) if value is not None and int(value) >= 0 else None
    except Exception:  # noqa: BLE001 - as above
        return None
