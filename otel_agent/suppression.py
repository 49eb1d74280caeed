"""
Blocks in which OpenTelemetry's instrumentations see nothing: our own requests are nobody's spans.

`opentelemetry.instrumentation.utils` has the same; importing it imports wrapt, asyncio and some eighty modules more, in an agent
that may have use for none of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context
from opentelemetry.context import Context

__all__ = ["suppressed_instrumentation"]

_KEYS = (getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", None), "suppress_instrumentation")
"""What instrumentations look for; the second is what those of some years ago look for."""


@contextmanager
def suppressed_instrumentation() -> Iterator[None]:
    """A block in which instrumentations begin no span and measure nothing, on this thread or in this task."""
    token = context.attach(Context({**context.get_current(), **{key: True for key in _KEYS if key is not None}}))
    try:
        yield
    finally:
        context.detach(token)
