"""The reference page of the catalogue, as Markdown."""

from collections.abc import Iterator

from otel_agent.catalog import EVENTS, GROUPS
from otel_agent.catalog.records import OURS, Attribute, Metric

__all__ = ["render"]

_OPENING = """\
# Metrics, attributes and events

Look up here what a metric means, in which unit it is, and what its points are told apart by.

This page is made by `python -m otel_agent.catalog`; a test keeps it and what is emitted the same as the catalogue.
Names come from the semantic conventions 1.44 where these have one: the name is then a link.
Names beginning with `agent.` are about your agent, names beginning with `otel_agent.` about this package.
Metrics and attributes marked *detail* appear only when detail is asked for.
In Prometheus, dots become underscores, the unit is appended, and counters end in `_total`.
"""

_CLOSING = """\
## How to verify it

Collect with the OpenTelemetry SDK's own reader, and compare names, units and attributes with this page.

## When a metric is missing

A metric without a value has no point: swap on a host that has none, a hit ratio before the first lookup, a CPU share before the second reading.
"""


def render() -> str:
    """
    The page `docs/reference/metrics.md`.

    Returns:
        Markdown, one table for each group of metrics, then attributes and events.
    """
    return "\n".join([_OPENING, *_metrics(), *_attributes(), *_events(), _CLOSING])


def _metrics() -> Iterator[str]:
    for group, metrics in GROUPS.items():
        yield f"## {group}\n"
        yield "| metric | kind | unit | meaning | attributes |"
        yield "|---|---|---|---|---|"
        for metric in metrics:
            name = _linked(metric.name, metric.source) + (" *detail*" if metric.only_in_detail else "")
            yield f"| {name} | {metric.kind} | `{metric.unit}` | {metric.description} | {_keys(metric)} |"
        yield ""


def _attributes() -> Iterator[str]:
    seen: dict[str, Attribute] = {}
    for metrics in GROUPS.values():
        for metric in metrics:
            seen |= {attribute.name: attribute for attribute in metric.attributes + metric.detail_attributes}
    for event in EVENTS.values():
        seen |= {attribute.name: attribute for attribute in event.attributes}
    yield "## Attributes\n"
    yield "| attribute | meaning | values |"
    yield "|---|---|---|"
    for attribute in sorted(seen.values(), key=lambda each: each.name):
        values = ", ".join(f"`{value}`" for value in attribute.values) or "any"
        yield f"| {_linked(attribute.name, attribute.source)} | {attribute.meaning} | {values} |"
    yield ""


def _events() -> Iterator[str]:
    yield "## Events\n"
    yield "An event is a log record with an event name.\n"
    yield "| event | meaning | attributes |"
    yield "|---|---|---|"
    for event in EVENTS.values():
        keys = ", ".join(f"`{attribute.name}`" for attribute in event.attributes)
        yield f"| {_linked(event.name, event.source)} | {event.meaning} | {keys} |"
    yield ""


def _keys(metric: Metric) -> str:
    always = [f"`{attribute.name}`" for attribute in metric.attributes]
    detail = [f"`{attribute.name}` *detail*" for attribute in metric.detail_attributes]
    return ", ".join(always + detail) or "none"


def _linked(name: str, source: str) -> str:
    return f"`{name}`" if source == OURS else f"[`{name}`]({source})"
