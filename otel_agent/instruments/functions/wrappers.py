"""
The wrappers behind `functions.traced` for functions and coroutine functions.

Each has two ways. The quick one is written out in full, because every call of a function of our own would cost more than the work it
does; it is open when the parent is a plain span of ours (see `recording.tracers`), and `TracedFunction.hot` is the class that says so. The
complete one serves everything else: no telemetry yet, another provider, processors that listen, samplers that must be asked. Below
a span that was not sampled calls run bare, and their durations are counted all the same.
"""

import functools
from collections.abc import Callable
from typing import Any

from opentelemetry.context import Context

from otel_agent.clock import perf_s, wall_ns
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.calls import TracedFunction
from otel_agent.recording.context import SPAN_KEY, current, make_current, restore, with_span
from otel_agent.recording.durations import FULL

__all__ = ["coroutine", "plain"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""


def plain(function: Callable[..., Any], call: TracedFunction) -> Callable[..., Any]:  # noqa: C901, PLR0915 - the hot path, in one frame
    """
    Wrap a plain function; to be used through `signatures.wrapped`.

    Args:
        function: Called once in each span.
        call: What its spans share.
    """

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:  # noqa: C901, PLR0915 - as above
        before = current()
        parent: Any = before.get(SPAN_KEY)
        kind = type(parent)
        if kind is not call.hot:
            if kind is call.bare:
                started_s = perf_s()
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    call.count(started_s, error)
                    raise
                ended_s = perf_s()
                call.durations_s.append(ended_s - started_s)
                if ended_s > call.series.due_s:
                    call.series.look(ended_s)
                return result
            span, token = call.enter()
            started = wall_ns()
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                call.leave(span, token, started, error)
                raise
            call.leave(span, token, started, None)
            return result
        span = kind()
        span.site = call.site
        span.trace_id = parent.trace_id
        span.parent_id = parent.span_id
        span.flags = parent.flags
        span.span_id = call.random_bits(64)
        span.end_ns = span.own = span.extra = None
        token = make_current(Context({SPAN_KEY: span}) if len(before) == 1 else with_span(before, span))
        span.start_ns = started = wall_ns()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            call.leave(span, token, started, error)
            raise
        ended = wall_ns()
        restore(token)
        if span.end_ns is None:
            span.end_ns = ended
            if len(call.items) < call.queue.limit:
                call.items.append(span)
            else:
                call.queue.overflow(span)
        took = ended - started
        call.durations.append(took)
        if len(call.durations) >= FULL:
            call.series.hand_over()
        if not 0 <= took <= call.series.slowest_ns:
            call.series.example(took, span)
        return result

    binding.now.add(call)
    return traced


def coroutine(function: Callable[..., Any], call: TracedFunction) -> Callable[..., Any]:  # noqa: C901, PLR0915 - as above
    """
    Wrap a coroutine function, whose span is current wherever the coroutine runs; to be used through `signatures.wrapped`.

    Args:
        function: Awaited once in each span.
        call: What its spans share.
    """

    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:  # noqa: C901, PLR0915 - as above
        before = current()
        parent: Any = before.get(SPAN_KEY)
        kind = type(parent)
        if kind is not call.hot:
            if kind is call.bare:
                started_s = perf_s()
                try:
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    call.count(started_s, error)
                    raise
                ended_s = perf_s()
                call.durations_s.append(ended_s - started_s)
                if ended_s > call.series.due_s:
                    call.series.look(ended_s)
                return result
            span, token = call.enter()
            started = wall_ns()
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                call.leave(span, token, started, error)
                raise
            call.leave(span, token, started, None)
            return result
        span = kind()
        span.site = call.site
        span.trace_id = parent.trace_id
        span.parent_id = parent.span_id
        span.flags = parent.flags
        span.span_id = call.random_bits(64)
        span.end_ns = span.own = span.extra = None
        token = make_current(Context({SPAN_KEY: span}) if len(before) == 1 else with_span(before, span))
        span.start_ns = started = wall_ns()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            call.leave(span, token, started, error)
            raise
        ended = wall_ns()
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(token)
        except ValueError:
            pass
        if span.end_ns is None:
            span.end_ns = ended
            if len(call.items) < call.queue.limit:
                call.items.append(span)
            else:
                call.queue.overflow(span)
        took = ended - started
        call.durations.append(took)
        if len(call.durations) >= FULL:
            call.series.hand_over()
        if not 0 <= took <= call.series.slowest_ns:
            call.series.example(took, span)
        return result

    binding.now.add(call)
    return traced
