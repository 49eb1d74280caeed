"""What an engine is connected to is known from its address."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from opentelemetry.semconv.attributes.db_attributes import DbSystemNameValues

from otel_agent.instruments.databases.engines import Database, Databases, describe
from otel_agent.instruments.databases.histograms import DurationHistograms
from otel_agent.instruments.databases.pools import Pools


def described(url: str, name: str | None = None, **dialect: Any) -> Database:
    """The database of an address; no driver is needed."""
    parsed = sa.make_url(url)
    return describe(parsed, SimpleNamespace(name=name or parsed.get_backend_name(), **dialect), DurationHistograms())


@pytest.mark.parametrize(
    ("url", "dialect", "attributes", "name"),
    [
        (
            "postgresql+psycopg://trader:secret@db.example:5433/shop?sslmode=require",
            {},
            {"system.name": "postgresql", "namespace": "shop", "address": "db.example", "port": 5433},
            "db.example:5433/shop",
        ),
        (
            "postgresql://trader:secret@db.example:5432/shop",
            {},
            {"system.name": "postgresql", "namespace": "shop", "address": "db.example"},
            "db.example:5432/shop",
        ),
        (
            "postgresql:///shop?host=/run/postgresql",
            {},
            {"system.name": "postgresql", "namespace": "shop", "address": "/run/postgresql"},
            "/run/postgresql/shop",
        ),
        ("postgresql:///shop?host=a&host=b", {}, {"system.name": "postgresql", "namespace": "shop"}, "shop"),
        ("postgresql://", {}, {"system.name": "postgresql"}, "postgresql"),
        (
            "mysql+pymysql://u:secret@h/shop",
            {},
            {"system.name": "mysql", "namespace": "shop", "address": "h"},
            "h/shop",
        ),
        (
            "mysql+pymysql://u:secret@h:3306/shop",
            {"is_mariadb": True},
            {"system.name": "mariadb", "namespace": "shop", "address": "h"},
            "h:3306/shop",
        ),
        (
            "mssql://u:secret@h:1434/s",
            {},
            {"system.name": "microsoft.sql_server", "namespace": "s", "address": "h", "port": 1434},
            "h:1434/s",
        ),
        ("oracle://u:secret@h:1521/s", {}, {"system.name": "oracle.db", "namespace": "s", "address": "h"}, "h:1521/s"),
        ("sqlite://", {}, {"system.name": "sqlite", "namespace": ":memory:"}, ":memory:"),
        ("sqlite:///a/b.db", {}, {"system.name": "sqlite", "namespace": "a/b.db"}, "a/b.db"),
        (
            "sqlite:///file:a.db?key=secret&uri=true",
            {},
            {"system.name": "sqlite", "namespace": "file:a.db"},
            "file:a.db",
        ),
        ("homemade://u:secret@h/s", {}, {"system.name": "homemade", "namespace": "s", "address": "h"}, "h/s"),
    ],
)
def test_a_database_is_described_without_secrets(
    url: str, dialect: dict[str, Any], attributes: dict[str, Any], name: str
) -> None:
    """Product, database and server by their conventional names; no user, no password, no usual port."""
    database = described(url, **dialect)
    keys = {
        "system.name": "db.system.name",
        "namespace": "db.namespace",
        "address": "server.address",
        "port": "server.port",
    }

    assert {keys[key]: value for key, value in attributes.items()} == dict(database.attributes)
    assert name == database.name
    assert "secret" not in f"{database.attributes} {database.name}"


def test_products_have_their_conventional_names() -> None:
    """The stable names of the conventions are met."""
    systems = {
        described(f"{name}://h").attributes["db.system.name"] for name in ("postgresql", "mysql", "mariadb", "mssql")
    }

    assert {member.value for member in DbSystemNameValues} == systems


def test_threads_that_meet_at_a_new_engine_describe_it_once() -> None:
    """One database and one pool, however many ask first at the same time."""
    histograms = DurationHistograms()
    pools = Pools(histograms)
    databases = Databases(histograms, pools)
    engine = sa.create_engine("sqlite://")
    together = threading.Barrier(8)
    found = []

    def ask() -> None:
        together.wait(20)
        found.append(databases.of(engine))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert 8 == len(found)
    assert {(id(found[0]), ":memory:")} == {(id(each), each.pools.name) for each in found if each.pools}


@pytest.mark.parametrize(
    ("url", "sql", "text"),
    [
        ("sqlite://", 'SELECT "a" FROM t WHERE b = "c"', "SELECT ? FROM t WHERE b = ?"),
        ("postgresql://", 'SELECT "a" FROM t', 'SELECT "a" FROM t'),
        ("mysql://", 'SELECT `a` FROM t WHERE b = "c\\"d"', "SELECT `a` FROM t WHERE b = ?"),
        ("homemade://", 'SELECT a FROM "t" WHERE b = "c"', 'SELECT a FROM "t" WHERE b = ?'),
    ],
)
def test_quotes_are_read_as_the_product_reads_them(url: str, sql: str, text: str) -> None:
    """What encloses names in one product encloses strings in another; what is not known counts as a string."""
    assert text == described(url).statements.of(sql).text
