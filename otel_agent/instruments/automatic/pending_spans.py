"""
Spans that come into being only when they turn out to matter.

A function that is traced because of its module, not because somebody asked for it, deserves a span only when it takes long.
That is known at its end; its children need a parent before. So a call starts with a `PendingSpan`, which costs an object and
two looks at the clock. It becomes a real span when somebody refers to it (a child span, a log record or an outgoing request
asks for its identity, or the code annotates it), when it ends after the minimum duration, or when it failed; of quick failures
only some a second, because there are functions whose exceptions are ordinary answers. What never mattered leaves nothing.

Whoever asks a pending span that has ended without mattering (a task that outlived its creator) gets the nearest ancestor that
is real. So no span ever names a parent that was not recorded.
"""

# ruff: noqa: D102, FBT001, FBT002 - what the interface of OpenTelemetry describes is not described again, and its signatures are kept

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, Status, StatusCode, Tracer, get_current_span
from opentelemetry.util.types import Attributes, AttributeValue

from otel_agent.clock import wall_ns
from otel_agent.guard import shared
from otel_agent.instruments.functions.calls import record_error
from otel_agent.recording.context import SPAN_KEY, current, make_current, with_span
from otel_agent.recording.failures import is_failure
from otel_agent.recording.sampling.rate_limits import RateLimit

__all__ = ["SCOPE", "CallSite", "DurationObserver", "PendingSpan"]

SCOPE = "otel_agent.instruments.automatic"
"""Name of the instrumentation scope."""

DurationObserver = Callable[[int, str | None], None]
"""Takes the duration of every call in nanoseconds, and the type of the error it ended with; spans are not needed for it."""


ADOPTING_NS = 30_000_000_000
"""
A call takes in children for so long, in nanoseconds; those that begin later belong to what was current before the call.

An agent's main loop is a call like any other, and lasts for weeks: everything the agent ever does would be one trace.
"""

QUICK_FAILURES_PER_S = 10
"""Failed calls of one function that take less than the minimum and leave a span all the same, a second."""


class CallSite:
    """
    A function that is traced automatically: what never changes between two of its calls.

    Args:
        name: Span name.
        attributes: Attributes of every span.
        min_duration_ns: Calls that take less leave no span of their own accord, in nanoseconds; 0 keeps all.
        tracer: Makes the real spans; the global provider's by default.
    """

    __slots__ = ("attributes", "failures", "min_duration_ns", "name", "tracer")

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, AttributeValue],
        min_duration_ns: int,
        tracer: Tracer | None = None,
    ) -> None:
        self.name = name
        self.attributes = attributes
        self.min_duration_ns = min_duration_ns
        self.tracer = tracer or trace.get_tracer(SCOPE)
        self.failures = RateLimit(QUICK_FAILURES_PER_S)

    def begin(self) -> "PendingSpan":
        """Begin a call: its pending span is current until `PendingSpan.leave`."""
        call = PendingSpan(self, current())
        call.enter()
        return call


class PendingSpan(Span):
    """
    A span that is made real when it matters, and may never be.

    While it is current it stands in OpenTelemetry's context like any span. The program may attach something of its own meanwhile
    and leave it attached (a context manager's `__enter__`, a middleware's first half): that stays, without this span in it.

    Args:
        site: Call site of the function.
        outer: Context that was current before the call; holds the parent.
    """

    # No `super().__init__` and no locks: one call is one thread's or one task's. A child thread that asks for the identity at
    # the moment the call ends either still makes the span real or finds it ended, and then gets an ancestor; both are true.
    __slots__ = (
        "_body",
        "_has_ended",
        "_inside",
        "_is_left_behind",
        "_paused",
        "_real",
        "below",
        "code",
        "ended_ns",
        "function",
        "is_over",
        "outer",
        "site",
        "start_ns",
    )

    def __init__(self, site: CallSite, outer: Context) -> None:
        self.site = site
        self.outer = outer
        self.code: Any = None
        """Code of the function, for whoever watches calls."""
        self.function: Any = None
        """The same: what is known of the function."""
        self.is_over = False
        """Whether the call itself has ended; its span may have been ended before, with the process."""
        self.below: PendingSpan | None = None
        """Call that was the innermost of this thread or task before this one."""
        self._real: Span | None = None
        self._has_ended = False
        self._is_left_behind = False
        self._inside = self._body = self._paused = outer
        self.start_ns = self.ended_ns = wall_ns()

    def enter(self) -> None:
        """Make the span current, at the begin of the call."""
        self._inside = with_span(self.outer, self)
        make_current(self._inside)

    def leave(self) -> None:
        """Give the context back, at the end of the call."""
        now = current()
        if now is self._inside:
            make_current(self.outer)
            return
        # The body has attached something and left it attached. Who detaches that later comes back to this span's context, when
        # it is nobody's business any more: from now on it answers for what was current before the call.
        self._is_left_behind = True
        if now.get(SPAN_KEY) is self:
            make_current(_in_place_of(now, self.outer))

    def pause(self) -> None:
        """Give the context back, where a generator yields or a coroutine waits."""
        now = self._body = current()
        if now is self._inside:
            now = self.outer
        elif now.get(SPAN_KEY) is self:
            now = _in_place_of(now, self.outer)
        self._paused = now
        if now is not self._body:
            make_current(now)

    def resume(self) -> None:
        """Make the span current again, where the body goes on; it may do so in another thread or task."""
        now = current()
        if now is self._paused:
            make_current(self._body)
            return
        self.outer = now
        self.enter()

    def finish(self, error: BaseException | None) -> bool:
        """
        End a call whose context has been given back.

        Args:
            error: Exception the call ended with, or `None`.

        Returns:
            Whether the call mattered: it has a span, or it failed.
        """
        self.is_over = True
        if self._has_ended:
            return False
        self.ended_ns = wall_ns()
        try:
            return self._end(self.ended_ns, error)
        except Exception as failure:  # noqa: BLE001 - the agent's own exception must not be replaced by ours
            shared.report("instruments.end", f"the end of a call of {self.site.name} could not be recorded", failure)
        return False

    def _end(self, end_ns: int, error: BaseException | None) -> bool:
        site = self.site
        is_failed = error is not None and is_failure(error)
        is_slow = end_ns - self.start_ns >= site.min_duration_ns
        span = self._make_real() if is_slow or (is_failed and site.failures.allows()) else self._real
        self._has_ended = True
        # Contexts hold spans, and this one holds contexts. Letting go of them spares the garbage collector a circle for each call,
        # and keeps tasks that start tasks from holding all their ancestors.
        ancestor = _ancestor(self.outer)
        self.outer = self._inside = self._body = self._paused = Context(
            {} if ancestor is None else {SPAN_KEY: ancestor}
        )
        if span is None:
            return is_failed
        if error is not None:
            record_error(span, error)
        if span.is_recording():
            span.end(max(end_ns, self.start_ns))
        return True

    def interrupt(self, attribute: str, ended_ns: int) -> bool:
        """
        End the call because the process ends; see `recording.open_spans`.

        Args:
            attribute: Key of the attribute that is set to true.
            ended_ns: When the call ends, in nanoseconds since 1970.

        Returns:
            Whether it was open.
        """
        if self._has_ended:
            return False
        span = self._make_real()
        self._has_ended = True
        self._is_left_behind = True  # the call goes on in a context that holds this span
        span.set_attribute(attribute, True)
        if span.is_recording():
            span.end(ended_ns)
        return True

    def _make_real(self) -> Span:
        """Begin the span itself, and before it those of the calls around it that nobody has referred to yet."""
        if self._real is None and self._has_ended:
            return get_current_span(self.outer)
        calls: list[PendingSpan] = []
        call: Any = self
        while type(call) is PendingSpan and call._real is None and not call._has_ended:  # noqa: SLF001 - of this class
            calls.append(call)
            call = _ancestor(call.outer)
        for each in reversed(calls):  # from the outside in, because a parent's identity comes first
            site = each.site
            each._real = site.tracer.start_span(  # noqa: SLF001 - of this class
                site.name, each.outer, attributes=site.attributes, start_time=each.start_ns
            )
        return self._real or get_current_span(self.outer)

    # What follows is `opentelemetry.trace.Span`. Whatever refers to the span or adds to it makes it real.

    def get_span_context(self) -> SpanContext:
        if self._is_left_behind or wall_ns() - self.start_ns > ADOPTING_NS:
            return get_current_span(self.outer).get_span_context()
        return self._make_real().get_span_context()

    def is_recording(self) -> bool:
        if self._real is None:
            return not self._has_ended
        return self._real.is_recording()

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self._change(lambda span: span.set_attribute(key, value))

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        self._change(lambda span: span.set_attributes(attributes))

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        self._change(lambda span: span.add_event(name, attributes, timestamp))

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        self._change(lambda span: span.add_link(context, attributes))

    def update_name(self, name: str) -> None:
        self._change(lambda span: span.update_name(name))

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        self._change(lambda span: span.set_status(status, description))

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        self._change(lambda span: span.record_exception(exception, attributes, timestamp, escaped))

    def end(self, end_time: int | None = None) -> None:
        """Do nothing: the call ends the span, not the code inside it."""

    def _change(self, change: Callable[[Span], None]) -> None:
        """Change this span, never the ancestor that answers for one that has ended."""
        if not self._has_ended:
            change(self._make_real())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a span stays in its process")


def _in_place_of(context: Context, outer: Context) -> Context:
    """A context with the span of another one."""
    span = outer.get(SPAN_KEY)
    if span is not None:
        return with_span(context, span)
    return Context({key: value for key, value in context.items() if key != SPAN_KEY})


def _ancestor(context: Context) -> Any:
    """The span of a context, calls that ended without mattering passed by; `None` where there is none."""
    span: Any = context.get(SPAN_KEY)
    while type(span) is PendingSpan and span._has_ended and (span._real is None or span._is_left_behind):  # noqa: SLF001 - of this module
        span = span.outer.get(SPAN_KEY)
    return span
