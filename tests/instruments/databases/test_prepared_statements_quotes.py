"""How a statement is read follows what the dialect learns, and real engines show names in brackets without their values."""

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from otel_agent.instruments.databases.engines import describe
from otel_agent.instruments.databases.histograms import DurationHistograms
from otel_agent.testing import recorded

STATEMENT = "SELECT a FROM t WHERE b = 'it\\'s canary'"


def test_what_the_server_says_counts_from_then_on() -> None:
    """A statement that was read in doubt, before the connection, is read again when the dialect knows better."""
    dialect: Any = SimpleNamespace(name="postgresql")
    database = describe(sa.make_url("postgresql://h/d"), dialect, DurationHistograms())
    before = database.statements.of(STATEMENT).text
    dialect._backslash_escapes = True
    database.statements.of("SELECT other FROM t")
    after = database.statements.of(STATEMENT).text

    assert "SELECT a FROM t WHERE b = ?" == before == after
    assert "SELECT ?, ?" == database.statements.of("SELECT 1, 'x\\' || c FROM t").text
    dialect._backslash_escapes = False

    assert "SELECT ?, ? || c FROM t" == database.statements.of("SELECT 2, 'x\\' || c FROM t").text


def test_names_in_brackets_hold_apostrophes() -> None:
    """On a real SQLite an apostrophe in a bracketed name shifts nothing: the value behind it is none that is seen."""
    engine = sa.create_engine("sqlite://")
    with recorded(instrument=["sqlalchemy"]) as telemetry, engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE people ([Owner's Mail] TEXT)")
        connection.exec_driver_sql("INSERT INTO people ([Owner's Mail]) VALUES ('canary\\'), ('x')")
        texts = [span["attributes"]["db.query.text"] for span in telemetry.spans]

    assert "INSERT INTO people ([Owner's Mail]) VALUES (?)" == texts[-1]
