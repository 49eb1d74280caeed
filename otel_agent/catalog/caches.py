"""Metrics of in-process caches, for which the semantic conventions have no names yet."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import InstrumentKind, Metric

__all__ = ["METRICS"]

REQUESTS = Metric(
    "agent.cache.requests",
    InstrumentKind.COUNTER,
    "{request}",
    "Lookups.",
    (a.AGENT_CACHE_NAME, a.AGENT_CACHE_RESULT),
    is_integer=True,
)
EVICTIONS = Metric(
    "agent.cache.evictions",
    InstrumentKind.COUNTER,
    "{entry}",
    "Entries that left the cache.",
    (a.AGENT_CACHE_NAME, a.AGENT_CACHE_EVICTION_REASON),
    is_integer=True,
)
ENTRY_COUNT = Metric(
    "agent.cache.entry.count",
    InstrumentKind.UP_DOWN_COUNTER,
    "{entry}",
    "Entries in the cache.",
    (a.AGENT_CACHE_NAME,),
    is_integer=True,
)
ENTRY_LIMIT = Metric(
    "agent.cache.entry.limit",
    InstrumentKind.UP_DOWN_COUNTER,
    "{entry}",
    "Entries the cache has room for; no point when it has no limit.",
    (a.AGENT_CACHE_NAME,),
    is_integer=True,
)
HIT_RATIO = Metric(
    "agent.cache.hit_ratio",
    InstrumentKind.GAUGE,
    "1",
    "Share of the lookups of the last minute that were answered from the cache; no point without a lookup.",
    (a.AGENT_CACHE_NAME,),
)

METRICS = (REQUESTS, EVICTIONS, ENTRY_COUNT, ENTRY_LIMIT, HIT_RATIO)
