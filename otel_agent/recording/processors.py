"""
Third-party span processors, each kept away from the agent and from the others.

The SDK calls processors one after the other and lets what they raise through: a failing one silences those behind it and raises
into the agent's own code. Here each is called under the guard.
"""

# ruff: noqa: SLF001 - a subclass of the SDK's works with what the SDK keeps to itself

from collections.abc import Callable
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, SynchronousMultiSpanProcessor

from otel_agent.clock import monotonic_s
from otel_agent.guard import shared

__all__ = ["IsolatedProcessors"]


class IsolatedProcessors(SynchronousMultiSpanProcessor):
    """
    Calls its processors in order; never raises.

    Args:
        changed: Called without arguments after a processor was added.
    """

    def __init__(self, changed: Callable[[], object] | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # the SDK's
        self._changed = changed

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Add a processor; it is called behind those that are there."""
        super().add_span_processor(span_processor)
        if self._changed is not None:
            self._changed()

    def shut_down_and_forget(self) -> None:
        """Shut every processor down, and tell none anything more: most answer with a warning then."""
        self.shutdown()
        self._span_processors = ()
        if self._changed is not None:
            self._changed()

    def is_empty(self) -> bool:
        """Whether nobody listens."""
        return not self._span_processors

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Tell every processor that a span began."""
        for processor in self._span_processors:
            try:
                processor.on_start(span, parent_context=parent_context)
            except Exception as error:  # noqa: BLE001 - foreign code, called in the middle of the agent's
                _report(processor, "on_start", error)

    def _on_ending(self, span: Span) -> None:
        for processor in self._span_processors:
            try:
                processor._on_ending(span)
            except Exception as error:  # noqa: BLE001 - as above
                _report(processor, "on_ending", error)

    def on_end(self, span: ReadableSpan) -> None:
        """Tell every processor that a span has ended."""
        for processor in self._span_processors:
            try:
                processor.on_end(span)
            except Exception as error:  # noqa: BLE001 - as above
                _report(processor, "on_end", error)

    def shutdown(self) -> None:
        """Shut every processor down."""
        for processor in self._span_processors:
            try:
                processor.shutdown()
            except Exception as error:  # noqa: BLE001 - the others have to be shut down too
                _report(processor, "shutdown", error)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """
        Flush every processor.

        Args:
            timeout_millis: Longest time for all of them together, in milliseconds.

        Returns:
            Whether all were flushed in time.
        """
        deadline_s = monotonic_s() + timeout_millis / 1e3
        are_flushed = True
        for processor in self._span_processors:
            left_ms = int((deadline_s - monotonic_s()) * 1e3)
            if left_ms <= 0:
                return False
            try:
                are_flushed &= processor.force_flush(left_ms) is not False
            except Exception as error:  # noqa: BLE001 - the others have to be flushed too
                _report(processor, "force_flush", error)
                are_flushed = False
        return are_flushed


def _report(processor: Any, what: str, error: Exception) -> None:
    name = type(processor).__qualname__
    shared.report(f"recording.processor.{name}", f"span processor {name} failed in {what}; tracing goes on", error)
