"""
Message, arguments, extras and exception of a log record, as they were at the call. Nothing here raises.

A message is formatted on the calling thread only when an argument could change before somebody else looks at it. Exceptions and
stacks are rendered at once: a traceback keeps every frame's variables alive, and one that waits in a queue while the collector is
down would hold the agent's memory.

Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
"""

import logging
from itertools import islice
from typing import Any

from otel_agent.delivery.wire.values import IMMUTABLE, plain, safe_text
from otel_agent.recording.failures import SAFE_TEXT, stack_of, type_name

__all__ = ["ORDINARY_COUNT", "exception_attributes", "extras", "formatted", "message_and_arguments"]

_FIRST = tuple(vars(logging.makeLogRecord({})))
_LAST = _FIRST[-1]
ORDINARY_COUNT = len(_FIRST)
"""Number of attributes that logging itself sets in a record; one with no more has no extras."""

_ORDINARY = frozenset({*_FIRST, "message", "asctime", "taskName", "_logger", "_name", "_from_structlog"})
_STRUCTLOG = frozenset(
    {"event", "level", "timestamp", "logger", "exc_info", "stack_info", "_record", "_from_structlog"}
)
"""Keys of structlog's event dictionary that the record says already."""


def message_and_arguments(record: logging.LogRecord) -> tuple[str, tuple[Any, ...] | None]:
    """
    A record's message, and its arguments where they can wait.

    Args:
        record: A record of any class; one of somebody's own formats itself.

    Returns:
        The message as a text, and None or a tuple of values that cannot change.
    """
    if record.__class__ is not logging.LogRecord:
        return _own_message(record), None
    message, arguments = record.msg, record.args
    if message.__class__ is not str:
        message = safe_text(message["event"] if message.__class__ is dict and "event" in message else message)
    if not arguments:
        return message, None
    if arguments.__class__ is not tuple:
        return formatted(message, arguments), None
    for argument in arguments:
        if argument.__class__ not in IMMUTABLE:
            return formatted(message, arguments), None
    return message, arguments


def _own_message(record: logging.LogRecord) -> str:
    """A record class of somebody's own may format in its own way."""
    try:
        return safe_text(record.getMessage())
    except Exception:  # noqa: BLE001 - getMessage formats foreign arguments
        return _unformatted(record.msg, record.args)


def formatted(message: str, arguments: Any) -> str:
    """A message with its arguments; both, side by side, where they do not fit each other."""
    try:
        return str.__mod__(message, arguments)
    except Exception:  # noqa: BLE001 - wrong placeholders, and __str__ of arguments
        return _unformatted(message, arguments)


def _unformatted(message: Any, arguments: Any) -> str:
    return f"{safe_text(message)} {safe_text(plain(arguments))}"


def extras(values: dict[str, Any]) -> dict[str, Any] | None:
    """
    What a caller added to a record.

    Args:
        values: The record's dictionary; not changed.

    Returns:
        Copies of what could change; None when there is nothing.
    """
    # What logging itself sets comes first, in the order in which it always does; unless somebody has taken some of it away.
    items = iter(values.items())
    last, _ = next(islice(items, ORDINARY_COUNT - 1, None), ("", None))
    found = {
        key: value if value.__class__ in IMMUTABLE else plain(value)
        for key, value in (items if last == _LAST else values.items())
        if key not in _ORDINARY
    }
    if values["msg"].__class__ is dict and "event" in values["msg"]:  # as structlog's wrap_for_formatter leaves it
        found |= {key: plain(value) for key, value in values["msg"].items() if key not in _STRUCTLOG}
    return found or None


def exception_attributes(record: logging.LogRecord) -> dict[str, Any]:
    """
    Attributes of a record's exception and stack, rendered at once.

    Args:
        record: A record with `exc_info` or `stack_info`, of whatever type callers put there.

    Returns:
        `exception.type`, `exception.message`, `exception.stacktrace` and `code.stacktrace`, as far as known. Never raises.
    """
    attributes: dict[str, Any] = {}
    information = record.exc_info
    error = information[1] if isinstance(information, tuple) and len(information) > 1 else None
    if isinstance(error, BaseException):
        attributes["exception.type"] = type_name(error)
        attributes["exception.message"] = safe_text(getattr(error, SAFE_TEXT, error))
        attributes["exception.stacktrace"] = safe_text(stack_of(error))
    if record.stack_info:
        attributes["code.stacktrace"] = safe_text(record.stack_info)
    return attributes
