"""
Calls under a span: what the wrappers of one traced function share.

A wrapper (see `wrappers` and `generators`) finds what it needs in its `TracedFunction`; `TracedFunction.bind` exchanges it when
telemetry starts or ends. Begin and end of a span stand here for every path but the hot one, which `wrappers` writes out.
"""

from collections.abc import Mapping
from types import CellType, CodeType
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel_agent.clock import perf_s, wall_ns
from otel_agent.guard import shared
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.static_attributes import are_plain, sound_attributes
from otel_agent.recording.context import current, make_current, restore, with_span
from otel_agent.recording.failures import is_failure, mark_recorded, text_of, type_name
from otel_agent.recording.recorder import Limit, Recorder

__all__ = ["SCOPE", "TracedFunction", "record_error"]

SCOPE = "otel_agent.instruments.functions"
"""Name of the instrumentation scope."""


class TracedFunction:
    """
    One traced function: what its spans share, and where they and its durations go.

    Args:
        name: Span name.
        kind: Span kind.
        attributes: Attributes of every span.
        function_name: Full name of the function, under which its durations are counted.
    """

    __slots__ = (
        "__weakref__",
        "_are_plain",
        "attributes",
        "bare",
        "begin_root",
        "capture",
        "cell",
        "code",
        "durations",
        "durations_s",
        "function_name",
        "hot",
        "items",
        "kind",
        "limit",
        "name",
        "queue",
        "random_bits",
        "recorder",
        "series",
        "site",
    )

    def __init__(self, name: str, kind: SpanKind, attributes: Mapping[str, Any], function_name: str) -> None:
        self.name = name
        self.kind = kind
        self.attributes = attributes
        """Attributes as they were given; see `static_attributes`."""
        self._are_plain = are_plain(attributes)
        self.function_name = function_name
        self.capture: Any = None
        """Which arguments and results become attributes, a `captures.Capture`; `None`: none do."""
        self.code: CodeType | None = None
        """Code of the function; it tells where it stands."""
        self.cell: CellType | None = None
        """Where its wrapper finds the function, a place for `probes`; None where there is none."""
        self.recorder: Recorder | None = None
        self.limit: Limit | None = None
        """Budget of spans a second; `None`: there is no bound."""
        self.hot: Any = None
        """Class of the parent spans below which calls take the hot path; `None`: none do."""
        self.begin_root: Any = None
        """Begins the span of a call without a parent, of either class above; `None`: nothing does so quickly."""
        self.bare: Any = None
        """Class of the unsampled parent spans, below which calls run without a span; `None`: there is none."""

    def bind(self, recorder: Recorder | None) -> None:
        """
        Record with a recorder from now on.

        `hot`, `bare` and `begin_root` open paths and are set last; the rest is exchanged and never taken away, because a call in another
        thread may be in the middle.

        Args:
            recorder: The recorder; `None`: spans are started with the global provider of OpenTelemetry's API again.
        """
        self.hot = self.bare = self.begin_root = None
        self.recorder = recorder
        if recorder is None:
            return
        self.series = recorder.durations.series(self.function_name)
        self.durations, self.durations_s = self.series.pending, self.series.pending_s
        if recorder.queue is not None:
            self.queue, self.items, self.random_bits = recorder.queue, recorder.items, recorder.random_bits
        if recorder.limit is None:
            self.limit = None
        elif self.limit is None:
            self.limit = recorder.limit()
        tracer = recorder.tracer
        if tracer is not None:
            self.site = tracer.make_site(self.name, self.kind, self._sound_attributes())
            if recorder.limit is None:
                self.hot, self.bare, self.begin_root = tracer.hot, tracer.bare, tracer.root

    @property
    def calls_outside(self) -> bool:
        """Whether it calls another service, or is a tool that an agent's model calls."""
        attributes = self.attributes
        return (
            self.kind is SpanKind.CLIENT
            or "gen_ai.tool.name" in attributes
            or attributes.get("gen_ai.operation.name") == "execute_tool"
            or self.name.startswith("execute_tool ")
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Functions that are pickled by value (cloudpickle) take their traced function along; recorders stay in their process.
        return _unpickled, (self.name, self.kind, self.attributes, self.function_name)

    def start(self) -> Any:
        """Begin a span off the hot path."""
        recorder = self.recorder
        if recorder is not None and recorder.tracer is not None:
            return recorder.tracer.begin(self.site)
        return trace.get_tracer(SCOPE).start_span(self.name, kind=self.kind, attributes=self._sound_attributes())

    def _sound_attributes(self) -> Mapping[str, Any]:
        return self.attributes if self._are_plain else sound_attributes(self.attributes, self.function_name)

    def enter(self) -> tuple[Any, Any, Any]:
        """
        Begin a span and make it current.

        Returns:
            The span, a token for `leave`, and the context that was made; nothing at all when the function's budget is spent.
        """
        if self.limit is not None and not self.limit.allows():
            return None, None, None
        span = self.start()
        inside = with_span(current(), span)
        return span, make_current(inside), inside

    def leave(self, span: Any, token: Any, started: int, error: BaseException | None) -> None:
        """
        Give the context back and end a span.

        Args:
            span: Span that `enter` returned.
            token: Token that `enter` returned.
            started: When the call began, in nanoseconds since 1970.
            error: Exception the call ended with, or `None`.
        """
        ended = wall_ns()
        _give_back(token)
        self.finish(span, started, ended, error)

    def finish(self, span: Any, started: int, ended: int, error: BaseException | None) -> None:
        """
        End a span whose context has been given back.

        Args:
            span: Span that `start` returned, or `None`.
            started: When the call began, in nanoseconds since 1970.
            ended: When the call ended, in nanoseconds since 1970.
            error: Exception the call ended with, or `None`.
        """
        try:
            if span is not None and span.is_recording():
                if error is not None:
                    record_error(span, error)
                span.end(max(ended, getattr(span, "start_time", started)))
            self._count(ended - started, error, None if span is None or error is None else span.get_span_context())
        except Exception as failure:  # noqa: BLE001 - the agent's own exception must not be replaced by ours
            shared.report("functions.end", f"the end of a call of {self.function_name} could not be recorded", failure)

    def count(self, token: Any, started_s: float, error: BaseException) -> None:
        """
        Count a call without a span that ended with an exception, and give back the context it may have changed.

        Args:
            token: Of the context that the call made current, or `None`.
            started_s: When the call began, by `perf_s`, in seconds.
            error: Exception the call ended with.
        """
        ended_s = perf_s()
        _give_back(token)
        self.finish(None, 0, int((ended_s - started_s) * 1e9), error)

    def _count(self, duration_ns: int, error: BaseException | None, context: Any) -> None:
        if self.recorder is not None:
            self.series.add(duration_ns, error, context)


def _give_back(token: Any) -> None:
    if token is not None:
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(token)
        except ValueError:
            pass  # a coroutine that is closed from another task: its context is not ours to change there


def _unpickled(*description: Any) -> TracedFunction:
    traced_function = TracedFunction(*description)
    binding.shared.add(traced_function)
    return traced_function


def record_error(span: Any, error: BaseException) -> None:
    """
    Record on a span the exception its call ended with: status, `error.type` and, once a trace, an exception event.

    Args:
        span: Open span of the call.
        error: The exception; cancellation and its like are not recorded.
    """
    if not is_failure(error) or not span.is_recording():
        return
    kind = type_name(error)
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR, f"{kind}: {text_of(error)}"))
    if mark_recorded(error, span.get_span_context().trace_id):
        span.record_exception(error)
