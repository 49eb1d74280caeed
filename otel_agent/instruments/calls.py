"""
Calls under a span: the wrappers behind `functions.traced`.

Each wrapper has two ways. The quick one is written out in full, because every call of a function of our own would cost more than the
work it does; it is open when the parent is a plain span of ours (see `recording.tracers`), and `hot` is the class that says so. The
complete one serves everything else: no telemetry yet, another provider, processors that listen, samplers that must be asked.

What a wrapper needs stands in its closure and is exchanged by `Call.bind` when telemetry starts or ends.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel_agent.clock import wall_ns
from otel_agent.instruments import binding
from otel_agent.instruments.captures import Capture
from otel_agent.recording.context import SPAN_KEY, current, make_current, put, restore, with_span
from otel_agent.recording.durations import FULL
from otel_agent.recording.failures import is_failure, mark_recorded, text_of, type_name
from otel_agent.recording.recorder import Recorder

__all__ = ["SCOPE", "Call", "fail", "traced_coroutine", "traced_function"]

SCOPE = "otel_agent.instruments.functions"
"""Name of the instrumentation scope."""

_new = object.__new__


class Call:
    """One traced function: what its spans share, and where they go."""

    __slots__ = (
        "__weakref__",
        "attributes",
        "capture",
        "function_name",
        "kind",
        "name",
        "rebind",
        "recorder",
        "series",
        "site",
    )

    def __init__(self, name: str, kind: SpanKind, attributes: Mapping[str, Any], function_name: str) -> None:
        """
        Describe a function.

        Args:
            name: Of its spans.
            kind: Of its spans.
            attributes: Of its spans.
            function_name: Under which its durations are counted.
        """
        self.name = name
        self.kind = kind
        self.attributes = attributes
        self.function_name = function_name
        self.capture: Capture | None = None
        """What is taken of arguments and results; keeps calls off the quick way."""
        self.rebind: Callable[[], None] = _nothing
        self.recorder: Recorder | None = None
        self.site: Any = None
        self.series: Any = None

    def bind(self, recorder: Recorder | None) -> None:
        """
        Record with a recorder from now on.

        Args:
            recorder: `None`: speak OpenTelemetry's interface again.
        """
        self.recorder = recorder
        if recorder is None:
            self.site = self.series = None
        else:
            self.site = recorder.make_site(self.name, self.kind, self.attributes)
            self.series = recorder.durations.series(self.function_name)
        self.rebind()

    def start(self) -> Any:
        """Begin a span the complete way."""
        if self.recorder is not None:
            return self.recorder.tracer.begin(self.site, None)
        tracer = trace.get_tracer(SCOPE)
        return tracer.start_span(self.name, kind=self.kind, attributes=self.attributes)

    def enter(self, before: Context) -> tuple[Any, Any]:
        """
        Begin a span and make it current.

        Args:
            before: Current so far.

        Returns:
            The span and a token, for `leave`.
        """
        span = self.start()
        return span, make_current(with_span(before, span))

    def leave(self, span: Any, token: Any, started: int, error: BaseException | None) -> None:
        """
        Give the context back and end a span.

        Args:
            span: From `enter`.
            token: From `enter`.
            started: When the call began, in nanoseconds since 1970.
            error: What it ended with.
        """
        ended = wall_ns()
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(token)
        except ValueError:
            pass  # a coroutine that is closed from another task: its context is not ours to change there
        self.finish(span, ended - started, ended, error)

    def finish(self, span: Any, duration_ns: int, ended: int, error: BaseException | None) -> None:
        """
        End a span whose context has been given back.

        Args:
            span: From `start`.
            duration_ns: Of the call.
            ended: When the call ended, in nanoseconds since 1970.
            error: What it ended with.
        """
        if span.is_recording():
            if error is not None:
                fail(span, error)
            span.end(ended)
        series = self.series
        if series is None:
            return
        if error is not None and is_failure(error):
            series.fail(type_name(error), duration_ns)
            return
        series.pending.append(duration_ns)
        if len(series.pending) >= FULL:
            series.hand_over()


def _nothing() -> None:
    pass


def fail(span: Any, error: BaseException) -> None:
    """
    Say on a span what its call ended with.

    Args:
        span: Of the call; open.
        error: An exception; nothing is said of cancellation and its like.
    """
    if not is_failure(error) or not span.is_recording():
        return
    kind = type_name(error)
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR, f"{kind}: {text_of(error)}"))
    if mark_recorded(error, span.get_span_context().trace_id):
        span.record_exception(error)


def traced_function(  # noqa: C901, PLR0915 - the hot path, kept in one frame
    function: Callable[..., Any], call: Call
) -> Callable[..., Any]:
    """
    Wrap a plain function.

    Args:
        function: Called once in each span.
        call: What its spans share.
    """
    hot: Any = None
    site: Any = None
    queue: Any = None
    items: Any = None
    pending: Any = None
    random_bits: Any = None
    hand_over: Any = None

    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        before = current()
        parent: Any = before.get(SPAN_KEY)
        if type(parent) is not hot:
            span, token = call.enter(before)
            started = wall_ns()
            try:
                if call.capture is not None:
                    call.capture.arguments(span, args, kwargs)
                result = function(*args, **kwargs)
                if call.capture is not None:
                    call.capture.result(span, result)
            except BaseException as error:
                call.leave(span, token, started, error)
                raise
            call.leave(span, token, started, None)
            return result
        span = _new(hot)
        span.site = site
        span.trace_id = parent.trace_id
        span.parent_id = parent.span_id
        span.flags = parent.flags
        span.span_id = random_bits(64) or 1
        span.end_ns = span.own = span.extra = None
        context = Context(before)
        put(context, SPAN_KEY, span)
        token = make_current(context)
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
            if len(items) < queue.limit:
                items.append(span)
            else:
                queue.overflow(span)
        pending.append(ended - started)
        if len(pending) >= FULL:
            hand_over()
        return result

    def rebind() -> None:
        nonlocal hot, site, queue, items, pending, random_bits, hand_over
        recorder = call.recorder
        if recorder is not None and recorder.tracer.hot is not None and call.capture is None:
            # `hot` comes last and the others are never taken away: a call in another thread may be just behind its first line.
            site, queue, items, random_bits = call.site, recorder.queue, recorder.queue.items, recorder.random_bits
            pending, hand_over = call.series.pending, call.series.hand_over
            hot = recorder.tracer.hot
        else:
            hot = None

    call.rebind = rebind
    binding.now.add(call)
    return traced


def traced_coroutine(  # noqa: C901, PLR0915 - the hot path, kept in one frame
    function: Callable[..., Any], call: Call
) -> Callable[..., Any]:
    """
    Wrap a coroutine function; the span is current wherever its coroutine runs.

    Args:
        function: Awaited once in each span.
        call: What its spans share.
    """
    hot: Any = None
    site: Any = None
    queue: Any = None
    items: Any = None
    pending: Any = None
    random_bits: Any = None
    hand_over: Any = None

    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        before = current()
        parent: Any = before.get(SPAN_KEY)
        if type(parent) is not hot:
            span, token = call.enter(before)
            started = wall_ns()
            try:
                if call.capture is not None:
                    call.capture.arguments(span, args, kwargs)
                result = await function(*args, **kwargs)
                if call.capture is not None:
                    call.capture.result(span, result)
            except BaseException as error:
                call.leave(span, token, started, error)
                raise
            call.leave(span, token, started, None)
            return result
        span = _new(hot)
        span.site = site
        span.trace_id = parent.trace_id
        span.parent_id = parent.span_id
        span.flags = parent.flags
        span.span_id = random_bits(64) or 1
        span.end_ns = span.own = span.extra = None
        context = Context(before)
        put(context, SPAN_KEY, span)
        token = make_current(context)
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
            if len(items) < queue.limit:
                items.append(span)
            else:
                queue.overflow(span)
        pending.append(ended - started)
        if len(pending) >= FULL:
            hand_over()
        return result

    def rebind() -> None:
        nonlocal hot, site, queue, items, pending, random_bits, hand_over
        recorder = call.recorder
        if recorder is not None and recorder.tracer.hot is not None and call.capture is None:
            site, queue, items, random_bits = call.site, recorder.queue, recorder.queue.items, recorder.random_bits
            pending, hand_over = call.series.pending, call.series.hand_over
            hot = recorder.tracer.hot
        else:
            hot = None

    call.rebind = rebind
    binding.now.add(call)
    return traced
