"""Metrics of the Python runtime."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import InstrumentKind, Metric, semantic_convention

__all__ = ["METRICS", "PAUSE_BOUNDS_S"]

_PAGE = semantic_convention("runtime/cpython-metrics")

PAUSE_BOUNDS_S = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""From a young collection of a small heap to a full one of millions of objects; also from an idle loop to a blocked one."""

GC_PAUSE_DURATION = Metric(
    "agent.gc.pause.duration",
    InstrumentKind.HISTOGRAM,
    "s",
    "How long the garbage collector stopped the thread it ran in.",
    is_observable=False,
    bounds=PAUSE_BOUNDS_S,
    detail_attributes=(a.CPYTHON_GC_GENERATION,),
)
GC_COLLECTIONS = Metric(
    "cpython.gc.collections",
    InstrumentKind.COUNTER,
    "{collection}",
    "Collections of a generation since the interpreter's start.",
    (a.CPYTHON_GC_GENERATION,),
    _PAGE,
    is_integer=True,
    only_in_detail=True,
)
GC_COLLECTED_OBJECTS = Metric(
    "cpython.gc.collected_objects",
    InstrumentKind.COUNTER,
    "{object}",
    "Objects collected in a generation since the interpreter's start.",
    (a.CPYTHON_GC_GENERATION,),
    _PAGE,
    is_integer=True,
    only_in_detail=True,
)
GC_UNCOLLECTABLE_OBJECTS = Metric(
    "cpython.gc.uncollectable_objects",
    InstrumentKind.COUNTER,
    "{object}",
    "Objects found to be uncollectable in a generation since the interpreter's start.",
    (a.CPYTHON_GC_GENERATION,),
    _PAGE,
    is_integer=True,
    only_in_detail=True,
)
EVENT_LOOP_DELAY = Metric(
    "agent.eventloop.delay",
    InstrumentKind.HISTOGRAM,
    "s",
    "How much later than asked asyncio called back, over all running loops: what a callback that blocks costs everything else.",
    is_observable=False,
    bounds=PAUSE_BOUNDS_S,
)

METRICS = (GC_PAUSE_DURATION, GC_COLLECTIONS, GC_COLLECTED_OBJECTS, GC_UNCOLLECTABLE_OBJECTS, EVENT_LOOP_DELAY)
