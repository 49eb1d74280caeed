"""
Type, message and stack trace of an exception, also of one that refuses to be described.

Everything here is called while the agent's own exception is on its way; nothing here may put another in its place.
"""

import traceback
from typing import TYPE_CHECKING, Any

from otel_agent.late_imports import late_module
from otel_agent.recording import stacks

if TYPE_CHECKING:
    from otel_agent.recording import large_exceptions
else:
    large_exceptions = late_module("otel_agent.recording.large_exceptions")

__all__ = ["SAFE_TEXT", "is_failure", "mark_recorded", "stack_of", "text_of", "type_name"]

SAFE_TEXT = "__otel_agent_text__"
"""
Attribute of an exception whose own words must not leave the process: what may be said in their place.

Database drivers quote values in their messages; `instruments.databases.errors` puts this on their exceptions.
"""

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
    """An exception's message, or what may be said in its place."""
    try:
        return str(getattr(error, SAFE_TEXT, error))
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise
        return "<no text: its __str__ raised>"


def stack_of(error: BaseException) -> str:
    """
    An exception's traceback with its causes, as Python prints it.

    When there is one with a `SAFE_TEXT` among them, that is what it says, and lines of source are left out: the statement and its
    values may well stand in the line that sent it.
    """
    try:
        chain = _chain(error)
        if any(hasattr(each, SAFE_TEXT) for each, _ in chain):
            return "".join(f"{_one(each)}{link}" for each, link in chain)
        if _may_be_large(error) and large_exceptions.is_large(error):
            return large_exceptions.stack_of_large(error)
        return stacks.formatted(error)
    except Exception:  # noqa: BLE001 - formatting calls the exception's own code
        return "<no traceback: it could not be formatted>"


_CHAIN_LIMIT = 50


def _chain(error: BaseException) -> list[tuple[BaseException, str]]:
    """An exception behind those it came from and, in a group, those it consists of; each with what Python prints after it."""
    chain: list[tuple[BaseException, str]] = []
    seen: set[int] = set()
    waiting: list[tuple[BaseException | None, str]] = [(error, "")]
    while waiting and len(chain) < _CHAIN_LIMIT:
        each, link = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        chain.append((each, link))
        if isinstance(each, BaseExceptionGroup):
            waiting += [(part, "\n") for part in each.exceptions]
        if each.__cause__ is not None:
            waiting.append((each.__cause__, stacks.CAUSED))
        elif not each.__suppress_context__:
            waiting.append((each.__context__, stacks.DURING))
    return chain[::-1]


def _may_be_large(error: BaseException) -> bool:
    """Whether it is worth a closer look: a group, an exception that came from another, or a traceback of many frames."""
    if isinstance(error, BaseExceptionGroup) or error.__cause__ is not None or error.__context__ is not None:
        return True
    frames, count = error.__traceback__, 0
    while frames is not None and count <= _CHAIN_LIMIT:
        frames, count = frames.tb_next, count + 1
    return count > _CHAIN_LIMIT


def _one(error: BaseException) -> str:
    frames = "".join(
        f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}\n'
        for frame, line in traceback.walk_tb(error.__traceback__)
    )
    notes = "".join(f"{note}\n" for note in getattr(error, "__notes__", ()))
    heading = "Traceback (most recent call last):\n" if frames else ""
    return f"{heading}{frames}{type_name(error)}: {text_of(error)}\n{notes}"


def mark_recorded(error: Any, trace_id: int) -> bool:
    """
    Remember that an exception has been described in a trace.

    On its way up through callers an exception passes several spans; each has an error then, and one describes it.

    Args:
        error: Exception on its way up.
        trace_id: Trace of the span that asks.

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
