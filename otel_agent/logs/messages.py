"""
Message, arguments, extras and exception of a log record, as they were at the call. Nothing here raises.

A message is formatted on the calling thread only when an argument could change before somebody else looks at it. Exceptions and
stacks are rendered at once: a traceback keeps every frame's variables alive, and one that waits in a queue while the collector is
down would hold the agent's memory.

Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from otel_agent.delivery.wire.values import IMMUTABLE, plain, safe_text
from otel_agent.late_imports import late_module
from otel_agent.logs.dispatch import quietly
from otel_agent.recording.failures import SAFE_TEXT, stack_of, type_name

if TYPE_CHECKING:
    from otel_agent.logs import printed_tracebacks
else:
    printed_tracebacks = late_module("otel_agent.logs.printed_tracebacks")

__all__ = [
    "ORDINARY_COUNT",
    "exception_attributes",
    "extras",
    "formatted",
    "formatted_message",
    "has_event",
    "message_and_arguments",
    "printed_exception",
]

_RECORD = logging.LogRecord
_FIRST = tuple(vars(logging.makeLogRecord({})))
_LAST = _FIRST[-1]
ORDINARY_COUNT = len(_FIRST)
"""Number of attributes that logging itself sets in a record; one with no more has no extras."""

_ORDINARY = frozenset({*_FIRST, "message", "asctime", "taskName", "_logger", "_name", "_from_structlog"})
_STRUCTLOG = frozenset(
    {"event", "level", "timestamp", "logger", "exc_info", "stack_info", "_record", "_from_structlog"}
)
"""Keys of structlog's event dictionary that the record says already."""

_STRUCTURES = (Mapping, list, tuple, set, frozenset)
"""Messages that stay what they are: what a reader looks for in them is a value, not a piece of text."""


def message_and_arguments(record: logging.LogRecord) -> tuple[Any, tuple[Any, ...] | None]:
    """
    A record's message, and its arguments where they can wait.

    Args:
        record: A record of any class; one of somebody's own formats itself.

    Returns:
        The message as a text, or a plain copy of a collection; of a mapping with an event that event alone. And None or a tuple of
        values that cannot change.
    """
    kind = record.__class__
    if kind is not _RECORD and kind.getMessage is not _RECORD.getMessage:
        return quietly(formatted_message, record), None
    message, arguments = record.msg, record.args
    if message.__class__ is not str:
        if isinstance(message, _STRUCTURES) and not arguments:
            return quietly(_structure, message), None
        message = quietly(safe_text, message)
    if not arguments:
        return message, None
    if arguments.__class__ is not tuple:
        return quietly(formatted, message, arguments), None
    for argument in arguments:
        if argument.__class__ not in IMMUTABLE:
            return quietly(formatted, message, arguments), None
    return message, arguments


def _structure(message: Any) -> Any:
    return plain(message["event"] if has_event(message) else message)


def has_event(message: Any) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a message is a mapping whose event is what it says, and the rest belongs to it, as event-based loggers write it."""
    return isinstance(message, Mapping) and "event" in message


def formatted_message(record: logging.LogRecord) -> str:
    """A record's message with its arguments, as its own class formats it; never raises."""
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
    keys = list(values)
    if len(keys) >= ORDINARY_COUNT and keys[ORDINARY_COUNT - 1] == _LAST:
        del keys[:ORDINARY_COUNT]
    found: dict[str, Any] = {}
    for key in keys:
        if key not in _ORDINARY:
            value = values[key]
            found[key] = value if value.__class__ in IMMUTABLE else quietly(plain, value)
    message = values.get("msg")
    if message.__class__ is not str:
        for key, value in quietly(_beside_event, message, values).items():
            found[f"message.{key}" if key in found and found[key] != value else key] = value
    return found or None


def _beside_event(message: Any, values: dict[str, Any]) -> dict[str, Any]:
    if not has_event(message):
        return {}
    said = _STRUCTLOG if "_logger" in values or "_from_structlog" in values else ("event",)
    rest: dict[str, Any] = plain({key: value for key, value in message.items() if key not in said})
    return rest


def printed_exception(values: dict[str, Any], message: Any) -> tuple[Any, dict[str, Any]] | None:
    """
    What is known of an exception that travelled as a text.

    `SocketHandler` sends it in `exc_text`; `QueueHandler` joins it to the message, and sets `message` to the same text.

    Args:
        values: Dictionary of a record without an exception.
        message: Its message.

    Returns:
        The message without the exception, and the exception's attributes; None where there is none.
    """
    text = values.get("exc_text")
    if text.__class__ is str and text.strip():
        return message, printed_tracebacks.described(text)
    if message.__class__ is str and values.get("message") == message:
        return printed_tracebacks.split(message)
    return None


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
