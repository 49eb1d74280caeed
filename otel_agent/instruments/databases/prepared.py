"""
What is known of a database, and of each statement sent to it, before a query ends.

Everything that does not differ between two executions is made once: a `Prepared` statement has the name and the attributes of
its spans and the histogram its duration goes to. SQLAlchemy itself is not imported here: engines and dialects come in as they
are.
"""

from collections.abc import Mapping
from typing import Any

from otel_agent.catalog import attributes as a
from otel_agent.catalog import database as metrics
from otel_agent.instruments.databases.histograms import DurationHistograms
from otel_agent.instruments.databases.pools import Pools, PoolWatch
from otel_agent.instruments.databases.statements.memory import Generations, Readings
from otel_agent.instruments.databases.statements.quotes import quotes_of

__all__ = ["Database", "Databases", "Prepared", "describe"]

_ENTRIES = 500
_SIZE = 1_000_000
"""Bounds of each generation of prepared statements: their number, and the characters of their texts."""

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

_BATCH = "BATCH "

_KNOWN = "_otel_agent_database"
"""Attribute of a dialect: who has described its database, and the description."""


class Prepared:
    """One statement, ready for its next execution."""

    __slots__ = ("attributes", "batch", "dimensions", "is_select", "name", "record", "site", "text")

    def __init__(self, database: "Database", text: str, summary: str, operation: str, collection: str) -> None:
        """
        Prepare a statement.

        Args:
            database: Where it is sent to.
            text: See `sql_text.Reading`, as the other arguments.
            summary: Likewise.
            operation: Likewise.
            collection: Likewise.
        """
        dimensions = dict(database.attributes)
        optional = (
            (a.DB_OPERATION_NAME.name, operation),
            (a.DB_COLLECTION_NAME.name, collection),
            (a.DB_QUERY_SUMMARY.name, summary),
        )
        dimensions.update((key, value) for key, value in optional if value)
        self.name = summary or operation or database.system
        self.text = text
        self.is_select = operation == "SELECT"
        self.attributes: Mapping[str, Any] = {**dimensions, metrics.QUERY_TEXT: text}
        self.record = database.histograms.of(metrics.OPERATION_DURATION, dimensions)
        self.dimensions: Mapping[str, Any] = dimensions
        """Attributes of its points."""
        self.site: Any = None
        """What its spans share, once a tracer of ours has made one; see `recording.sites`."""
        self.batch: Prepared | None = None
        """The same statement with several sets of parameters at once."""


class Database:
    """What an engine is connected to."""

    __slots__ = ("_statements", "attributes", "histograms", "name", "pools", "system")

    def __init__(
        self,
        system: str,
        attributes: Mapping[str, Any],
        name: str,
        histograms: DurationHistograms,
        dialect: Any = None,
    ) -> None:
        """
        Begin with no statement prepared; use `describe`.

        Args:
            system: As the conventions call the product.
            attributes: Of all its spans and points.
            name: Where it is, in one word, without user or password: "db.example:5433/shop".
            histograms: Where durations go.
            dialect: Knows how the server reads quotes, after the first connection.
        """
        self.system = system
        self.attributes = attributes
        self.name = name
        self.histograms = histograms
        self.pools: PoolWatch | None = None
        """The watch over its engine's pools."""
        self._statements = _Statements(self, dialect)

    def prepared(self, sql: str) -> Prepared:
        """
        Prepare a statement, or remember having done so.

        Args:
            sql: As sent to the driver.

        Returns:
            What its span and its duration need.
        """
        return self._statements.known.get(sql) or self._statements.find_out(sql)

    def batch(self, prepared: Prepared) -> Prepared:
        """
        The same statement when it is sent with several sets of parameters.

        Args:
            prepared: The statement.

        Returns:
            The statement as a batch, as the conventions name it.
        """
        if prepared.batch is None:
            summary = prepared.dimensions.get(a.DB_QUERY_SUMMARY.name, "")
            operation = prepared.dimensions.get(a.DB_OPERATION_NAME.name, "")
            collection = prepared.dimensions.get(a.DB_COLLECTION_NAME.name, "")
            prepared.batch = Prepared(
                self,
                prepared.text,
                f"{_BATCH}{summary}".strip(),
                f"{_BATCH}{operation}".strip(),
                collection,
            )
        return prepared.batch


class _Statements:
    """The statements of a database that are remembered."""

    __slots__ = ("_by_text", "_database", "_dialect", "_readings", "known")

    def __init__(self, database: Database, dialect: Any) -> None:
        self._database = database
        self._dialect = dialect
        self._readings = Readings(quotes_of(database.system, dialect))
        self._by_text: Generations[Prepared] = Generations(_ENTRIES, _SIZE)
        self.known: Generations[Prepared] = Generations(_ENTRIES, _SIZE)

    def find_out(self, sql: str) -> Prepared:
        """Prepare a statement; those that differ in nothing but their values share what is prepared."""
        quotes = quotes_of(self._database.system, self._dialect)
        if quotes != self._readings.quotes:  # the server has been asked meanwhile: what was read in doubt is read again
            self._readings = Readings(quotes)
            self._by_text.clear()
            self.known.clear()
        reading = self._readings.of(sql)
        found = self._by_text.get(reading.text)
        if found is None:
            found = Prepared(self._database, reading.text, reading.summary, reading.operation, reading.collection)
            self._by_text.put(reading.text, found)
        self.known.put(sql, found)
        return found


class Databases:
    """
    What engines are connected to, found once for each dialect: engines that share one share a database and a pool.

    What is found is kept on the dialect, where looking it up costs least, and goes with it.
    """

    def __init__(self, histograms: DurationHistograms, pools: Pools) -> None:
        """
        Begin with none.

        Args:
            histograms: Where durations go.
            pools: Where pools are watched; its lock is held while a database is described, so that each is described once.
        """
        self._histograms = histograms
        self._pools = pools

    def of(self, engine: Any) -> Database:
        """
        What an engine is connected to.

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
    Find out what an engine is connected to, from its address alone.

    Args:
        url: The engine's `sqlalchemy.URL`.
        dialect: The engine's `sqlalchemy.Dialect`.
        histograms: Where durations go.

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
    return Database(
        system, attributes, "/".join(part for part in (place, namespace) if part) or system, histograms, dialect
    )


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
