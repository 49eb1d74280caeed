"""Span processors for providers that were there before us: what they record is delivered by us as well."""

from collections import deque
from typing import Any, Protocol

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

__all__ = ["QueueProcessor"]


class Queue(Protocol):
    """Where ended spans go; see `delivery.queues.SignalQueue`."""

    items: deque[Any]
    limit: int

    def overflow(self, item: Any) -> None:
        """Take an item there is no room for."""
        ...


class QueueProcessor(SpanProcessor):
    """
    Appends every span that ends to a queue. What leads out of the process is the queue's business, flushing included.

    Nothing takes a processor out of the SDK's provider again; `close` makes it do nothing.
    """

    def __init__(self, queue: Queue) -> None:
        """
        Feed a queue.

        Args:
            queue: Spans that are not sampled are put into it too, for whoever judges; delivery leaves them out.
        """
        self._queue: Queue | None = queue

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing."""

    def on_end(self, span: ReadableSpan) -> None:
        """Append a span."""
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
