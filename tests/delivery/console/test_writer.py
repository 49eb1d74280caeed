"""Traces written to a terminal as they end."""

import io

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from otel_agent.clock import ManualClock
from otel_agent.delivery.console.writer import TreeWriter


def record(*names: str, error: bool = False) -> tuple[ReadableSpan, ...]:
    """Spans nested in each other, innermost first, as they end."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")

    def nest(rest: tuple[str, ...]) -> None:
        with tracer.start_as_current_span(rest[0]) as span:
            if rest[1:]:
                nest(rest[1:])
            elif error:
                span.set_status(Status(StatusCode.ERROR, "went wrong"))

    nest(names)
    return exporter.get_finished_spans()


class BrokenStream(io.StringIO):
    """A pipe whose reader has left."""

    attempts = 0

    def write(self, text: str) -> int:
        """Fail as a pipe does."""
        self.attempts += 1
        raise BrokenPipeError(text)


def test_a_trace_is_drawn_when_its_root_ends() -> None:
    """Children wait for their root, so that a tree is whole when it is seen."""
    stream = io.StringIO()
    writer = TreeWriter(stream, ManualClock())
    inner, root = record("day", "decide")

    writer.spans([inner])
    before = stream.getvalue()
    writer.spans([root])

    assert ("", ["day", "└─ decide"]) == (before, [line[:52].rstrip() for line in stream.getvalue().splitlines()])


def test_equal_traces_are_counted_and_the_count_is_said() -> None:
    """A loop does not flood the terminal."""
    stream, clock = io.StringIO(), ManualClock()
    writer = TreeWriter(stream, clock, repeat_s=5)

    for _ in range(4):
        writer.spans(record("day"))
    clock.advance(6)
    writer.spans(record("day"))

    assert ["day", "… 3 more traces like day", "day"] == [line[:52].rstrip() for line in stream.getvalue().splitlines()]


def test_a_trace_with_an_error_is_always_drawn() -> None:
    """Repetition hides nothing that failed."""
    stream = io.StringIO()
    writer = TreeWriter(stream, ManualClock())

    writer.spans(record("day"))
    writer.spans(record("day", "order", error=True))

    assert "✗ went wrong" in stream.getvalue()


def test_what_is_open_at_the_end_is_drawn_at_the_end() -> None:
    """A root that never ended does not hide its children."""
    stream = io.StringIO()
    writer = TreeWriter(stream, ManualClock())
    inner, _ = record("day", "decide")

    writer.spans([inner])
    writer.close()

    assert stream.getvalue().startswith("decide")


def test_a_closed_stream_is_given_up_in_silence() -> None:
    """A terminal that went away costs the agent nothing."""
    stream = BrokenStream()
    writer = TreeWriter(stream, ManualClock())

    writer.spans(record("day"))
    writer.spans(record("other"))

    assert 1 == stream.attempts
