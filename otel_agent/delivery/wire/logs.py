"""
Log records to the bytes of an ExportLogsServiceRequest.

Two kinds arrive in one batch: light entries of our own bridge from Python's logging, and the SDK's `ReadableLogRecord` from
third parties that use the OpenTelemetry logs API. An entry is recognised by its `place`, the call site it was logged from,
whose `code.*` attributes are encoded once.

Source: opentelemetry/proto/logs/v1/logs.proto
"""

from collections.abc import Iterable
from typing import Any

from otel_agent.delivery.wire.attributes import any_value, append_attributes, attributes_bytes
from otel_agent.delivery.wire.primitives import (
    count32,
    delimited,
    fixed64,
    identifier,
    text_bytes,
    text_field,
    varint,
)
from otel_agent.delivery.wire.resource_groups import (
    Envelope,
    ResourceGroups,
    left_out,
    resource_envelope,
    scope_envelope,
)
from otel_agent.delivery.wire.values import plain, safe_text

__all__ = ["encode_logs"]

MAX_REMEMBERED = 4096
"""Call sites, severities and logger names remembered before all are forgotten."""

MAX_RECORD_BYTES = 4 << 20
"""Attributes of one record that together take more are cut where they are long, as one value: collectors refuse requests beyond 20 MiB."""

_SHORT = 124
"""A body below as many bytes leaves the lengths around it in one byte each."""

_places: dict[Any, bytes] = {}
_severities: dict[Any, bytes] = {}
_names: dict[str, Envelope] = {}


def encode_logs(records: Iterable[Any]) -> bytes:
    """
    Encode a batch of log records.

    Args:
        records: Entries of the bridge and the SDK's `ReadableLogRecord`s, mixed.

    Returns:
        The bytes of an ExportLogsServiceRequest. Never raises; a record beyond repair is left out and counted by `guard`.
    """
    groups = ResourceGroups()
    last_logger = last_resource = append = None
    for record in records:
        try:
            place = getattr(record, "place", None)
            if place is None:
                envelopes = resource_envelope(record.resource), scope_envelope(record.instrumentation_scope)
                groups.under(*envelopes).append(delimited(b"\x12", _foreign(record)))
                continue
            if append is None or record.logger is not last_logger or record.resource is not last_resource:
                append = groups.under(resource_envelope(record.resource), _named_scope(record.logger)).append
                last_logger, last_resource = record.logger, record.resource
            append(_entry(record, place))
        except Exception as error:  # noqa: BLE001 - one bad record never costs its neighbours
            left_out("logs", error)
    return groups.request()


def _entry(entry: Any, place: Any) -> bytes:
    where = _places.get(place)
    if where is None:
        path, line, function = place
        names = {"code.file.path": path, "code.function.name": function, "code.line.number": line}
        where = _remember(_places, place, attributes_bytes(names, 0x32))
    try:
        time = entry.time_ns.to_bytes(8, "little")
    except (OverflowError, AttributeError):
        time = fixed64(entry.time_ns)
    number, text = entry.severity_number, entry.severity_text
    severity = _severities.get((number, text)) or _severity(number, text)
    body = _body(entry.body)
    parts = [b"", where]
    size = 18 + len(severity) + len(body) + len(where)
    attributes = entry.attributes
    if attributes:
        added = append_attributes(parts, attributes.items(), 0x32)
        if added > MAX_RECORD_BYTES:
            del parts[2:]
            added = append_attributes(parts, plain(attributes).items(), 0x32)
        size += added
    trace_id = entry.trace_id
    context = b""
    if trace_id:
        context = b"\x45%b\x4a\x10%b\x52\x08%b" % (
            count32(entry.trace_flags).to_bytes(4, "little"),
            identifier(trace_id, 16),
            identifier(entry.span_id, 8),
        )
        size += len(context)
    parts[0] = b"\x12%b\x09%b%b%b" % (varint(size), time, severity, body)
    parts.append(b"%b\x59%b" % (context, time))
    return b"".join(parts)


def _body(text: Any) -> bytes:
    try:
        content = text.encode()
    except (AttributeError, UnicodeEncodeError):
        return delimited(b"\x2a", any_value(text))
    size = len(content)
    return b"\x2a%c\x0a%c%b" % (size + 2, size, content) if size < _SHORT else delimited(b"\x2a", any_value(text))


def _foreign(readable: Any) -> bytes:
    record = readable.log_record
    flags = count32(record.trace_flags)
    dropped = count32(readable.dropped_attributes)
    return b"".join(
        [
            b"\x09" + fixed64(record.timestamp),
            _severity(getattr(record.severity_number, "value", None), record.severity_text),
            delimited(b"\x2a", any_value(record.body)),
            attributes_bytes(record.attributes, 0x32),
            b"\x38" + varint(dropped) if dropped else b"",
            b"\x45" + flags.to_bytes(4, "little") if flags else b"",
            b"\x4a\x10" + identifier(record.trace_id, 16) if record.trace_id else b"",
            b"\x52\x08" + identifier(record.span_id, 8) if record.span_id else b"",
            b"\x59" + fixed64(record.observed_timestamp),
            text_field(b"\x62", safe_text(record.event_name)) if record.event_name else b"",
        ]
    )


def _severity(number: Any, text: Any) -> bytes:
    key = (number, text)
    known = _severities.get(key)
    if known is None:
        body = b"\x10" + varint(count32(number)) if number else b""
        known = _remember(_severities, key, body + (text_field(b"\x1a", safe_text(text)) if text else b""))
    return known


def _named_scope(name: str) -> Envelope:
    known = _names.get(name)
    if known is None:
        field = delimited(b"\x0a", text_bytes(name)) if name else b""
        if len(_names) >= MAX_REMEMBERED:
            _names.clear()
        known = _names[name] = (delimited(b"\x0a", field), b"")
    return known


def _remember(cache: dict[Any, bytes], key: Any, content: bytes) -> bytes:
    if len(cache) >= MAX_REMEMBERED:
        cache.clear()
    cache[key] = content
    return content
