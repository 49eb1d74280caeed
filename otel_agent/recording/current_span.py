"""A span that is current in a `with` block, or in every call of a function it decorates."""

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

from opentelemetry.trace import Status, StatusCode

from otel_agent.recording.context import current, make_current, restore, with_span
from otel_agent.recording.failures import text_of

__all__ = ["CurrentSpan"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""


class CurrentSpan:
    """
    What `Tracer.start_as_current_span` gives; the SDK makes two generators a span for the same purpose.

    The span begins at `__enter__`.

    Args:
        tracer: A tracer of ours; begins the span.
        arguments: Arguments of `Tracer.start_span`, in its order.
        end_on_exit: Whether the span ends with the block.
    """

    __slots__ = ("_arguments", "_end_on_exit", "_span", "_token", "_tracer")

    def __init__(self, tracer: Any, arguments: tuple[Any, ...], *, end_on_exit: bool) -> None:
        self._tracer = tracer
        self._arguments = arguments
        self._end_on_exit = end_on_exit

    def __enter__(self) -> Any:
        """Begin the span and make it current."""
        span = self._span = self._tracer.start_span(*self._arguments)
        self._token = make_current(with_span(current(), span))
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Give the context back and end the span."""
        span = self._span
        with suppress(
            ValueError
        ):  # the block was left in another task or thread: there is nothing of ours to undo there
            restore(self._token)
        if error is not None and isinstance(error, Exception) and span.is_recording():
            if self._arguments[6]:
                span.record_exception(error)
            if self._arguments[7]:
                span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {text_of(error)}"))
        if self._end_on_exit:
            span.end()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function: each call has a span of its own."""
        again = functools.partial(CurrentSpan, self._tracer, self._arguments, end_on_exit=self._end_on_exit)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with again():
                    return await function(*args, **kwargs)

            return awaited

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with again():
                return function(*args, **kwargs)

        return called
