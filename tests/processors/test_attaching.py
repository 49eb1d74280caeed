"""What another provider records is delivered by us as well."""

from collections import deque
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_agent.processors.attaching import QueueProcessor


class Pair:
    """A queue of two spans, and what found no room in it."""

    def __init__(self) -> None:
        self.items: deque[Any] = deque()
        self.limit = 2
        self.refused: list[str] = []

    def overflow(self, item: Any) -> None:
        self.refused.append(item.name)


def test_spans_go_to_the_queue_until_it_is_full() -> None:
    """Each span that ends is appended; one there is no room for is the queue's to decide about."""
    queue = Pair()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(QueueProcessor(queue))
    for name in "abc":
        provider.get_tracer("test").start_span(name).end()

    assert (["a", "b"], ["c"]) == ([span.name for span in queue.items], queue.refused)
    assert provider.force_flush()


def test_a_closed_processor_takes_nothing_more() -> None:
    """The provider keeps it for ever, so it does nothing instead; closing twice is safe, and shutting down ends nothing."""
    queue = Pair()
    provider = TracerProvider(shutdown_on_exit=False)
    processor = QueueProcessor(queue)
    provider.add_span_processor(processor)
    processor.shutdown()
    provider.get_tracer("test").start_span("before").end()
    processor.close()
    processor.close()
    provider.get_tracer("test").start_span("after").end()

    assert ["before"] == [span.name for span in queue.items]


def test_what_the_provider_does_not_record_does_not_come() -> None:
    """A provider that samples nothing feeds nothing."""
    queue = Pair()
    provider = TracerProvider(ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(QueueProcessor(queue))
    provider.get_tracer("test").start_span("a").end()

    assert [] == list(queue.items)
