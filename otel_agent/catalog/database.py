"""Metrics of database clients and their connection pools, and what the spans of queries carry beyond them."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import Attribute, InstrumentKind, Metric, semantic_convention

__all__ = ["DURATION_BOUNDS_S", "METRICS", "SPAN_ATTRIBUTES"]

_PAGE = semantic_convention("db/database-metrics")

DURATION_BOUNDS_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
"""As the semantic conventions advise for `db.client.operation.duration`."""

_REGISTRY = "registry/attributes"

SPAN_ATTRIBUTES = (
    Attribute(
        "db.query.text",
        "The statement with `?` for every literal and placeholder.",
        source=semantic_convention(f"{_REGISTRY}/db"),
    ),
    Attribute(
        "db.operation.batch.size",
        "Sets of parameters sent at once; absent for one.",
        source=semantic_convention(f"{_REGISTRY}/db"),
    ),
    Attribute(
        "db.response.returned_rows",
        "Rows of the answer, when the driver knows them at once.",
        source=semantic_convention(f"{_REGISTRY}/db"),
    ),
    Attribute(
        "code.function.name",
        "Where a slow or repeated query comes from: module and qualified name.",
        source=semantic_convention(f"{_REGISTRY}/code"),
    ),
    Attribute("code.file.path", "The same: its file.", source=semantic_convention(f"{_REGISTRY}/code")),
    Attribute("code.line.number", "The same: its line.", source=semantic_convention(f"{_REGISTRY}/code")),
    Attribute(
        "agent.db.query.repetitions", "How often this query has been sent under one parent span, from the fifth on."
    ),
)
"""What spans of queries carry beyond the attributes of `OPERATION_DURATION`."""

(
    QUERY_TEXT,
    OPERATION_BATCH_SIZE,
    RESPONSE_RETURNED_ROWS,
    CODE_FUNCTION_NAME,
    CODE_FILE_PATH,
    CODE_LINE_NUMBER,
    QUERY_REPETITIONS,
) = (attribute.name for attribute in SPAN_ATTRIBUTES)

_POOL = (a.DB_CLIENT_CONNECTION_POOL_NAME,)

OPERATION_DURATION = Metric(
    "db.client.operation.duration",
    InstrumentKind.HISTOGRAM,
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
    InstrumentKind.UP_DOWN_COUNTER,
    "{connection}",
    "Connections of the pool, by state.",
    (*_POOL, a.DB_CLIENT_CONNECTION_STATE),
    _PAGE,
    is_integer=True,
)
CONNECTION_IDLE_MAX = Metric(
    "db.client.connection.idle.max",
    InstrumentKind.UP_DOWN_COUNTER,
    "{connection}",
    "The most idle connections the pool keeps.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_MAX = Metric(
    "db.client.connection.max",
    InstrumentKind.UP_DOWN_COUNTER,
    "{connection}",
    "The most connections the pool opens.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_PENDING_REQUESTS = Metric(
    "db.client.connection.pending_requests",
    InstrumentKind.UP_DOWN_COUNTER,
    "{request}",
    "Requests that wait for a connection.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_TIMEOUTS = Metric(
    "db.client.connection.timeouts",
    InstrumentKind.COUNTER,
    "{timeout}",
    "Requests that gave up waiting for a connection.",
    _POOL,
    _PAGE,
    is_integer=True,
)
CONNECTION_CREATE_TIME = Metric(
    "db.client.connection.create_time",
    InstrumentKind.HISTOGRAM,
    "s",
    "How long opening a connection took.",
    _POOL,
    _PAGE,
    is_observable=False,
    bounds=DURATION_BOUNDS_S,
)
CONNECTION_WAIT_TIME = Metric(
    "db.client.connection.wait_time",
    InstrumentKind.HISTOGRAM,
    "s",
    "How long a request waited for a connection.",
    _POOL,
    _PAGE,
    is_observable=False,
    bounds=DURATION_BOUNDS_S,
)
CONNECTION_USE_TIME = Metric(
    "db.client.connection.use_time",
    InstrumentKind.HISTOGRAM,
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
