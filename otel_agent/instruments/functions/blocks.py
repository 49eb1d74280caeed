"""Spans around blocks of code: what `otel_agent.span` gives."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from opentelemetry import trace

from otel_agent.clock import wall_ns
from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.calls import SCOPE, record_error
from otel_agent.instruments.functions.static_attributes import are_plain, sound_attributes
from otel_agent.recording.context import current, make_current, restore, with_span

__all__ = ["Block"]


class Block:
    """
    A span that begins with a `with` or `async with` block and is current in it; for one block at a time.

    Args:
        name: Span name.
        attributes: Span attributes.
    """

    __slots__ = ("_attributes", "_name", "_recorder", "_span", "_token")

    def __init__(self, name: str, attributes: Mapping[str, Any]) -> None:
        self._name = name
        self._attributes = attributes

    def __enter__(self) -> Any:
        """Begin the span and make it current."""
        before = current()
        recorder = binding.shared.recorder
        tracer = None if recorder is None else recorder.tracer
        if tracer is None:
            self._span = span = self._begin_with_api()
            self._recorder: Any = None
        else:
            self._span = span = tracer.begin_usual(self._name, self._attributes, before)
            self._recorder = recorder if type(span) is tracer.hot else None
        self._token = make_current(with_span(before, span))
        return span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Give the context back and end the span."""
        try:  # noqa: SIM105 - `suppress` costs more than all the rest
            restore(self._token)
        except ValueError:
            pass  # the block was left in another task: its context is not ours to change there
        span: Any = self._span
        recorder: Any = self._recorder
        if recorder is not None and error is None:
            ended = wall_ns()
            if span.end_ns is None:
                span.end_ns = ended if ended > span.start_ns else span.start_ns  # noqa: FURB136 - half the price of `max`
                if len(recorder.items) < recorder.queue.limit:
                    recorder.items.append(span)
                else:
                    recorder.queue.overflow(span)
            return
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

    def _begin_with_api(self) -> Any:
        given = self._attributes
        sound = given if are_plain(given) else sound_attributes(given, self._name)
        return trace.get_tracer(SCOPE).start_span(self._name, attributes=sound)
