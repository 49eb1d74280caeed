"""
Generators under a span, which is current only while their body runs.

Whoever iterates a generator runs its body for a moment and then does something else. The span, and whatever the body itself has made
current, is attached for that moment and put aside with the next `yield`. Contexts are set, never reset by token: a generator may be
resumed and closed by different tasks and threads, which tokens refuse.

`send`, `throw` and `close` reach the body as they would without us. A generator that is closed early has not failed.
"""

import functools
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from otel_agent.clock import wall_ns
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.calls import TracedFunction
from otel_agent.recording.context import current, make_current, with_span

__all__ = ["traced_async_generator", "traced_generator"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""


class _Steps:
    """The span of one generator, and what is current inside its body."""

    __slots__ = ("_before", "_call", "_inside", "_span", "_started")

    def __init__(self, call: TracedFunction, args: Any, kwargs: Any) -> None:
        self._call = call
        before = current()
        self._span = None if call.limit is not None and not call.limit.allows() else call.start()
        self._inside = before if self._span is None else with_span(before, self._span)
        self._started = wall_ns()
        self._before = before
        if call.capture is not None and self._span is not None:
            call.capture.arguments(self._span, args, kwargs)

    def resume(self) -> None:
        """The body runs."""
        self._before = current()
        make_current(self._inside)

    def pause(self) -> None:
        """The body waits for whoever iterates it."""
        self._inside = current()
        make_current(self._before)

    def finish(self, error: BaseException | None) -> None:
        """The body has ended."""
        self._call.finish(self._span, self._started, wall_ns(), error)


def traced_generator(function: Callable[..., Generator[Any, Any, Any]], call: TracedFunction) -> Callable[..., Any]:
    """
    Wrap a generator function.

    Args:
        function: Called at the first step of each generator.
        call: What its spans share.
    """

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        steps = _Steps(call, args, kwargs)
        step: Callable[[Any], Any] = generator.send
        value: Any = None
        try:
            while True:
                steps.resume()
                try:
                    item = step(value)
                finally:
                    steps.pause()
                try:
                    value = yield item
                    step = generator.send
                except GeneratorExit:
                    steps.resume()
                    try:
                        generator.close()
                    finally:
                        steps.pause()
                    raise
                except BaseException as error:  # noqa: BLE001 - `throw` reaches the body as it would without us
                    step, value = generator.throw, error
        except StopIteration as stop:
            steps.finish(None)
            return stop.value
        except BaseException as error:
            steps.finish(error)
            raise

    binding.now.add(call)
    return traced


def traced_async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], call: TracedFunction
) -> Callable[..., Any]:
    """
    Wrap an async generator function.

    Args:
        function: Called at the first step of each generator.
        call: What its spans share.
    """

    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        steps = _Steps(call, args, kwargs)
        step: Callable[[Any], Any] = generator.asend
        value: Any = None
        try:
            while True:
                steps.resume()
                try:
                    item = await step(value)
                finally:
                    steps.pause()
                try:
                    value = yield item
                    step = generator.asend
                except GeneratorExit:
                    steps.resume()
                    try:
                        await generator.aclose()
                    finally:
                        steps.pause()
                    raise
                except BaseException as error:  # noqa: BLE001 - `athrow` reaches the body as it would without us
                    step, value = generator.athrow, error
        except StopAsyncIteration:
            steps.finish(None)
        except BaseException as error:
            steps.finish(error)
            raise

    binding.now.add(call)
    return traced
