"""
Calls with a duration and no span: the wrappers behind `functions.timed`.

A call costs two looks at the clock and one list append. Until telemetry starts, functions run bare.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from types import CellType, CodeType
from typing import Any

from otel_agent.clock import perf_s
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.callables import is_coroutine_function
from otel_agent.instruments.functions.generators import as_coroutine
from otel_agent.instruments.functions.signatures import cell_of, code_of, wrap
from otel_agent.recording.durations import FunctionDurations
from otel_agent.recording.recorder import Recorder

__all__ = ["timed_function"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""


class _Timer:
    """Durations of one timed function."""

    __slots__ = ("__weakref__", "cell", "code", "durations_s", "name", "series")

    def __init__(self, name: str) -> None:
        self.name = name
        self.code: CodeType | None = None
        """Code of the function; it tells where it stands."""
        self.cell: CellType | None = None
        """Where its wrapper finds the function, a place for `probes`; None where there is none."""
        self.durations_s: list[float] | None = None
        """`None`: nothing is counted."""
        binding.shared.add(self)

    def bind(self, recorder: Recorder | None) -> None:
        """Count with a recorder; its series is never taken away, because a call may be in the middle."""
        if recorder is None:
            self.durations_s = None
            return
        self.series: FunctionDurations = recorder.durations.series(self.name)
        self.durations_s = self.series.pending_s

    def __reduce__(self) -> tuple[Any, ...]:
        # Functions that are pickled by value (cloudpickle) take their timer along; series stay in their process.
        return _Timer, (self.name,)

    def end(self, started_s: float, error: BaseException | None) -> None:
        """Count a call that ends now."""
        if self.durations_s is not None:
            self.series.add(int((perf_s() - started_s) * 1e9), error)


def timed_function(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """
    Wrap a function of any kind.

    Args:
        function: Function to time; a generator from its first step to its end, time outside its body included.
        name: Name under which its durations are counted.

    Returns:
        The wrapper.
    """
    timer = _Timer(name)
    if inspect.isasyncgenfunction(function):
        return wrap(_async_generator, function, timer)
    if inspect.isgeneratorfunction(function):
        return as_coroutine(function, wrap(_generator, function, timer))
    if is_coroutine_function(function):
        return wrap(_coroutine, function, timer)
    timer.code = code_of(function)
    wrapper = wrap(_function, function, timer)
    timer.cell = cell_of(wrapper, "function")
    return wrapper


def _function(function: Callable[..., Any], timer: _Timer) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        durations_s = timer.durations_s
        if durations_s is None:
            return function(*args, **kwargs)
        started_s = perf_s()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            timer.end(started_s, error)
            raise
        ended_s = perf_s()
        durations_s.append(ended_s - started_s)
        if ended_s > timer.series.due_s:
            timer.series.look(ended_s)
        return result

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
