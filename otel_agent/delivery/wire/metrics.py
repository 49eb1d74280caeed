"""
Metrics to the bytes of an ExportMetricsServiceRequest.

Takes the SDK's `MetricsData`, which is also what our own accumulators produce. Numbers out of range are repaired: an integer
beyond 64 bits becomes a double (10 ETH in wei must not silence every metric of the process), a count below zero becomes 0.
A metric that cannot be read is left out and counted, its neighbours are sent.

Source: opentelemetry/proto/metrics/v1/metrics.proto
"""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any

from otel_agent.delivery.wire.attributes import attributes_bytes
from otel_agent.delivery.wire.primitives import (
    as_float,
    count32,
    delimited,
    double,
    fixed64,
    identifier,
    packed_bounds,
    text_field,
    timestamp_ns,
    varint,
    zigzag,
)
from otel_agent.delivery.wire.resource_groups import left_out, resource_envelope, scope_envelope
from otel_agent.delivery.wire.values import MAX_INT64, MIN_INT64, safe_text

__all__ = ["encode_metrics"]

_int64 = Struct("<q").pack


def encode_metrics(data: Any) -> bytes:
    """
    Encode one collection.

    Args:
        data: A `MetricsData`: any resources, scopes, metric kinds, temporalities and exemplars.

    Returns:
        The bytes of an ExportMetricsServiceRequest. Never raises; a metric beyond repair is left out and counted by `guard`.
    """
    parts = []
    for resource_metrics in getattr(data, "resource_metrics", None) or ():
        try:
            before, after = resource_envelope(resource_metrics.resource)
            scopes = b"".join([_scope(scope) for scope in resource_metrics.scope_metrics])
            parts.append(delimited(b"\x0a", before + scopes + after))
        except Exception as error:  # noqa: BLE001 - one bad resource never costs the others
            left_out("metrics", error)
    return b"".join(parts)


def _scope(scope_metrics: Any) -> bytes:
    before, after = scope_envelope(scope_metrics.scope)
    parts = [before]
    for metric in scope_metrics.metrics:
        try:
            parts.append(_metric(metric))
        except Exception as error:  # noqa: BLE001 - one bad metric never costs its neighbours
            left_out("metrics", error)
    parts.append(after)
    return delimited(b"\x12", b"".join(parts))


def _metric(metric: Any) -> bytes:
    body = _text(b"\x0a", metric.name) + _text(b"\x12", metric.description) + _text(b"\x1a", metric.unit)
    data = metric.data
    shape = _SHAPES.get(type(data).__name__)
    if shape is None:
        raise TypeError(f"expected a Gauge, Sum, Histogram or ExponentialHistogram, found {type(data).__name__}")
    tag, point = shape
    points = data.data_points
    if not points:
        return delimited(b"\x12", body)
    parts = [delimited(b"\x0a", point(one)) for one in points]
    temporality = getattr(data, "aggregation_temporality", None)
    if temporality:
        parts.append(b"\x10" + varint(count32(temporality)))
    if getattr(data, "is_monotonic", False):
        parts.append(b"\x18\x01")
    return delimited(b"\x12", body + delimited(tag, b"".join(parts)))


def _number_point(point: Any) -> bytes:
    return b"".join(
        [
            _times(point),
            _number(b"\x31", b"\x21", point.value),
            *_exemplars(b"\x2a", point),
            attributes_bytes(point.attributes, 0x3A),
        ]
    )


def _histogram_point(point: Any) -> bytes:
    return b"".join(
        [
            _times(point),
            _fixed(b"\x21", point.count),
            _optional(b"\x29", point.sum),
            _packed(b"\x32", [fixed64(count) for count in point.bucket_counts]),
            delimited(b"\x3a", packed_bounds(point.explicit_bounds)) if point.explicit_bounds else b"",
            *_exemplars(b"\x42", point),
            attributes_bytes(point.attributes, 0x4A),
            _optional(b"\x59", point.min),
            _optional(b"\x61", point.max),
        ]
    )


def _exponential_point(point: Any) -> bytes:
    flags = count32(getattr(point, "flags", 0))
    return b"".join(
        [
            attributes_bytes(point.attributes, 0x0A),
            _times(point),
            _fixed(b"\x21", point.count),
            _optional(b"\x29", point.sum),
            b"\x30" + zigzag(point.scale) if point.scale else b"",
            _fixed(b"\x39", point.zero_count),
            _buckets(b"\x42", point.positive),
            _buckets(b"\x4a", point.negative),
            b"\x50" + varint(flags) if flags else b"",
            *_exemplars(b"\x5a", point),
            _optional(b"\x61", point.min),
            _optional(b"\x69", point.max),
        ]
    )


_SHAPES: dict[str, tuple[bytes, Callable[[Any], bytes]]] = {
    "Gauge": (b"\x2a", _number_point),
    "Sum": (b"\x3a", _number_point),
    "Histogram": (b"\x4a", _histogram_point),
    "ExponentialHistogram": (b"\x52", _exponential_point),
}
"""By name, so that nothing of the SDK is loaded to encode what it made."""


def _times(point: Any) -> bytes:
    return _fixed(b"\x11", getattr(point, "start_time_unix_nano", None)) + _fixed(b"\x19", point.time_unix_nano)


def _buckets(tag: bytes, buckets: Any) -> bytes:
    if buckets is None or not buckets.bucket_counts:
        return b""
    offset = b"\x08" + zigzag(buckets.offset) if buckets.offset else b""
    return delimited(tag, offset + _packed(b"\x12", [varint(timestamp_ns(count)) for count in buckets.bucket_counts]))


def _exemplars(tag: bytes, point: Any) -> Sequence[bytes]:
    return [delimited(tag, _exemplar(exemplar)) for exemplar in getattr(point, "exemplars", None) or ()]


def _exemplar(exemplar: Any) -> bytes:
    ids = b""
    if exemplar.span_id is not None and exemplar.trace_id is not None:
        ids = b"\x22\x08" + identifier(exemplar.span_id, 8) + b"\x2a\x10" + identifier(exemplar.trace_id, 16)
    return (
        _fixed(b"\x11", exemplar.time_unix_nano)
        + _number(b"\x31", b"\x19", exemplar.value)
        + ids
        + attributes_bytes(exemplar.filtered_attributes, 0x3A)
    )


def _number(int_tag: bytes, double_tag: bytes, value: Any) -> bytes:
    if isinstance(value, int) and MIN_INT64 <= value <= MAX_INT64:
        return int_tag + _int64(value)
    return double_tag + double(as_float(value))


def _optional(tag: bytes, value: Any) -> bytes:
    return b"" if value is None else tag + double(as_float(value))


def _fixed(tag: bytes, number: Any) -> bytes:
    return tag + fixed64(number) if number else b""


def _packed(tag: bytes, numbers: list[bytes]) -> bytes:
    return delimited(tag, b"".join(numbers)) if numbers else b""


def _text(tag: bytes, text: Any) -> bytes:
    return text_field(tag, safe_text(text)) if text else b""
