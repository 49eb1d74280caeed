"""The attributes that metrics and events carry."""

from otel_agent.catalog.records import Attribute, semantic_convention

__all__: list[str] = []  # constants are read as attributes of the module, by their whole name

_REGISTRY = "registry/attributes"


def _conventional(name: str, page: str, meaning: str, *values: str) -> Attribute:
    return Attribute(name, meaning, values, semantic_convention(f"{_REGISTRY}/{page}"))


# Host and process.
CPU_MODE = _conventional(
    "cpu.mode",
    "cpu",
    "What the CPU time was spent on.",
    "user",
    "nice",
    "system",
    "idle",
    "iowait",
    "interrupt",
    "steal",
)
CPU_LOGICAL_NUMBER = _conventional("cpu.logical_number", "cpu", "Number of the logical CPU, from 0.")
DISK_IO_DIRECTION = _conventional("disk.io.direction", "disk", "Whether data was read or written.", "read", "write")
NETWORK_IO_DIRECTION = _conventional(
    "network.io.direction", "network", "Whether data came in or went out.", "receive", "transmit"
)
NETWORK_INTERFACE_NAME = _conventional("network.interface.name", "network", "Name of the network interface.")
SYSTEM_DEVICE = _conventional("system.device", "system", "Name of the device.")
SYSTEM_MEMORY_STATE = _conventional(
    "system.memory.state", "system", "What the memory is taken by.", "used", "free", "buffers", "cached"
)
SYSTEM_PAGING_STATE = _conventional("system.paging.state", "system", "Whether swap space is taken.", "used", "free")
SYSTEM_FILESYSTEM_STATE = _conventional(
    "system.filesystem.state",
    "system",
    "Whether space is taken; reserved space is for the superuser.",
    "used",
    "free",
    "reserved",
)
SYSTEM_FILESYSTEM_MOUNTPOINT = _conventional(
    "system.filesystem.mountpoint", "system", "Where the filesystem is mounted."
)
PROCESS_CONTEXT_SWITCH_TYPE = _conventional(
    "process.context_switch.type",
    "process",
    "Whether the process gave up its CPU or was taken off it.",
    "voluntary",
    "involuntary",
)

# Python.
CPYTHON_GC_GENERATION = _conventional(
    "cpython.gc.generation", "cpython", "The generation that was collected.", "0", "1", "2"
)
CODE_FUNCTION_NAME = _conventional("code.function.name", "code", "Module and qualified name of the function.")
ERROR_TYPE = _conventional("error.type", "error", "Full name of the exception's class; absent when there was none.")

# Caches.
AGENT_CACHE_NAME = Attribute("agent.cache.name", "Name of the cache: as given, or the cached function's.")
AGENT_CACHE_RESULT = Attribute("agent.cache.result", "Whether the lookup was answered from the cache.", ("hit", "miss"))
AGENT_CACHE_EVICTION_REASON = Attribute(
    "agent.cache.eviction.reason",
    "Why entries left: there was no room, they were too old, or they were removed by name.",
    ("capacity", "expired", "explicit"),
)

# Databases.
DB_SYSTEM_NAME = _conventional("db.system.name", "db", "The database product: postgresql, sqlite.")
DB_NAMESPACE = _conventional("db.namespace", "db", "The database.")
DB_OPERATION_NAME = _conventional("db.operation.name", "db", "The operation: SELECT, INSERT.")
DB_COLLECTION_NAME = _conventional("db.collection.name", "db", "The table.")
DB_QUERY_SUMMARY = _conventional("db.query.summary", "db", "Operation and tables, without any value: SELECT orders.")
DB_RESPONSE_STATUS_CODE = _conventional("db.response.status_code", "db", "The database's own code of a failure.")
SERVER_ADDRESS = _conventional("server.address", "server", "Where the database is.")
SERVER_PORT = _conventional("server.port", "server", "Its port, when it is not the product's usual one.")
DB_CLIENT_CONNECTION_POOL_NAME = _conventional(
    "db.client.connection.pool.name", "db", "The pool, named after its database."
)
DB_CLIENT_CONNECTION_STATE = _conventional(
    "db.client.connection.state", "db", "Whether the connection is lent out.", "idle", "used"
)

# Health.
AGENT_HEALTH_COMPONENT = Attribute("agent.health.component", "Name of the check.")
AGENT_HEALTH_STATE = Attribute(
    "agent.health.state", "The state this point is about.", ("unknown", "healthy", "degraded", "unhealthy")
)

AGENT_HEALTH_STATE_FROM = Attribute("agent.health.state.from", "The state that was left.", AGENT_HEALTH_STATE.values)
AGENT_HEALTH_STATE_TO = Attribute("agent.health.state.to", "The state that was entered.", AGENT_HEALTH_STATE.values)
AGENT_HEALTH_MESSAGE = Attribute("agent.health.message", "What is wrong; absent when all is well.")

# Alerts.
ALERT_RULE_NAME = Attribute(
    "alert.rule.name", "Name of the rule.", source="https://github.com/open-telemetry/semantic-conventions/pull/1081"
)
AGENT_ALERT_STATE = Attribute("agent.alert.state", "The state this point is about.", ("inactive", "pending", "firing"))
AGENT_ALERT_SEVERITY = Attribute("agent.alert.severity", "The rule's severity label.")
AGENT_ALERT_STATE_FROM = Attribute(
    "agent.alert.state.from", "The state that was left.", ("inactive", "pending", "firing")
)
AGENT_ALERT_STATE_TO = Attribute(
    "agent.alert.state.to", "The state that was entered.", ("inactive", "pending", "firing")
)
AGENT_ALERT_FINGERPRINT = Attribute(
    "agent.alert.fingerprint", "Tells one alert of a rule from its others; made of its labels."
)
AGENT_ALERT_VALUE = Attribute("agent.alert.value", "Value of the rule's expression at the transition.")

# Findings.
AGENT_FINDING_RULE = Attribute(
    "agent.finding.rule",
    "Name of the rule.",
    (
        "cacheable",
        "n_plus_one",
        "repeated_query",
        "consecutive_calls",
        "slow_query",
        "pool_starvation",
        "blocked_loop",
        "gc_pressure",
        "memory_growth",
        "redundant_tool_calls",
        "sequential_tools",
        "low_value_cache",
        "over_instrumented",
        "lock_wait",
        "busy_polling",
        "baseline",
    ),
)
AGENT_FINDING_SUBJECT = Attribute("agent.finding.subject", "Function, query or cache it is about.")
AGENT_FINDING_PLACE = Attribute("agent.finding.place", "File and line; absent where there is none.")
AGENT_FINDING_FINGERPRINT = Attribute(
    "agent.finding.fingerprint", "The same for the same rule, subject and place, in every process."
)
AGENT_FINDING_CONFIDENCE = Attribute("agent.finding.confidence", "How sure it is, from 0 to 1.")
AGENT_FINDING_SAVING = Attribute(
    "agent.finding.saving", "Seconds that the fix saves in each minute of running; absent where it is not time."
)
AGENT_FINDING_FIX = Attribute("agent.finding.fix", "What to do, in one sentence.")
AGENT_FINDING_EVIDENCE = Attribute("agent.finding.evidence", "What was counted and measured, as a JSON object.")

# The package itself.
OTEL_AGENT_SIGNAL = Attribute("otel_agent.signal", "Which stream of telemetry.", ("traces", "metrics", "logs"))
OTEL_AGENT_DROP_REASON = Attribute(
    "otel_agent.drop.reason",
    "Why items were given up: a short word.",
    (
        "queue_full",
        "closed",
        "exit",
        "rejected",
        "redaction",
        "unencodable",
        "spool_full",
        "spool_age",
        "spool_damaged",
    ),
)
OTEL_AGENT_FAILURE_KIND = Attribute("otel_agent.failure.kind", "Which of our own parts failed: a short word.")
