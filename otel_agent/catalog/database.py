"""Metrics of database clients and their connection pools."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import Kind, Metric, semantic_convention

__all__ = ["DURATION_BOUNDS_S", "METRICS"]

_PAGE = semantic_convention("db/database-metrics")

DURATION_BOUNDS_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
"""As the semantic conventions advise for `db.client.operation.duration`."""

_POOL = (a.DB_CLIENT_CONNECTION_POOL_NAME,)

OPERATION_DURATION = Metric(
    "db.client.operation.duration",
    Kind.HISTOGRAM,
    "s",
    "Duration of database client operations.",
    (
        a.DB_SYSTEM_NAME,
        a.DB_NAMESPACE,
        a.DB_OPERATION_NAME,
        a.DB_COLLECTION_NAME,
        a.DB_QUERY_SUMMARY,
        a.DB_RESPONSE_STATUS_CODE,
        a.ERROR_TYPE,
        a.SERVER_ADDRESS,
        a.SERVER_PORT,
    ),
    _PAGE,
    is_observable=False,
    bounds=DURATION_BOUNDS_S,
)
CONNECTION_COUNT = Metric(
    "db.client.connection.count",
    Kind.UP_DOWN_COUNTER,
    "{connection}",
    "Connections of the pool, by state.",
    (*_POOL, a.DB_CLIENT_CONNECTION_STATE),
    _PAGE,
    is_integer=True,
)
CONNECTION_IDLE_MAX = Metric(
    "db.client.connection.idle.max",
    Kind.UP_DOWN_COUNTER,
    "{connection}",
    "The most idle connections the pool keeps.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_MAX = Metric(
    "db.client.connection.max",
    Kind.UP_DOWN_COUNTER,
    "{connection}",
    "The most connections the pool opens.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_PENDING_REQUESTS = Metric(
    "db.client.connection.pending_requests",
    Kind.UP_DOWN_COUNTER,
    "{request}",
    "Requests that wait for a connection.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_TIMEOUTS = Metric(
    "db.client.connection.timeouts",
    Kind.COUNTER,
    "{timeout}",
    "Requests that gave up waiting for a connection.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_CREATE_TIME = Metric(
    "db.client.connection.create_time",
    Kind.HISTOGRAM,
    "s",
    "How long opening a connection took.",
    _POOL,
    _PAGE,
    is_observable=False,
    bounds=DURATION_BOUNDS_S,
)
CONNECTION_WAIT_TIME = Metric(
    "db.client.connection.wait_time",
    Kind.HISTOGRAM,
    "s",
    "How long a request waited for a connection.",
    _POOL,
    _PAGE,
    is_observable=False,
    bounds=DURATION_BOUNDS_S,
)
CONNECTION_USE_TIME = Metric(
    "db.client.connection.use_time",
    Kind.HISTOGRAM,
    "s",
    "How long a connection was lent out.",
    _POOL,
    _PAGE,
    is_observable=False,
    bounds=DURATION_BOUNDS_S,
)

METRICS = (
    OPERATION_DURATION,
    CONNECTION_COUNT,
    CONNECTION_IDLE_MAX,
    CONNECTION_MAX,
    CONNECTION_PENDING_REQUESTS,
    CONNECTION_TIMEOUTS,
    CONNECTION_CREATE_TIME,
    CONNECTION_WAIT_TIME,
    CONNECTION_USE_TIME,
)
