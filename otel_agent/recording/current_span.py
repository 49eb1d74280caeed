"""A span that is current in a `with` block, or in every call of a function it decorates."""

import functools
import inspect
from collections.abc import Callable, Mapping
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

    The span begins at `__enter__`. Tracers make it and fill its slots: a call of `__init__` would cost as much as the rest.
    """

    __slots__ = ("_span", "_token", "attributes", "end_on_exit", "name", "special", "tracer")

    tracer: Any
    """A tracer of ours; begins the span."""
    name: str
    """Span name."""
    attributes: Mapping[str, Any] | None
    """Attributes of the span; not yet cleaned."""
    special: tuple[Any, ...] | None
    """Arguments of `Tracer.start_span` where one of them but `name` and `attributes` is not the usual one, in its order."""
    end_on_exit: bool
    """Whether the span ends with the block."""

    def __enter__(self) -> Any:
        """Begin the span and make it current."""
        before = current()
        if self.special is None:
            span = self.tracer.begin_usual(self.name, self.attributes, before)
        else:
            span = self.tracer.start_span(*self.special)
        self._span = span
        self._token = make_current(with_span(before, span))
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Give the context back and end the span."""
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(self._token)
        except ValueError:
            pass  # the block was left in another task or thread: there is nothing of ours to undo there
        span = self._span
        if error is not None and isinstance(error, Exception) and span.is_recording():
            is_recorded, is_status_set = (True, True) if self.special is None else self.special[6:8]
            if is_recorded:
                span.record_exception(error)
            if is_status_set:
                span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {text_of(error)}"))
        if self.end_on_exit:
            span.end()

    def _again(self) -> "CurrentSpan":
        """The same for another block."""
        block = CurrentSpan()
        block.tracer, block.name, block.attributes = self.tracer, self.name, self.attributes
        block.special, block.end_on_exit = self.special, self.end_on_exit
        return block

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function: each call has a span of its own."""
        again = self._again
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
