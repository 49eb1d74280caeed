"""
One record, one line: JSON for machines, text for people.

A JSON line has no line break inside, is ASCII whatever the record holds, so neither a terminal nor a line splitter can be
fooled by it, and is at most `MAX_LINE_BYTES` long. python-json-logger is not used: it formats a `logging.LogRecord` on the
thread that logged, with the arguments and the traceback still alive, while here a finished entry is formatted by the thread
that writes; and it neither bounds a line nor repairs what JSON cannot carry.

Fields: see "Log records" in the interface; severity numbers are OpenTelemetry's.
"""

import json
import logging
import math
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from otel_agent.delivery.wire.values import LEFT_OUT, plain, safe_text, shortened, within
from otel_agent.logs.bridge import BridgeHandler

__all__ = ["MAX_LINE_BYTES", "JsonFormatter", "json_line", "text_line"]

MAX_LINE_BYTES = 32 * 1024
"""Longest line, its line break included: 32,768 bytes, what common log collectors take as one line."""

_TOP = ("exception.type", "exception.message", "exception.stacktrace")
_CUTS = tuple((limit, 1 << 12) for limit in (24_576, 16_384, 8192, 4096, 2048, 1024, 512, 256, 128)) + tuple(
    (128, most) for most in (512, 256, 128, 64, 32, 16, 8)
)
"""Longest text and most items of a collection that a line that is too long is cut to, tried in turn."""

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def json_line(record: Any) -> str:
    """
    A record as one line of JSON, with its line break.

    Args:
        record: An entry of the bridge or the SDK's `ReadableLogRecord`.

    Returns:
        ASCII, at most `MAX_LINE_BYTES` long; what had to be cut says so. Never raises for what a record holds.
    """
    fields = _fields(record)
    line = _encoded(fields)
    if len(line) >= MAX_LINE_BYTES:
        line = _fitting(fields)
    return line + "\n"


def _fields(record: Any) -> dict[str, Any]:
    if getattr(record, "place", None) is None:
        record = _as_entry(record)
    fields: dict[str, Any] = {
        "timestamp": timestamp(record.time_ns),
        "severity_text": record.severity_text,
        "severity_number": record.severity_number,
        "body": record.body,
        "logger": record.logger,
    }
    if record.trace_id:
        fields["trace_id"] = f"{record.trace_id:032x}"
        fields["span_id"] = f"{record.span_id:016x}"
    resource = getattr(record.resource, "attributes", None)
    service = resource.get("service.name") if resource else None
    if service:
        fields["service.name"] = service
    attributes = record.attributes
    if attributes:
        if "exception.type" in attributes:
            fields |= {name: attributes[name] for name in _TOP if name in attributes}
            attributes = {name: value for name, value in attributes.items() if name not in _TOP}
        if attributes:
            fields["attributes"] = attributes
    return fields


def _as_entry(readable: Any) -> Any:
    record = readable.log_record
    attributes = dict(record.attributes or {})
    if record.event_name:
        attributes["event.name"] = record.event_name
    return SimpleNamespace(
        time_ns=record.timestamp or record.observed_timestamp or 0,
        severity_text=record.severity_text or "",
        severity_number=getattr(record.severity_number, "value", None) or 0,
        body="" if record.body is None else record.body,
        logger=getattr(readable.instrumentation_scope, "name", ""),
        trace_id=record.trace_id,
        span_id=record.span_id,
        resource=readable.resource,
        attributes=attributes,
    )


def _encoded(fields: dict[str, Any]) -> str:
    try:
        line = _encode(fields)
    except Exception:  # noqa: BLE001 - not finite, too many digits, or foreign types inside
        return _encode(_repaired(_plain_fields(fields)))
    return _encode(_repaired(_plain_fields(fields))) if "\\ud" in line else line


def _plain_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Each field and each attribute made plain for itself, so that a long one costs its neighbours nothing."""
    attributes = fields.get("attributes")
    made = {name: plain(value) for name, value in fields.items() if name != "attributes"}
    if isinstance(attributes, Mapping):
        made["attributes"] = {safe_text(name): plain(value) for name, value in attributes.items()}
    return made


def _repaired(value: Any) -> Any:
    """What JSON cannot carry as its readers expect: numbers that are not finite, bytes, halves of surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {_repaired(key): _repaired(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    return value


def _fitting(fields: dict[str, Any]) -> str:
    fields = _plain_fields(fields)
    for most_chars, most_items in _CUTS:
        cut = within(fields, most_chars, max(most_items, len(fields)))
        if cut is not None:
            line = _encoded(cut[0])
            if len(line) < MAX_LINE_BYTES:
                return line
    bare: dict[str, Any] = {
        name: value if value.__class__ is int else shortened(safe_text(value), 128)
        for name, value in fields.items()
        if name != "attributes"
    }
    bare["attributes"] = {LEFT_OUT: f"{len(fields.get('attributes', ()))} entries left out"}
    return _encoded(bare)


def timestamp(time_ns: int) -> str:
    """A time in nanoseconds since 1970 as RFC 3339 has it, in UTC, to the microsecond."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    try:
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanoseconds // 1000:06d}Z"
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00.000000Z"


_DIM = "2"
_LEAST_TEXT = 128
"""Characters of a text that are shown beside however many others."""
_COLOURS = {"TRACE": "2", "DEBUG": "2", "INFO": "36", "WARN": "33", "ERROR": "31", "FATAL": "1;31"}


def text_line(record: Any, *, is_coloured: bool = False) -> str:
    """
    A record as people read it: time, severity, logger, message, extras; a stack trace below, indented.

    Args:
        record: An entry of the bridge or the SDK's `ReadableLogRecord`.
        is_coloured: Whether the terminal understands colours.

    Returns:
        With its line break. Nothing that a terminal would obey is in it, whatever the record holds.
    """
    fields = _plain_fields(_fields(record))
    paint = _coloured if is_coloured else _plainly
    severity = fields["severity_text"]
    extras = {name: value for name, value in fields.get("attributes", {}).items() if name != "code.stacktrace"}
    share = max(_LEAST_TEXT, MAX_LINE_BYTES // (len(extras) + 1))
    parts = [
        paint(fields["timestamp"][11:23], _DIM),
        paint(f"{printable(severity):<5}", _COLOURS.get(severity, "0")),
        paint(printable(fields["logger"]), _DIM),
        printable(shortened(safe_text(fields["body"]), share)),
    ]
    for name, value in extras.items():
        parts.append(
            paint(f"{printable(shortened(name, share))}={printable(shortened(safe_text(value), share))}", _DIM)
        )
    if "trace_id" in fields:
        parts.append(paint(f"trace={fields['trace_id'][:8]}", _DIM))
    line = shortened("  ".join(parts), 2 * MAX_LINE_BYTES)
    stack = fields.get("exception.stacktrace") or fields.get("attributes", {}).get("code.stacktrace") or ""
    below = [f"    {printable(each)}" for each in shortened(stack, MAX_LINE_BYTES).splitlines()]
    return "\n".join([line, *below]) + "\n"


def printable(text: str) -> str:
    """A text with every character that a terminal would obey or could not show written out."""
    if text.isprintable():
        return text
    return "".join([letter if letter.isprintable() else repr(letter)[1:-1] for letter in text])


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plainly(text: str, code: str) -> str:  # noqa: ARG001 - in place of `_coloured`
    return text


class JsonFormatter(logging.Formatter):
    """
    The same JSON lines from handlers of the agent's own, for `dictConfig` and `logging.Handler.setFormatter`.

    The line break is the handler's to add. Nothing is redacted here: the record never passes the place where that is done.

    Args:
        service_name: `service.name` of every line; None leaves it out.
    """

    def __init__(self, service_name: str | None = None) -> None:
        super().__init__()
        attributes = {"service.name": service_name} if service_name else {}
        self._bridge = BridgeHandler(None, SimpleNamespace(attributes=attributes))

    def format(self, record: logging.LogRecord) -> str:
        """A record as one line of JSON, without its line break."""
        return json_line(self._bridge.entry(record))[:-1]
