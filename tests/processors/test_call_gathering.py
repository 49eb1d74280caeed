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


def test_a_query_with_attributes_of_older_conventions_is_one() -> None:
    """Its statement is read, since such a span tells neither operation nor table."""
    queue, pieces = Kept(), list[PieceOfWork]()
    tracer = TracerProvider(queue=queue).get_tracer("t")
    statement = "delete from member where id = 7"
    with (
        tracer.start_as_current_span("work"),
        tracer.start_as_current_span(
            "DELETE", kind=SpanKind.CLIENT, attributes={"db.system": "mysql", "db.statement": statement}
        ),
    ):
        pass

    def judge(piece: PieceOfWork) -> set[int]:
        pieces.append(piece)
        return set()

    gathering = CallGathering(
        judge, CallNotes(), facts_of=lambda *_: ("delete from member where id = ?", "DELETE", "member")
    )
    gathering.observe(queue.items)
    (call,) = pieces[0].calls

    assert ("query", "delete from member where id = ?", "member", True) == (
        call.kind,
        call.text,
        call.table,
        call.is_write,
    )
