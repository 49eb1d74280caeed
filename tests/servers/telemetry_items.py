"""Spans, log entries and collections of metrics with numbers, as their producers leave them in a queue."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from opentelemetry.sdk.metrics.export import (
    Gauge,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from wire_shapes import Light, Site

from otel_agent.logs.bridge import LogEntry

RESOURCE = Resource({"service.name": "trader"})
SCOPE = InstrumentationScope("tests")
_site = Site(resource=RESOURCE, scope=SCOPE)
_numbers = count(1)


def spans(number: int, name: str = "decide", **own: Any) -> list[Light]:
    """Ended spans with ids that no other span of the process has."""
    site = _site if name == "decide" else Site(name, resource=RESOURCE, scope=SCOPE)
    return [Light(site, span_id=next(_numbers), own=own or None) for _ in range(number)]


def entries(number: int, message: str = "filled") -> list[LogEntry]:
    """Log entries of the bridge."""
    return [_entry(f"{message} {index}") for index in range(number)]


def _entry(message: str) -> LogEntry:
    entry = LogEntry()
    entry.resource, entry.logger, entry.time_ns = RESOURCE, "trader", 1
    entry.severity_number, entry.severity_text = 9, "INFO"
    entry.message, entry.arguments, entry.text, entry.attributes = message, None, None, None
    entry.place = ("trader.py", 1, "decide")
    entry.trace_id = entry.span_id = entry.trace_flags = 0
    return entry


def collection(*names: str) -> MetricsData:
    """One collection with a gauge of each name."""
    metrics = [Metric(name, "", "1", Gauge([NumberDataPoint({}, 0, 1, 1.0)])) for name in names or ("agent.cash",)]
    return MetricsData([ResourceMetrics(RESOURCE, [ScopeMetrics(SCOPE, metrics, "")], "")])


def put(queue: Any, items: list[Any]) -> None:
    """What every producer does, in line."""
    for item in items:
        if len(queue.items) < queue.limit:
            queue.items.append(item)
        else:
            queue.overflow(item)


def law(status: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Signals of a status for which accepted is not queued + delivered + spooled + dropped."""
    return [
        signal
        for signal, each in status.items()
        if each["accepted"] != each["queued"] + each["delivered"] + each["spooled"] + sum(each["dropped"].values())
    ]
