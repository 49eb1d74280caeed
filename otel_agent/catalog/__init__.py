"""
Every metric, attribute and event this package emits: name, kind, unit, meaning and source.

One module for each group. The documentation's reference page and the test that compares what is emitted with what is
promised are made from these tables; instruments are created from them, so that a name, a unit or a description stands in
exactly one place. `python -m otel_agent.catalog` prints the reference page.
"""

from collections.abc import Mapping
from types import MappingProxyType

from otel_agent.catalog import alerts_and_health, caches, database, delivery, functions, host, insight, process, runtime
from otel_agent.catalog import attributes as _attributes
from otel_agent.catalog.records import OURS, Attribute, InstrumentKind, LogEvent, Metric

__all__ = ["ATTRIBUTES", "EVENTS", "GROUPS", "METRICS", "OURS", "Attribute", "InstrumentKind", "LogEvent", "Metric"]

GROUPS: Mapping[str, tuple[Metric, ...]] = MappingProxyType(
    {
        "Host": host.METRICS,
        "Process": process.METRICS,
        "Python runtime": runtime.METRICS,
        "Functions": functions.METRICS,
        "Caches": caches.METRICS,
        "Databases": database.METRICS,
        "Alerts and health": alerts_and_health.METRICS,
        "Findings": insight.METRICS,
        "The package itself": delivery.METRICS,
    }
)
"""The metrics in the order of the reference page."""

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for group in GROUPS.values() for metric in group})
"""Every metric, by name."""

ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType(
    {value.name: value for value in vars(_attributes).values() if isinstance(value, Attribute)}
)
"""Every attribute, by name."""

EVENTS: Mapping[str, LogEvent] = MappingProxyType(
    {event.name: event for event in (*alerts_and_health.EVENTS, *insight.EVENTS)}
)
"""Every event, by name."""
