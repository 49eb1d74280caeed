"""
The database behind an engine, known from the engine's address alone.

SQLAlchemy itself is not imported here: engines and dialects come in as they are. What is known of the statements that are sent
to a database stands in `prepared_statements`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from otel_agent.catalog import attributes as a
from otel_agent.instruments.databases.histograms import DurationHistograms
from otel_agent.instruments.databases.pools import Pools, PoolWatch
from otel_agent.instruments.databases.prepared_statements import PreparedStatements
from otel_agent.instruments.databases.statements.quotes import quote_style_of

__all__ = ["Database", "Databases", "describe"]

_SYSTEMS = {
    "cockroachdb": "cockroachdb",
    "clickhouse": "clickhouse",
    "clickhousedb": "clickhouse",
    "db2": "ibm.db2",
    "firebird": "firebirdsql",
    "hana": "sap.hana",
    "ibm_db_sa": "ibm.db2",
    "mssql": "microsoft.sql_server",
    "oracle": "oracle.db",
    "redshift": "aws.redshift",
    "spanner": "gcp.spanner",
    "spanner+spanner": "gcp.spanner",
}
"""Where SQLAlchemy's name of a dialect is not the conventions' name of the product."""

_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "microsoft.sql_server": 1433, "oracle.db": 1521}

_KNOWN = "_otel_agent_database"
"""Attribute of a dialect: who has described its database, and the description."""


class Database:
    """
    The database behind an engine; made by `describe`.

    Args:
        attributes: Attributes of all its spans and points.
        name: Where it is, in one word, without user or password: "db.example:5433/shop".
        histograms: Where durations are recorded.
        dialect: The engine's `sqlalchemy.Dialect`, which knows how the server reads quotes after the first connection.
    """

    __slots__ = ("attributes", "histograms", "name", "pools", "statements")

    def __init__(
        self, attributes: Mapping[str, Any], name: str, histograms: DurationHistograms, dialect: Any = None
    ) -> None:
        self.attributes = attributes
        self.name = name
        self.histograms = histograms
        self.pools: PoolWatch | None = None
        """The watch over its engine's pools."""
        quotes = partial(quote_style_of, attributes[a.DB_SYSTEM_NAME.name], dialect)
        self.statements = PreparedStatements(attributes, quotes, histograms)


class Databases:
    """
    The databases of all engines, found once for each dialect: engines that share one share a database and a pool.

    What is found is kept on the dialect, where looking it up costs least, and goes with it.

    Args:
        histograms: Where durations are recorded.
        pools: Where pools are watched; its lock is held while a database is described, so that each is described once.
    """

    def __init__(self, histograms: DurationHistograms, pools: Pools) -> None:
        self._histograms = histograms
        self._pools = pools

    def of(self, engine: Any) -> Database:
        """
        Find the database behind an engine.

        Args:
            engine: A `sqlalchemy.Engine`.

        Returns:
            The same object for the same dialect.
        """
        known = engine.dialect.__dict__.get(_KNOWN)
        if known is None or known[0] is not self:
            with self._pools.lock:
                known = self._describe(engine)
        found: Database = known[1]
        return found

    def _describe(self, engine: Any) -> tuple["Databases", Database]:
        dialect = engine.dialect
        known: tuple[Databases, Database] | None = dialect.__dict__.get(_KNOWN)
        if known is None or known[0] is not self:
            database = describe(engine.url, dialect, self._histograms)
            database.pools = self._pools.watch(getattr(engine.pool, "logging_name", None) or database.name)
            database.pools.use_engine(engine)
            known = (self, database)
            setattr(dialect, _KNOWN, known)
        return known


def describe(url: Any, dialect: Any, histograms: DurationHistograms) -> Database:
    """
    Describe the database behind an engine, from its address alone.

    Args:
        url: The engine's `sqlalchemy.URL`.
        dialect: The engine's `sqlalchemy.Dialect`.
        histograms: Where durations are recorded.

    Returns:
        The database; nothing of it tells a user or a password.
    """
    name = str(dialect.name)
    if getattr(dialect, "is_mariadb", False):
        name = "mariadb"
    system = _SYSTEMS.get(name, name) or "other_sql"
    attributes: dict[str, Any] = {a.DB_SYSTEM_NAME.name: system}
    namespace = _namespace(url, system)
    if namespace:
        attributes[a.DB_NAMESPACE.name] = namespace
    host, port = _server(url)
    if host:
        attributes[a.SERVER_ADDRESS.name] = host
        if port is not None and port != _PORTS.get(system):
            attributes[a.SERVER_PORT.name] = port
    place = f"{host}:{port}" if host and port is not None else host or ""
    return Database(attributes, "/".join(part for part in (place, namespace) if part) or system, histograms, dialect)


def _namespace(url: Any, system: str) -> str | None:
    database = url.database
    if system == "sqlite":
        return str(database).partition("?")[0] if database else ":memory:"
    return str(database) if database else None


def _server(url: Any) -> tuple[str | None, int | None]:
    if url.host:
        return str(url.host), url.port
    given = url.query.get("host")
    # Several hosts, or none: where the connection goes is decided by the driver.
    return (given, None) if isinstance(given, str) and "," not in given else (None, None)
