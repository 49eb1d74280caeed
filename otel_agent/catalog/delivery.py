"""What the package says about itself: what it took, what became of it, what failed."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import InstrumentKind, Metric

__all__ = ["METRICS"]

_SIGNAL = (a.OTEL_AGENT_SIGNAL,)

ACCEPTED = Metric(
    "otel_agent.delivery.accepted",
    InstrumentKind.COUNTER,
    "{item}",
    "Spans, metric batches and log records taken; equals queued + delivered + spooled + dropped.",
    _SIGNAL,
    is_integer=True,
)
QUEUED = Metric(
    "otel_agent.delivery.queued",
    InstrumentKind.UP_DOWN_COUNTER,
    "{item}",
    "Items that wait in memory.",
    _SIGNAL,
    is_integer=True,
)
DELIVERED = Metric(
    "otel_agent.delivery.delivered",
    InstrumentKind.COUNTER,
    "{item}",
    "Items the receiver has confirmed.",
    _SIGNAL,
    is_integer=True,
)
SPOOLED = Metric(
    "otel_agent.delivery.spooled",
    InstrumentKind.UP_DOWN_COUNTER,
    "{item}",
    "Items that wait on disk.",
    _SIGNAL,
    is_integer=True,
)
DROPPED = Metric(
    "otel_agent.delivery.dropped",
    InstrumentKind.COUNTER,
    "{item}",
    "Items given up.",
    (*_SIGNAL, a.OTEL_AGENT_DROP_REASON),
    is_integer=True,
)
FAILURES = Metric(
    "otel_agent.failures",
    InstrumentKind.COUNTER,
    "{failure}",
    "Failures of the package's own parts, none of which reached the agent.",
    (a.OTEL_AGENT_FAILURE_KIND,),
    is_integer=True,
)

METRICS = (ACCEPTED, QUEUED, DELIVERED, SPOOLED, DROPPED, FAILURES)
