"""
What a generator or a context manager attaches stays attached, without the span of the call.

A call under a span runs in a context of its own. For most functions giving that context back also clears what they have forgotten to
detach. A context manager attaches on purpose: baggage, or a span of its own, for the block that follows. There the caller gets what the
body left, with the caller's own span in the place of the call's. Generators (see `generators`) and the four methods of context managers,
whose wrappers stand here, are treated so.
"""

import functools
from collections.abc import Callable
from typing import Any

from opentelemetry.context import Context

from otel_agent.clock import wall_ns
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.calls import TracedFunction
from otel_agent.recording.context import SPAN_KEY, current, make_current, put, restore

__all__ = ["attaching_coroutine", "attaching_function", "is_attaching", "without_span"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""

_METHODS = frozenset(("__aenter__", "__aexit__", "__enter__", "__exit__"))

_OUTSIDE = "otel_agent_outside"
"""Attribute of the context of a call that has ended: context of its caller."""


def is_attaching(function: Any) -> bool:
    """
    Whether a function is a method of context managers.

    Args:
        function: The function; its name says so.
    """
    return getattr(function, "__name__", None) in _METHODS


def attaching_function(function: Callable[..., Any], traced_function: TracedFunction) -> Callable[..., Any]:
    """
    Wrap `__enter__` or `__exit__`; to be used through `signatures.wrap`.

    Args:
        function: The method; called once in each span.
        traced_function: What its spans share.

    Returns:
        The wrapper.
    """

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        span, token, inside = traced_function.enter()
        started = wall_ns()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            traced_function.leave(span, token, started, error)
            raise
        _leave(traced_function, span, token, inside, started)
        return result

    binding.shared.add(traced_function)
    return traced


def attaching_coroutine(function: Callable[..., Any], traced_function: TracedFunction) -> Callable[..., Any]:
    """
    Wrap `__aenter__` or `__aexit__`; to be used through `signatures.wrap`.

    Args:
        function: The coroutine method; awaited once in each span.
        traced_function: What its spans share.

    Returns:
        The wrapper.
    """

    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        span, token, inside = traced_function.enter()
        started = wall_ns()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            traced_function.leave(span, token, started, error)
            raise
        _leave(traced_function, span, token, inside, started)
        return result

    binding.shared.add(traced_function)
    return traced


def without_span(inside: Context, span: Any, before: Context) -> Context:
    """
    A context as it would be without the span of a call.

    Args:
        inside: Context that the body of the call left.
        span: Span of the call; `None` when it has none.
        before: Context of the caller.

    Returns:
        The same context, when another span is current in it.
    """
    if span is None or inside.get(SPAN_KEY) is not span:
        return inside
    outside = Context(inside)
    _take_span(outside, before)
    return outside


def _leave(traced_function: TracedFunction, span: Any, token: Any, inside: Any, started: int) -> None:
    left = current()
    if token is None or left is inside:
        traced_function.leave(span, token, started, None)
        return
    try:
        restore(token)
    except ValueError:
        pass  # a coroutine that ends in another task: its context is not ours to change there
    else:
        before = current()
        # Whoever detaches later what the body attached comes back to the context of the call, whose span has ended by then.
        inside.__dict__[_OUTSIDE] = before
        _take_span(inside, before)
        while _OUTSIDE in left.__dict__:
            left = left.__dict__[_OUTSIDE]
        make_current(without_span(left, span, before))
    traced_function.leave(span, None, started, None)


def _take_span(context: Context, before: Context) -> None:
    span = before.get(SPAN_KEY)
    if span is not None:
        put(context, SPAN_KEY, span)
    else:
        dict.pop(context, SPAN_KEY, None)
