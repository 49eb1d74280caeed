"""Span processor for a provider that was there before us: what it records is delivered by us as well."""

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_agent.recording.provider import Queue

__all__ = ["QueueProcessor"]


class QueueProcessor(SpanProcessor):
    """
    Appends every span that ends to a queue. What leads out of the process is the queue's business, flushing included.

    Nothing takes a processor out of the SDK's provider again; `close` makes it do nothing.

    Args:
        queue: Takes every span, those that are not sampled too, for whoever judges them; delivery leaves them out.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue: Queue | None = queue

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing."""

    def on_end(self, span: ReadableSpan) -> None:
        """Append a span that has ended."""
        queue = self._queue
        if queue is None:
            return
        if len(queue.items) < queue.limit:
            queue.items.append(span)
        else:
            queue.overflow(span)

    def close(self) -> None:
        """Take no more spans; safe twice."""
        self._queue = None

    def shutdown(self) -> None:
        """Do nothing: a provider that shuts down twice would end what is ours."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Say yes: nothing waits here."""
        return True
