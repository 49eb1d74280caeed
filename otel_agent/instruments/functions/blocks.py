"""Spans around blocks of code: what `otel_agent.span` gives."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context

from otel_agent.clock import wall_ns
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.calls import SCOPE, record_error
from otel_agent.instruments.functions.static_attributes import are_plain, sound_attributes
from otel_agent.recording.context import SPAN_KEY, current, make_current, put, restore, with_span

__all__ = ["Block"]

_new = object.__new__


class Block:
    """
    A span that begins with a `with` or `async with` block and is current in it; for one block at a time.

    Args:
        name: Span name.
        attributes: Span attributes.
    """

    __slots__ = ("_attributes", "_name", "_span", "_token")

    def __init__(self, name: str, attributes: Mapping[str, Any]) -> None:
        self._name = name
        self._attributes = attributes

    def __enter__(self) -> Any:
        """Begin the span and make it current."""
        before = current()
        parent: Any = before.get(SPAN_KEY)
        recorder = binding.shared.recorder
        if recorder is None or recorder.tracer is None or type(parent) is not recorder.tracer.hot:
            span = self._begin(recorder)
            self._span = span
            self._token = make_current(with_span(before, span))
            return span
        tracer = recorder.tracer
        span = _new(tracer.hot)
        span.site = tracer.internal.get(self._name) or tracer.site(self._name)
        span.trace_id = parent.trace_id
        span.parent_id = parent.span_id
        span.flags = parent.flags
        span.span_id = recorder.random_bits(64) or 1
        span.end_ns = span.own = span.extra = None
        if self._attributes:
            span.set_attributes(self._attributes)
        context = Context(before)
        put(context, SPAN_KEY, span)
        self._span = span
        span.start_ns = wall_ns()
        self._token = make_current(context)
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Give the context back and end the span."""
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(self._token)
        except ValueError:
            pass  # the block was left in another task: its context is not ours to change there
        span = self._span
        if not span.is_recording():
            return
        if error is not None:
            record_error(span, error)
        span.end()

    async def __aenter__(self) -> Any:
        """See `__enter__`."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """See `__exit__`."""
        self.__exit__(kind, error, stack)

    def _begin(self, recorder: Any) -> Any:
        if recorder is not None and recorder.tracer is not None:
            return recorder.tracer.begin(recorder.tracer.site(self._name), None, self._attributes)
        given = self._attributes
        sound = given if are_plain(given) else sound_attributes(given, self._name)
        return trace.get_tracer(SCOPE).start_span(self._name, attributes=sound)
