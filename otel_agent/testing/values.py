"""
Spans, metrics and log records as plain values.

They are read from what redaction lets pass, in the shape that is encoded: of ours the slots, of others the SDK's interface.
"""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["forest", "log_value", "point_values", "span_value"]

_STATUSES = ("unset", "ok", "error")
_NO_SPAN = 0


def span_value(span: Any, numbers: Mapping[int, int]) -> dict[str, Any]:
    """
    A span.

    Args:
        span: A span of ours or a `ReadableSpan`, after redaction.
        numbers: Numbers of spans, by span id.

    Returns:
        See `Recorded.spans`.
    """
    parts = _own_parts(span) if hasattr(span, "site") else _foreign_parts(span)
    start_ns, end_ns = parts["start_ns"], parts["end_ns"]
    return {
        "number": numbers[parts["span_id"]],
        "parent": numbers.get(parts["parent_span_id"]),
        **parts,
        "trace_id": f"{parts['trace_id']:032x}",
        "span_id": f"{parts['span_id']:016x}",
        "parent_span_id": f"{parts['parent_span_id']:016x}" if parts["parent_span_id"] else None,
        "duration_s": (end_ns - start_ns) / 1e9,
    }


def _own_parts(span: Any) -> dict[str, Any]:
    site, extra = span.site, span.extra
    return {
        "name": site.name,
        "kind": site.kind.name.lower(),
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_id,
        "attributes": {**(site.attributes or {}), **(span.own or {})},
        "status": _STATUSES[0 if extra is None else extra.status_code],
        "description": None if extra is None else extra.status_description,
        "events": [] if extra is None else _events(extra.events),
        "links": [] if extra is None else _links(extra.links),
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "resource": dict(site.resource.attributes),
        "scope": _scope(site.scope),
    }


def _foreign_parts(span: Any) -> dict[str, Any]:
    context, status = span.get_span_context(), span.status
    return {
        "name": span.name,
        "kind": span.kind.name.lower(),
        "trace_id": context.trace_id,
        "span_id": context.span_id,
        "parent_span_id": _NO_SPAN if span.parent is None else span.parent.span_id,
        "attributes": dict(span.attributes or {}),
        "status": "unset" if status is None else status.status_code.name.lower(),
        "description": None if status is None else status.description,
        "events": _events(span.events),
        "links": _links(span.links),
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "resource": dict(span.resource.attributes),
        "scope": _scope(span.instrumentation_scope),
    }


def _events(events: Sequence[Any] | None) -> list[dict[str, Any]]:
    return [
        {"name": event.name, "attributes": dict(event.attributes or {}), "time_ns": event.timestamp}
        for event in events or ()
    ]


def _links(links: Sequence[Any] | None) -> list[dict[str, Any]]:
    return [
        {
            "trace_id": f"{link.context.trace_id:032x}",
            "span_id": f"{link.context.span_id:016x}",
            "attributes": dict(link.attributes or {}),
        }
        for link in links or ()
    ]


def _scope(scope: Any) -> dict[str, Any]:
    return {
        "name": getattr(scope, "name", ""),
        "version": getattr(scope, "version", None) or None,
        "attributes": dict(getattr(scope, "attributes", None) or {}),
    }


def log_value(item: Any, numbers: Mapping[int, int]) -> dict[str, Any]:
    """
    A log record.

    Args:
        item: An entry of the bridge or a `ReadableLogRecord`, after redaction.
        numbers: Numbers of spans, by span id.

    Returns:
        See `Recorded.logs`.
    """
    is_entry = hasattr(item, "place")
    record = item if is_entry else item.log_record
    scope = {"name": item.logger, "version": None, "attributes": {}} if is_entry else _scope(item.instrumentation_scope)
    time_ns = item.time_ns if is_entry else record.timestamp or record.observed_timestamp
    number = record.severity_number
    return {
        "body": record.body,
        "severity": record.severity_text,
        "severity_number": getattr(number, "value", number) or 0,
        "logger": scope["name"],
        "attributes": dict(record.attributes or {}),
        "span": numbers.get(record.span_id or _NO_SPAN),
        "trace_id": f"{record.trace_id:032x}" if record.trace_id else None,
        "span_id": f"{record.span_id:016x}" if record.span_id else None,
        "event_name": None if is_entry else record.event_name,
        "time_ns": time_ns,
        "resource": dict(item.resource.attributes),
        "scope": scope,
    }


def point_values(collection: Any) -> list[dict[str, Any]]:
    """
    Every point of a collection of metrics.

    Args:
        collection: The SDK's `MetricsData`, after redaction.

    Returns:
        See `Recorded.points`.
    """
    return [
        {
            "name": metric.name,
            "unit": metric.unit or "",
            "kind": _kind(metric.data),
            "attributes": dict(point.attributes or {}),
            "value": (point.count, point.sum) if hasattr(point, "count") else point.value,
            "start_ns": getattr(point, "start_time_unix_nano", None),
            "time_ns": point.time_unix_nano,
            "resource": dict(resource.resource.attributes),
            "scope": _scope(scope.scope),
        }
        for resource in collection.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]


def _kind(data: Any) -> str:
    """What a metric is: "counter", "up_down_counter", "gauge" or "histogram"."""
    is_monotonic = getattr(data, "is_monotonic", None)
    if is_monotonic is not None:
        return "counter" if is_monotonic else "up_down_counter"
    return "gauge" if type(data).__name__ == "Gauge" else "histogram"


def forest(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    Spans below their parents.

    Args:
        spans: See `Recorded.spans`.

    Returns:
        Those without a parent among them, in the order in which they began; each has what is below it as `children`.
    """
    nodes = [{**span, "children": []} for span in sorted(spans, key=lambda span: (span["start_ns"], -span["end_ns"]))]
    by_id = {node["span_id"]: node for node in nodes}
    roots: list[dict[str, Any]] = []
    for node in nodes:
        parent = by_id.get(node["parent_span_id"])
        (roots if parent is None else parent["children"]).append(node)
    return roots
