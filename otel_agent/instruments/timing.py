"""
Calls with a duration and no span: the wrappers behind `functions.timed`.

A call costs two looks at the clock and one list append. Until telemetry starts, functions run bare.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from otel_agent.clock import perf_ns
from otel_agent.instruments import binding
from otel_agent.recording.durations import FULL, Series
from otel_agent.recording.failures import is_failure, type_name
from otel_agent.recording.recorder import Recorder

__all__ = ["timed_function"]


class _Timer:
    """Where the durations of one function go."""

    __slots__ = ("__weakref__", "name", "rebind", "series")

    def __init__(self, name: str, rebind: Callable[[Series | None], None] | None = None) -> None:
        self.name = name
        self.rebind = rebind
        self.series: Series | None = None
        binding.now.add(self)

    def bind(self, recorder: Recorder | None) -> None:
        self.series = None if recorder is None else recorder.durations.series(self.name)
        if self.rebind is not None:
            self.rebind(self.series)

    def end(self, started: int, error: BaseException | None) -> None:
        """Count a call that ends now."""
        duration_ns = perf_ns() - started
        series = self.series
        if series is None:
            return
        if error is not None and is_failure(error):
            series.fail(type_name(error), duration_ns)
            return
        series.pending.append(duration_ns)
        if len(series.pending) >= FULL:
            series.hand_over()


def timed_function(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """
    Wrap a function of any kind.

    Args:
        function: To be timed; a generator from its first step to its end, time outside its body included.
        name: Under which its durations are counted.
    """
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, _Timer(name))
    if inspect.isgeneratorfunction(function):
        return _generator(function, _Timer(name))
    return _coroutine(function, _Timer(name)) if inspect.iscoroutinefunction(function) else _function(function, name)


def _function(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    is_on = False
    pending: Any = None
    hand_over: Any = None

    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        if not is_on:
            return function(*args, **kwargs)
        started = perf_ns()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            timer.end(started, error)
            raise
        pending.append(perf_ns() - started)
        if len(pending) >= FULL:
            hand_over()
        return result

    def rebind(series: Series | None) -> None:
        nonlocal is_on, pending, hand_over
        if series is not None:
            pending, hand_over = series.pending, series.hand_over
        is_on = series is not None

    timer = _Timer(name, rebind)
    return timed


def _coroutine(function: Callable[..., Any], timer: _Timer) -> Callable[..., Any]:
    @functools.wraps(function)
    async def timed(*args: Any, **kwargs: Any) -> Any:
        started = perf_ns()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            timer.end(started, error)
            raise
        timer.end(started, None)
        return result

    return timed


def _generator(function: Callable[..., Generator[Any, Any, Any]], timer: _Timer) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        started = perf_ns()
        try:
            result = yield from function(*args, **kwargs)
        except BaseException as error:
            timer.end(started, error)
            raise
        timer.end(started, None)
        return result

    return timed


def _async_generator(function: Callable[..., AsyncGenerator[Any, Any]], timer: _Timer) -> Callable[..., Any]:
    @functools.wraps(function)
    async def timed(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        started = perf_ns()
        step: Callable[[Any], Any] = generator.asend
        value: Any = None
        try:
            while True:
                item = await step(value)
                try:
                    value = yield item
                    step = generator.asend
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - `athrow` reaches the body as it would without us
                    step, value = generator.athrow, error
        except StopAsyncIteration:
            timer.end(started, None)
        except BaseException as error:
            timer.end(started, error)
            raise

    return timed
