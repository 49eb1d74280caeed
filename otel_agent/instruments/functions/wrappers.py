"""
Wrappers of traced functions and coroutine functions, with the hot path of a call.

Each has two paths. The hot one is written out in full, because every call of a function of our own would cost more than the work
it does; it is taken when the parent is a plain span of ours (see `recording.tracers`), and `TracedFunction.hot` is the class that
says so, or when there is no parent and the sampler's decision is known (`TracedFunction.begin_root`). The complete one serves everything else: no telemetry yet, another provider, processors that listen, samplers that must
be asked. Below a span that was not sampled calls run bare, and their durations are counted all the same.
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


def plain(function: Callable[..., Any], traced_function: TracedFunction) -> Callable[..., Any]:  # noqa: C901, PLR0915 - the hot path, in one frame
    """
    Wrap a plain function; to be used through `signatures.wrap`.

    Args:
        function: The function; called once in each span.
        traced_function: What its spans share.

    Returns:
        The wrapper.
    """

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:  # noqa: C901, PLR0912, PLR0915 - as above
        before = current()
        parent: Any = before.get(SPAN_KEY)
        kind = type(parent)
        if kind is traced_function.hot:
            span = kind()
            span.trace_id = parent.trace_id
            span.parent_id = parent.span_id
            span.flags = parent.flags
            is_alone = len(before) == 1
        else:
            token = None
            if parent is None and traced_function.begin_root is not None:
                span = traced_function.begin_root()
                kind = type(span)
                is_alone = not before
                if kind is traced_function.bare:
                    token = make_current(Context({SPAN_KEY: span}) if is_alone else with_span(before, span))
            if kind is traced_function.bare:
                started_s = perf_s()
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    traced_function.count(token, started_s, error)
                    raise
                ended_s = perf_s()
                if token is not None:
                    restore(token)
                traced_function.durations_s.append(ended_s - started_s)
                if ended_s > traced_function.series.due_s:
                    traced_function.series.look(ended_s)
                return result
            if kind is not traced_function.hot:
                span, token, _ = traced_function.enter()
                started = wall_ns()
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    traced_function.leave(span, token, started, error)
                    raise
                traced_function.leave(span, token, started, None)
                return result
        span.site = traced_function.site
        span.span_id = traced_function.random_bits(64)
        span.end_ns = span.own = span.extra = None
        token = make_current(Context({SPAN_KEY: span}) if is_alone else with_span(before, span))
        span.start_ns = started = wall_ns()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            traced_function.leave(span, token, started, error)
            raise
        ended = wall_ns()
        restore(token)
        if span.end_ns is None:
            span.end_ns = ended
            if len(traced_function.items) < traced_function.queue.limit:
                traced_function.items.append(span)
            else:
                traced_function.queue.overflow(span)
        took = ended - started
        traced_function.durations.append(took)
        if len(traced_function.durations) >= FULL:
            traced_function.series.hand_over()
        if not 0 <= took <= traced_function.series.slowest_ns:
            traced_function.series.example(took, span)
        return result

    binding.shared.add(traced_function)
    return traced


def coroutine(function: Callable[..., Any], traced_function: TracedFunction) -> Callable[..., Any]:  # noqa: C901, PLR0915 - as above
    """
    Wrap a coroutine function, whose span is current wherever the coroutine runs; to be used through `signatures.wrap`.

    Args:
        function: The coroutine function; awaited once in each span.
        traced_function: What its spans share.

    Returns:
        The wrapper.
    """

    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:  # noqa: C901, PLR0912, PLR0915 - as above
        before = current()
        parent: Any = before.get(SPAN_KEY)
        kind = type(parent)
        if kind is traced_function.hot:
            span = kind()
            span.trace_id = parent.trace_id
            span.parent_id = parent.span_id
            span.flags = parent.flags
            is_alone = len(before) == 1
        else:
            token = None
            if parent is None and traced_function.begin_root is not None:
                span = traced_function.begin_root()
                kind = type(span)
                is_alone = not before
                if kind is traced_function.bare:
                    token = make_current(Context({SPAN_KEY: span}) if is_alone else with_span(before, span))
            if kind is traced_function.bare:
                started_s = perf_s()
                try:
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    traced_function.count(token, started_s, error)
                    raise
                ended_s = perf_s()
                if token is not None:
                    try:  # noqa: SIM105 - `suppress` costs more than all the rest
                        restore(token)
                    except ValueError:
                        pass
                traced_function.durations_s.append(ended_s - started_s)
                if ended_s > traced_function.series.due_s:
                    traced_function.series.look(ended_s)
                return result
            if kind is not traced_function.hot:
                span, token, _ = traced_function.enter()
                started = wall_ns()
                try:
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    traced_function.leave(span, token, started, error)
                    raise
                traced_function.leave(span, token, started, None)
                return result
        span.site = traced_function.site
        span.span_id = traced_function.random_bits(64)
        span.end_ns = span.own = span.extra = None
        token = make_current(Context({SPAN_KEY: span}) if is_alone else with_span(before, span))
        span.start_ns = started = wall_ns()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            traced_function.leave(span, token, started, error)
            raise
        ended = wall_ns()
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(token)
        except ValueError:
            pass
        if span.end_ns is None:
            span.end_ns = ended
            if len(traced_function.items) < traced_function.queue.limit:
                traced_function.items.append(span)
            else:
                traced_function.queue.overflow(span)
        took = ended - started
        traced_function.durations.append(took)
        if len(traced_function.durations) >= FULL:
            traced_function.series.hand_over()
        if not 0 <= took <= traced_function.series.slowest_ns:
            traced_function.series.example(took, span)
        return result

    binding.shared.add(traced_function)
    return traced
