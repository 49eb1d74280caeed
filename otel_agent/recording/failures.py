"""
Words for exceptions, also for those that refuse to be described.

Everything here is called while the agent's own exception is on its way; nothing here may put another in its place.
"""

import traceback
from typing import Any

__all__ = ["is_failure", "mark_recorded", "stack_of", "text_of", "type_name"]

_RECORDED = "__otel_agent_recorded__"
"""Set on an exception that a span has described: the trace it was described in."""

_ENDINGS = (StopIteration, StopAsyncIteration)


def is_failure(error: BaseException) -> bool:
    """
    Whether an exception means that something went wrong.

    Cancellation, `GeneratorExit`, `KeyboardInterrupt` and `SystemExit` stop what is going on, and the end of an iteration is how
    iterators say that they are done.
    """
    return isinstance(error, Exception) and not isinstance(error, _ENDINGS)


def type_name(error: BaseException) -> str:
    """Full name of an exception's class, without "builtins"."""
    kind = type(error)
    module = kind.__module__
    return f"{module}.{kind.__qualname__}" if module and module != "builtins" else kind.__qualname__


def text_of(error: BaseException) -> str:
    """An exception's message."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise
        return "<no text: its __str__ raised>"


def stack_of(error: BaseException) -> str:
    """An exception's traceback with its causes, as Python prints it."""
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001 - formatting calls the exception's own code
        return "<no traceback: it could not be formatted>"


def mark_recorded(error: Any, trace_id: int) -> bool:
    """
    Remember that an exception has been described in a trace.

    On its way up through callers an exception passes several spans; each has an error then, and one describes it.

    Args:
        error: On its way.
        trace_id: Of the span that asks.

    Returns:
        Whether no span of the trace has described it yet.
    """
    try:
        if getattr(error, _RECORDED, None) == trace_id:
            return False
        setattr(error, _RECORDED, trace_id)
    except Exception:  # noqa: BLE001, S110 - an exception may refuse attributes; then each span describes it
        pass
    return True
