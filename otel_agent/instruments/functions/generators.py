"""
Wrappers of traced generators, whose span is current only while their body runs.

Whoever iterates a generator runs its body for a moment and then does something else. The span is current for that moment and put aside
with the next `yield`. What the body itself attaches (baggage, a span of its own) stays attached, as without us: a context manager made
of a generator is there for that. Contexts are set, never reset by token: a generator may be resumed and closed by different tasks and
threads, which tokens refuse.

`send`, `throw` and `close` reach the body as they would without us. A generator that is closed early has not failed.
"""

import functools
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from opentelemetry.context import Context

from otel_agent.clock import wall_ns
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.attaching import without_span
from otel_agent.instruments.functions.calls import TracedFunction
from otel_agent.recording.context import current, make_current, with_span

__all__ = ["as_coroutine", "traced_async_generator", "traced_generator"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""


class _GeneratorSpan:
    """The span of one generator, and the context inside its body."""

    __slots__ = ("_before", "_first", "_function", "_inside", "_span", "_started")

    def __init__(self, function: TracedFunction) -> None:
        self._function = function
        before = current()
        self._span = None if function.limit is not None and not function.limit.allows() else function.start()
        self._inside = before if self._span is None else with_span(before, self._span)
        self._first = (self._inside, before)
        """The context in which the body begins, and what it is without the span."""
        self._started = wall_ns()
        self._before = before

    def capture(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Put the arguments on the span, if they are asked for."""
        if self._span is not None:
            self._function.capture.arguments(self._span, args, kwargs)

    def resume(self) -> None:
        """Make the generator's context current: its body runs."""
        self._before = current()
        make_current(self._inside)

    def pause(self) -> None:
        """Put the span aside: the body waits for whoever iterates it, who sees what the body has attached or detached."""
        inside = current()
        if inside is self._inside:
            make_current(self._before)
            return
        self._inside = inside
        make_current(self._outside(inside))

    def _outside(self, inside: Context) -> Context:
        first, before = self._first
        if inside is first:
            return before
        return without_span(inside, self._span, before)

    def finish(self, error: BaseException | None) -> None:
        """End the span: the body has ended."""
        self._function.finish(self._span, self._started, wall_ns(), error)


def traced_generator(
    function: Callable[..., Generator[Any, Any, Any]], traced_function: TracedFunction
) -> Callable[..., Any]:
    """
    Wrap a generator function; to be used through `signatures.wrap`.

    Args:
        function: The generator function; called at the first step of each generator.
        traced_function: What its spans share.

    Returns:
        The wrapper.
    """

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        generator_span = _GeneratorSpan(traced_function)
        if traced_function.capture is not None:
            generator_span.capture(args, kwargs)
        step: Callable[[Any], Any] = generator.send
        value: Any = None
        try:
            while True:
                generator_span.resume()
                try:
                    item = step(value)
                finally:
                    generator_span.pause()
                try:
                    value = yield item
                    step = generator.send
                except GeneratorExit:
                    generator_span.resume()
                    try:
                        generator.close()
                    finally:
                        generator_span.pause()
                    raise
                except BaseException as error:  # noqa: BLE001 - `throw` reaches the body as it would without us
                    step, value = generator.throw, error
        except StopIteration as stop:
            generator_span.finish(None)
            return stop.value
        except BaseException as error:
            generator_span.finish(error)
            raise

    binding.shared.add(traced_function)
    return traced


def traced_async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], traced_function: TracedFunction
) -> Callable[..., Any]:
    """
    Wrap an async generator function.

    Args:
        function: The generator function; called at the first step of each generator.
        traced_function: What its spans share.

    Returns:
        The wrapper.
    """

    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        generator_span = _GeneratorSpan(traced_function)
        if traced_function.capture is not None:
            generator_span.capture(args, kwargs)
        step: Callable[[Any], Any] = generator.asend
        value: Any = None
        try:
            while True:
                generator_span.resume()
                try:
                    item = await step(value)
                finally:
                    generator_span.pause()
                try:
                    value = yield item
                    step = generator.asend
                except GeneratorExit:
                    generator_span.resume()
                    try:
                        await generator.aclose()
                    finally:
                        generator_span.pause()
                    raise
                except BaseException as error:  # noqa: BLE001 - `athrow` reaches the body as it would without us
                    step, value = generator.athrow, error
        except StopAsyncIteration:
            generator_span.finish(None)
        except BaseException as error:
            generator_span.finish(error)
            raise

    binding.shared.add(traced_function)
    return traced


def as_coroutine(function: Callable[..., Any], wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """
    Let the generators of a wrapper be awaited where those of its function can be; see `types.coroutine`.

    Args:
        function: The generator function.
        wrapper: Its wrapper, a generator function too.

    Returns:
        The wrapper.
    """
    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    is_coroutine = bool(flags & inspect.CO_ITERABLE_COROUTINE)
    return types.coroutine(wrapper) if is_coroutine else wrapper
