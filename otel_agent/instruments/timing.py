"""
Calls with a duration and no span: the wrappers behind `functions.timed`.

A call costs two looks at the clock and one list append. Until telemetry starts, functions run bare.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from otel_agent.clock import perf_s
from otel_agent.instruments import binding
from otel_agent.instruments.signatures import wrapped
from otel_agent.recording.durations import FULL, Series
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

    def end(self, started_s: float, error: BaseException | None) -> None:
        """Count a call that ends now."""
        if self.series is not None:
            self.series.add(int((perf_s() - started_s) * 1e9), error)


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
    return (
        _coroutine(function, _Timer(name))
        if inspect.iscoroutinefunction(function)
        else wrapped(_function, function, name)
    )


def _function(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    is_on: Any = False
    durations_s: Any = None
    hand_over: Any = None

    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        if not is_on:
            return function(*args, **kwargs)
        started_s = perf_s()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            timer.end(started_s, error)
            raise
        durations_s.append(perf_s() - started_s)
        if len(durations_s) >= FULL:
            hand_over()
        return result

    def rebind(series: Series | None) -> None:
        nonlocal is_on, durations_s, hand_over
        if series is not None:
            durations_s, hand_over = series.pending_s, series.hand_over
        is_on = series is not None

    timer = _Timer(name, rebind)
    return timed


def _coroutine(function: Callable[..., Any], timer: _Timer) -> Callable[..., Any]:
    @functools.wraps(function)
    async def timed(*args: Any, **kwargs: Any) -> Any:
        started_s = perf_s()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            timer.end(started_s, error)
            raise
        timer.end(started_s, None)
        return result

    return timed


def _generator(function: Callable[..., Generator[Any, Any, Any]], timer: _Timer) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        started_s = perf_s()
        try:
            result = yield from function(*args, **kwargs)
        except BaseException as error:
            timer.end(started_s, error)
            raise
        timer.end(started_s, None)
        return result

    return timed


def _async_generator(function: Callable[..., AsyncGenerator[Any, Any]], timer: _Timer) -> Callable[..., Any]:
    @functools.wraps(function)
    async def timed(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        started_s = perf_s()
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
            timer.end(started_s, None)
        except BaseException as error:
            timer.end(started_s, error)
            raise

    return timed
