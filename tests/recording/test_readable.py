"""The reading side of a span, as exporters and scrubbers of others use it."""

import copy
from types import SimpleNamespace
from typing import Any

from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from recording_rig import Rig

from otel_agent.delivery.wire import encode_spans


class Keeps(SpanExporter):
    """An exporter that keeps what it was given."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Any) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


def test_exporters_of_others_see_a_readable_span() -> None:
    """Everything a `ReadableSpan` answers is answered; the console exporter and a copy work too."""
    rig = Rig(resource=Resource({"service.name": "x"}))
    keeps = Keeps()
    rig.provider.add_span_processor(SimpleSpanProcessor(keeps))
    lines: list[str] = []
    console = ConsoleSpanExporter(out=SimpleNamespace(write=lines.append, flush=lambda: None))  # type: ignore[arg-type] # odd on purpose
    rig.provider.add_span_processor(SimpleSpanProcessor(console))
    with rig.tracer.start_as_current_span("a", kind=SpanKind.CLIENT, attributes={"k": [1]}) as span:
        span.add_event("e", {"x": 1})
        span.set_status(Status(StatusCode.ERROR, "bad"))
    seen = keeps.spans[0]

    assert isinstance(seen, ReadableSpan)
    assert ("a", SpanKind.CLIENT, {"k": (1,)}) == (seen.name, seen.kind, dict(seen.attributes or {}))
    assert ("x", "tests", "1.0") == (
        seen.resource.attributes["service.name"],
        seen.instrumentation_scope.name,  # type: ignore[union-attr]
        seen.instrumentation_scope.version,  # type: ignore[union-attr]
    )
    assert '"name": "a"' in lines[0]
    assert "bad" == copy.copy(seen).status.description
    assert seen.get_span_context() == seen.context


def test_what_scrubbers_do_to_an_ended_span_reaches_the_wire() -> None:
    """Processors that replace private fields of spans, as many do to hide secrets, change what is sent."""

    class Scrubber(sdk.SpanProcessor):
        def on_end(self, span: Any) -> None:
            span._attributes["password"] = "***"
            span._name = "scrubbed"
            span._status = Status(StatusCode.ERROR, "hidden")

    rig = Rig()
    rig.provider.add_span_processor(Scrubber())
    with rig.tracer.start_as_current_span("secret") as span:
        span.set_attribute("password", "hunter2")
    sent = encode_spans(rig.spans)

    assert b"hunter2" not in sent
    assert all(word in sent for word in (b"***", b"scrubbed", b"hidden"))
