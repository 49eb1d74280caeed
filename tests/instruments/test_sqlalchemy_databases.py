"""What an engine is connected to is known from its address, and what is remembered of statements is bounded."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.semconv._incubating.attributes import code_attributes, db_attributes
from opentelemetry.semconv.attributes.db_attributes import DbSystemNameValues
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE

from otel_agent import catalog
from otel_agent.catalog import OURS
from otel_agent.instruments.databases.engines import Database, Databases, describe
from otel_agent.instruments.databases.errors import attach_safe_text, error_type, status_code
from otel_agent.instruments.databases.histograms import LIMIT, DurationHistograms
from otel_agent.instruments.databases.n_plus_one import RepeatedQueries
from otel_agent.instruments.databases.pools import Pools
from otel_agent.recording.failures import SAFE_TEXT

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "databases.py"
DURATION = catalog.METRICS["db.client.operation.duration"]


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


def test_what_spans_carry_is_catalogued_by_its_conventional_name() -> None:
    """Each further attribute of a query's span is the conventions', or begins with our prefix."""
    known = {
        value
        for module in (db_attributes, code_attributes)
        for value in vars(module).values()
        if isinstance(value, str)
    }

    assert all(
        each.name in known or (each.name.startswith("agent.") and each.source == OURS)
        for each in catalog.database.SPAN_ATTRIBUTES
    )


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


def test_overflow_is_the_same_through_the_api() -> None:
    """Where durations go through a meter, its instrument gets no more attribute sets than that."""
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader], shutdown_on_exit=False)
    histograms = DurationHistograms(meters.get_meter("tests"))
    for number in range(LIMIT + 5):
        histograms.of(DURATION, {"db.query.summary": f"SELECT t{number}"})(0.01)
    data = reader.get_metrics_data()
    assert data is not None
    points = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    meters.shutdown()

    assert LIMIT + 1 == len(points)
    assert () == tuple(histograms.distributions())


def test_repetitions_are_counted_within_bounds() -> None:
    """Counts are per parent and text; neither parents nor texts are kept without end."""
    repeats = RepeatedQueries()
    assert [1, 2, 3] == [repeats.count("parent", "a") for _ in range(3)]
    assert 1 == repeats.count("other parent", "a")
    assert 0 == [repeats.count("parent", f"text {number}") for number in range(100)][-1]
    for number in range(5000):
        repeats.count(number, "a")

    assert 1 == repeats.count("parent", "a")
    assert len(repeats._young) + len(repeats._old) <= 1024


class DriverError(Exception):
    """As a driver's."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (type("E", (DriverError,), {"sqlstate": "23505"})(), "23505"),
        (type("E", (DriverError,), {"pgcode": "40001"})(), "40001"),
        (type("E", (DriverError,), {"sqlite_errorname": "SQLITE_BUSY"})(), "SQLITE_BUSY"),
        (DriverError(1062, "Duplicate entry 'canary'"), "1062"),
        (DriverError(True), None),
        (DriverError("canary"), None),
        (DriverError(), None),
        (type("E", (DriverError,), {"sqlstate": "it's a canary, no code"})(), None),
    ],
)
def test_codes_of_failures_are_codes(error: BaseException, code: str | None) -> None:
    """What does not look like a code is not taken for one, because it might be a message."""
    assert code == status_code(error)


def test_marking_survives_exceptions_that_refuse() -> None:
    """An exception that takes no attribute, and a chain without end, cost nothing."""

    class RefusingError(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    first, second = DriverError(5, "canary"), DriverError()
    first.__cause__, second.__cause__ = second, first
    attach_safe_text(RefusingError(), None, "SELECT ?")
    attach_safe_text(first, None, "")

    assert f"({__name__}.DriverError 5)" == getattr(first, SAFE_TEXT)
    assert f"{__name__}.DriverError" == error_type(first)
    assert "error.type" == ERROR_TYPE


def test_the_benchmark_compares_a_watched_query_with_the_official_packages() -> None:
    """What it comes to is the benchmark's to say: on a machine that does something else, a time is nobody's fact."""
    result = subprocess.run(
        [sys.executable, str(BENCHMARK), "--turns", "1", "--rounds", "3", "--queries", "200", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    found = json.loads(result.stdout)

    assert {"ours", "ours, unsampled", "ours, SDK", "contrib, SDK"} == set(found["subjects"])
    assert all(subject["us"] > 0 and subject["bare_us"] > 0 for subject in found["subjects"].values())
    assert isinstance(found["contrib_to_ours"], float)
