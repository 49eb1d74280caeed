"""
Exceptions and stacks of log records as attributes, rendered at once.

A traceback keeps every frame's variables alive; one that waits in a queue while the collector is down would hold the agent's
memory. So what is sent of it is made into text on the calling thread.

Source: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/
"""

import logging
from typing import Any

from otel_agent.delivery.wire.values import safe_text
from otel_agent.recording.failures import SAFE_TEXT, stack_of

__all__ = ["exception_attributes"]


def exception_attributes(record: logging.LogRecord) -> dict[str, Any]:
    """
    What a record says about an exception or a stack.

    Args:
        record: With `exc_info` or `stack_info`, of whatever type callers put there.

    Returns:
        `exception.type`, `exception.message`, `exception.stacktrace` and `code.stacktrace`, as far as known. Never raises.
    """
    attributes: dict[str, Any] = {}
    information = record.exc_info
    error = information[1] if isinstance(information, tuple) and len(information) > 1 else None
    if isinstance(error, BaseException):
        kind = type(error)
        is_builtin = kind.__module__ == "builtins"
        attributes["exception.type"] = kind.__qualname__ if is_builtin else f"{kind.__module__}.{kind.__qualname__}"
        attributes["exception.message"] = safe_text(getattr(error, SAFE_TEXT, error))
        attributes["exception.stacktrace"] = safe_text(stack_of(error))
    if record.stack_info:
        attributes["code.stacktrace"] = safe_text(record.stack_info)
    return attributes
