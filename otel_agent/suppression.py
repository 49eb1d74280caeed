"""
Blocks in which OpenTelemetry's instrumentations see nothing: our own requests are nobody's spans.

`opentelemetry.instrumentation.utils` has the same; importing it imports wrapt, asyncio and some eighty modules more, in an agent
that may have use for none of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context
from opentelemetry.context import Context

__all__ = ["is_suppressed", "suppressed_instrumentation"]

_OLD = "suppress_instrumentation"
"""The key that instrumentations used before the API had one."""

_KEY: str = getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", _OLD)


def is_suppressed(surroundings: Context) -> bool:
    """
    Whether instrumentations are to see nothing.

    Args:
        surroundings: A context of OpenTelemetry's.
    """
    return bool(surroundings.get(_KEY) or surroundings.get(_OLD))


@contextmanager
def suppressed_instrumentation() -> Iterator[None]:
    """A block in which instrumentations begin no span and measure nothing, on this thread or in this task."""
    token = context.attach(Context({**context.get_current(), _KEY: True, _OLD: True}))
    try:
        yield
    finally:
        context.detach(token)
