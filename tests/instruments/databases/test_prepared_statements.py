"""A statement is prepared once, and a bounded number is remembered."""

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from otel_agent.instruments.databases.engines import Database, describe
from otel_agent.instruments.databases.histograms import LIMIT, DurationHistograms


def described(url: str, name: str | None = None, **dialect: Any) -> Database:
    """The database of an address; no driver is needed."""
    parsed = sa.make_url(url)
    return describe(parsed, SimpleNamespace(name=name or parsed.get_backend_name(), **dialect), DurationHistograms())


def test_a_statement_is_prepared_once() -> None:
    """The same statement, with whatever values, is the same object until it is forgotten."""
    database = described("postgresql://")
    first = database.statements.of("SELECT a FROM t WHERE b = 1")

    assert first is database.statements.of("SELECT a FROM t WHERE b = 1")
    assert first is database.statements.of("SELECT a FROM t WHERE b = 'x'")
    assert database.statements.batch_of(first) is database.statements.batch_of(first)


def test_memory_for_statements_is_bounded() -> None:
    """However many different statements an agent makes up, a bounded number is remembered and measured."""
    database = described("postgresql://")
    for number in range(LIMIT + 2000):
        database.statements.of(f"SELECT a FROM table_{number}").record(0.01)
    kept = database.histograms.distributions()
    overflow = [each for each in kept if each.attributes == {"otel.metric.overflow": True}]

    assert LIMIT + 1 == len(kept)
    assert 2000 == sum(overflow[0].read()[0])
    assert len(database.statements) <= 1000


def test_a_batch_is_named_as_one() -> None:
    """Operation and summary say so, the table and the text are those of the statement."""
    statements = described("postgresql://db/shop").statements
    batch = statements.batch_of(statements.of("INSERT INTO orders (a) VALUES (1)"))

    assert ("BATCH INSERT orders", "INSERT INTO orders (a) VALUES (?)") == (batch.name, batch.text)
    assert ("BATCH INSERT", "orders", "shop") == tuple(
        batch.dimensions[key] for key in ("db.operation.name", "db.collection.name", "db.namespace")
    )


def test_what_is_not_recognised_is_named_by_the_product() -> None:
    """A span always has a name, and no operation is made up."""
    statement = described("postgresql://").statements.of("anything else")

    assert "postgresql" == statement.name
    assert "db.operation.name" not in statement.attributes
