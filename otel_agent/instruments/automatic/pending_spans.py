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
from otel_agent.recording.context import current, make_current, restore, with_span
from otel_agent.recording.failures import is_failure, type_name
from otel_agent.recording.sampling.rate_limits import RateLimit

__all__ = ["SCOPE", "CallSite", "DurationObserver", "PendingSpan"]

SCOPE = "otel_agent.instruments.automatic"
"""Name of the instrumentation scope."""

DurationObserver = Callable[[int, str | None], None]
"""Takes the duration of every call in nanoseconds, and the type of the error it ended with; spans are not needed for it."""


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
        observe: Takes the duration of every call, kept or not.
    """

    __slots__ = ("attributes", "failures", "min_duration_ns", "name", "observe", "tracer")

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, AttributeValue],
        min_duration_ns: int,
        tracer: Tracer | None = None,
        observe: DurationObserver | None = None,
    ) -> None:
        self.name = name
        self.attributes = attributes
        self.min_duration_ns = min_duration_ns
        self.tracer = tracer or trace.get_tracer(SCOPE)
        self.observe = observe
        self.failures = RateLimit(QUICK_FAILURES_PER_S)

    def __reduce__(self) -> tuple[object, ...]:
        # Functions that are pickled by value (cloudpickle) take their call site along; tracers stay in their process.
        return CallSite, (self.name, self.attributes, self.min_duration_ns)

    def enter(self) -> "PendingSpan":
        """Begin a call: its pending span is current until `PendingSpan.leave`."""
        before = current()
        pending = PendingSpan(self, before)
        pending.token = make_current(with_span(before, pending))
        return pending

    def begin(self) -> "PendingSpan":
        """Begin a generator, whose pending span is current only while its body runs: see `PendingSpan.resume`."""
        before = current()
        pending = PendingSpan(self, before)
        pending.inside = with_span(before, pending)
        return pending


class PendingSpan(Span):
    """
    A span that is made real when it matters, and may never be; begun with `CallSite.enter` or `CallSite.begin`.

    Args:
        site: Call site of the function.
        before: Context that was current before the call; holds the parent.
    """

    # No `super().__init__` and no locks: one call is one thread's or one task's. A child thread that asks for the identity at
    # the moment the call ends either still makes the span real or finds it ended, and then gets an ancestor; both are true.
    __slots__ = ("_before", "_has_ended", "_real", "_site", "_start_ns", "inside", "token")

    def __init__(self, site: CallSite, before: Context) -> None:
        self._site = site
        self._before = before
        self.inside = before
        self._real: Span | None = None
        self._has_ended = False
        self.token: Any = None
        self._start_ns = wall_ns()

    def leave(self, error: BaseException | None) -> None:
        """
        End the call and give the context back.

        Args:
            error: Exception the call ended with, or `None`.
        """
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(self.token)
        except ValueError:
            pass  # a coroutine that is closed from another task: its context is not ours to change there
        self.finish(error)

    def finish(self, error: BaseException | None) -> None:
        """
        End a call whose context has been given back; see `leave`.

        Args:
            error: Exception the call ended with, or `None`.
        """
        end_ns = wall_ns()
        try:
            self._end(end_ns, error)
        except Exception as failure:  # noqa: BLE001 - the agent's own exception must not be replaced by ours
            shared.report("instruments.end", f"the end of a call of {self._site.name} could not be recorded", failure)

    def _end(self, end_ns: int, error: BaseException | None) -> None:
        site = self._site
        duration_ns = end_ns - self._start_ns
        failed = error is not None and is_failure(error)
        if site.observe is not None:
            site.observe(duration_ns, type_name(error) if failed and error is not None else None)
        # A generator's context holds this span; letting go of it spares the garbage collector a circle for each.
        self.inside = self._before
        self.token = None
        if self._real is None and duration_ns < site.min_duration_ns and not (failed and site.failures.allows()):
            self._has_ended = True
            return
        span = self._make_real()
        self._has_ended = True
        if error is not None:
            record_error(span, error)
        if span.is_recording():
            span.end(max(end_ns, self._start_ns))

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
        span.set_attribute(attribute, True)
        if span.is_recording():
            span.end(ended_ns)
        return True

    def resume(self) -> Context:
        """
        Run a generator's body for one step under this span, in whatever context its last step left.

        Returns:
            Context that was current before, for `pause`.
        """
        before = current()
        make_current(self.inside)
        return before

    def pause(self, before: Context) -> None:
        """
        Give the context back after a step.

        Args:
            before: Context that `resume` returned.
        """
        self.inside = current()
        make_current(before)

    def _make_real(self) -> Span:
        real = self._real
        if real is None:
            if self._has_ended:
                return get_current_span(self._before)
            site = self._site
            self._real = real = site.tracer.start_span(
                site.name, self._before, attributes=site.attributes, start_time=self._start_ns
            )
        return real

    # What follows is `opentelemetry.trace.Span`. Whatever refers to the span or adds to it makes it real.

    def get_span_context(self) -> SpanContext:
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
