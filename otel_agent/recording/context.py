"""
The current context, read and set in one call each.

OpenTelemetry keeps the current context in one `ContextVar` behind three calls and a module. A span is begun and ended millions of
times, so this file, and no other, reaches for that variable. Where there is none (`OTEL_PYTHON_CONTEXT` names another runtime
context) the public functions serve instead; they mean the same and cost more.
"""

from collections.abc import Callable
from typing import Any

from opentelemetry import context as api
from opentelemetry import trace
from opentelemetry.context import Context

__all__ = ["SPAN_KEY", "context_functions", "current", "make_current", "put", "restore", "with_span"]

SPAN_KEY = next(iter(trace.set_span_in_context(trace.INVALID_SPAN, Context())))
"""Key under which a context holds its span; asked of the public interface, because the constant is private."""

put = dict.__setitem__
"""Writes into a context that nobody else has seen yet; a `Context` refuses it afterwards."""

ContextFunctions = tuple[Callable[[], Context], Callable[[Context], Any], Callable[[Any], None]]


def context_functions(runtime: Any) -> ContextFunctions:
    """
    Find the quickest functions that read and set the current context.

    Args:
        runtime: OpenTelemetry's runtime context, or anything else.

    Returns:
        Three functions: read the current context; make one current, which gives a token; go back to what was current before a
        token's. The last raises `ValueError` when the token belongs to another task or thread.
    """
    variable = getattr(runtime, "_current_context", None)
    if variable is not None and all(hasattr(variable, name) for name in ("get", "set", "reset")):
        return variable.get, variable.set, variable.reset
    if all(hasattr(runtime, name) for name in ("get_current", "attach", "detach")):
        return runtime.get_current, runtime.attach, runtime.detach
    return api.get_current, api.attach, api.detach


current, make_current, restore = context_functions(getattr(api, "_RUNTIME_CONTEXT", None))


def with_span(before: Context, span: Any) -> Context:
    """
    A context that holds a span and otherwise what another one holds.

    Args:
        before: The other context; stays as it is.
        span: Becomes the current span of whoever attaches the result.
    """
    if not before or (len(before) == 1 and SPAN_KEY in before):
        return Context({SPAN_KEY: span})  # the usual case, at half the price of copying and replacing
    context = Context(before)
    put(context, SPAN_KEY, span)
    return context
