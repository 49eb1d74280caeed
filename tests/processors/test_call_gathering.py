"""Spans as calls and pieces of work."""

from typing import Any

from opentelemetry.sdk.trace import TracerProvider as SdkProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from otel_agent.insight.call_notes import CallNote, CallNotes
from otel_agent.insight.pieces import Call, PieceOfWork
from otel_agent.processors.call_gathering import CallGathering
from otel_agent.recording.provider import TracerProvider


class Kept:
    """A queue that keeps everything."""

    def __init__(self) -> None:
        self.items: Any = []
        self.limit = 1 << 20

    def overflow(self, item: Any) -> None: ...


def spans(provider: Any) -> None:
    """A query, a request and a tool below one span, and a span of no interest."""
    tracer = provider.get_tracer("t")
    with tracer.start_as_current_span("work"):
        with tracer.start_as_current_span("inner"):
            pass
        query = {"db.system.name": "sqlite", "db.query.text": "insert into t", "db.operation.name": "INSERT"}
        with tracer.start_as_current_span("INSERT t", kind=SpanKind.CLIENT, attributes=query):
            pass
        with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT, attributes={"http.request.method": "GET"}):
            pass
        tool = {"gen_ai.tool.name": "look_up", "gen_ai.tool.call.arguments": "{}", "gen_ai.tool.call.result": "none"}
        with tracer.start_as_current_span("execute_tool look_up", attributes=tool):
            pass


def gathered(ended: list[Any], notes: CallNotes | None = None) -> list[PieceOfWork]:
    pieces: list[PieceOfWork] = []

    def judge(piece: PieceOfWork) -> set[int]:
        pieces.append(piece)
        return set()

    CallGathering(judge, notes or CallNotes()).observe(ended)
    return pieces


def described(call: Call) -> tuple[str, str, bool]:
    return call.kind, call.name, call.is_write


def test_spans_of_anybody_are_read_alike() -> None:
    """Ours by their sites, others by their attributes."""
    queue = Kept()
    spans(TracerProvider(queue=queue))
    exporter, provider = InMemorySpanExporter(), SdkProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans(provider)
    ours, theirs = (gathered(list(ended)) for ended in (queue.items, exporter.get_finished_spans()))

    expected = [("query", "INSERT t", True), ("client", "GET", False), ("tool", "look_up", False)]
    assert [expected, expected] == [[described(call) for call in piece.calls] for (piece,) in (ours, theirs)]
    assert theirs[0].calls[2].argument is not None


def test_a_note_tells_where_a_call_was_made() -> None:
    """It is taken by its span."""
    queue, notes = Kept(), CallNotes()
    spans(TracerProvider(queue=queue))
    notes.put(queue.items[1].span_id, CallNote(place="a.py:7"))
    (piece,) = gathered(list(queue.items), notes)

    assert "a.py:7" == piece.calls[0].place
