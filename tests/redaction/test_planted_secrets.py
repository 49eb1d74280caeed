"""Secrets planted wherever telemetry has room for one: none is in any byte that is encoded or written."""

import logging
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode
from secrets_to_plant import SECRETS
from wire_shapes import Extra, Light, Site

from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.formatting import json_line, text_line
from otel_agent.logs.otel import build_logger_provider
from otel_agent.redaction.redactor import Redactor

REDACTOR = Redactor()
CONTEXT = SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1), trace_state=TraceState())


def assert_gone(name: str, before: bytes, after: bytes) -> None:
    """The parts of a secret were there before redaction and are not after it; the record itself is."""
    parts = SECRETS[name][1]
    plain = [part.encode() for part in parts]

    assert all(part in before for part in plain), f"nothing was planted for {name}"
    assert [] == [(name, part) for part in plain if part in after]
    assert b"[redacted: " in after, name
    assert b"kept" in after, name


Place = Callable[[str], list[Any]]

OWN: dict[str, Place] = {
    "attribute": lambda text: [Light(own={"kept": 1, "message": text})],
    "second span": lambda text: [Light(own={"kept": 1}), Light(own={"message": text}), Light()],
    "list": lambda text: [Light(own={"kept": ["a", text]})],
    "nested": lambda text: [Light(own={"kept": {"deep": [{"deeper": text}]}})],
    "bytes": lambda text: [Light(own={"kept": text.encode()})],
    "object": lambda text: [Light(own={"kept": SimpleNamespace(text=text)})],
    "key": lambda text: [Light(own={text: 1, "kept": "kept"})],
    "event attribute": lambda text: [Light(extra=Extra(events=[Event("kept", {"message": text}, 5)]))],
    "event name": lambda text: [Light(extra=Extra(events=[Event(f"kept {text}", {}, 5)]))],
    "status": lambda text: [Light(extra=Extra(status_code=2, status_description=f"kept: {text}"))],
    "link": lambda text: [Light(extra=Extra(links=[Link(CONTEXT, {"kept": text})]))],
    "span name": lambda text: [Light(site=Site(name=f"kept {text}"))],
    "site attribute": lambda text: [Light(site=Site(attributes={"kept": text}))],
    "resource": lambda text: [Light(site=Site(resource=Resource({"kept": "kept", "process.command_args": [text]})))],
    "scope": lambda text: [Light(site=Site(scope=InstrumentationScope("kept", attributes={"x": text})))],
}


@pytest.mark.parametrize("place", OWN)
def test_none_is_in_spans_of_ours(place: str) -> None:
    """Attributes, events, links, status, names, sites, resources and scopes of spans in the recorder's shape."""
    for name, (text, _) in SECRETS.items():
        before, copies = OWN[place](text), OWN[place](text)

        assert_gone(name, encode_spans(before), encode_spans(REDACTOR.spans(copies)))


def foreign(text: str, place: str) -> list[Any]:
    """A span that the SDK made, with a secret in one place."""
    exporter = InMemorySpanExporter()
    resource = Resource({"kept": text} if place == "resource" else {})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("kept", attributes={"x": text} if place == "scope" else None)
    links = [Link(CONTEXT, {"x": text})] if place == "link" else []
    span = tracer.start_span(f"kept {text}" if place == "span name" else "kept", links=links)
    if place == "attribute":
        span.set_attributes({"a": 1, "message": text, "list": ["b", text]})
    elif place == "event":
        span.add_event(f"e {text}", {"message": text})
    elif place == "status":
        span.set_status(Status(StatusCode.ERROR, text))
    elif place == "exception":
        try:
            raise ValueError(text)
        except ValueError as error:
            span.record_exception(error)
    span.end()
    return list(exporter.get_finished_spans())


@pytest.mark.parametrize(
    "place", ["attribute", "event", "status", "exception", "link", "span name", "resource", "scope"]
)
def test_none_is_in_spans_of_others(place: str) -> None:
    """The same of spans that any third-party instrumentation records through the SDK."""
    for name, (text, _) in SECRETS.items():
        spans = foreign(text, place)

        assert_gone(name, encode_spans(spans), encode_spans(REDACTOR.spans(spans)))


def raised(log: logging.Logger, text: str) -> None:
    """Log an exception with the secret in its message."""
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("kept")


def chained(log: logging.Logger, text: str) -> None:
    """Log an exception whose cause, in the stack trace, has the secret."""
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise RuntimeError("gave up") from error
    except RuntimeError:
        log.exception("kept")


LOGGED: dict[str, Callable[[logging.Logger, str], None]] = {
    "message": lambda log, text: log.info(f"kept {text}"),  # noqa: G004 - what people write
    "argument": lambda log, text: log.info("kept %s", text),
    "between": lambda log, text: log.info("kept %s and %d", text, 1),
    "list": lambda log, text: log.info("kept %s", ["a", text]),
    "dictionary": lambda log, text: log.info("kept %(x)s", {"x": text}),
    "object": lambda log, text: log.info("kept %s", ValueError(text)),
    "extra": lambda log, text: log.info("kept", extra={"x": text, "y": [{"z": text}]}),
    "wrong call": lambda log, text: log.info("kept %d", text),
    "exception": raised,
    "cause": chained,
    "logger": lambda log, text: log.info("kept", stack_info=True, extra={"x": text}),
}


@pytest.mark.parametrize("place", LOGGED)
def test_none_is_in_log_records(place: str) -> None:
    """Messages, arguments, extras, exceptions and their causes: not on the wire, in a file, on a terminal."""
    sink = SimpleNamespace(items=deque(), limit=99)
    log = logging.Logger("trader")  # noqa: LOG001 - one that no other test can reach
    log.addHandler(BridgeHandler(sink, Resource({})))
    for name, (text, parts) in SECRETS.items():
        sink.items.clear()
        LOGGED[place](log, text)
        LOGGED[place](log, text)
        records = REDACTOR.logs([sink.items[1]])
        lines = json_line(records[0]) + text_line(records[0])

        assert_gone(name, encode_logs([sink.items[0]]), encode_logs(records))
        assert [] == [(name, part) for part in parts if part in lines]


def test_none_is_in_records_of_the_logs_api() -> None:
    """Bodies, structured ones too, attributes and event names of third parties that speak OpenTelemetry."""
    for name, (text, _) in SECRETS.items():
        sink = SimpleNamespace(items=deque(), limit=9)
        logger = build_logger_provider(sink, Resource({"r": text})).get_logger("lib", attributes={"s": text})
        logger.emit(body={"kept": [text]}, attributes={"x": text}, event_name=f"e {text}")
        records = list(sink.items)

        assert_gone(name, encode_logs(records), encode_logs(REDACTOR.logs(records)))


def test_none_is_in_metrics() -> None:
    """Attributes of points, of their exemplars, of resources and scopes."""
    for name, (text, _) in SECRETS.items():
        reader = InMemoryMetricReader()
        provider = MeterProvider([reader], resource=Resource({"r": text}), shutdown_on_exit=False)
        meter = provider.get_meter("lib", attributes={"s": text})
        meter.create_counter("kept").add(1, {"x": text, "a": 1})
        meter.create_histogram("h").record(1.5, {"x": text})
        meter.create_gauge("g").set(1, {"a": "clean"})
        data = reader.get_metrics_data()

        assert data is not None
        (cleaned,) = REDACTOR.metrics([data])
        assert_gone(name, encode_metrics(data), encode_metrics(cleaned))


@pytest.mark.parametrize(
    "frame", ["{}", "kept {}", "({})", "'{}'", "<{}>", "a\n{}\nb", "x={}", "{} kept", "see {}, then", "[{}]", "é{}"]
)
def test_what_stands_around_does_not_matter(frame: str) -> None:
    """In prose, in brackets, in quotes, on a line of its own, after a letter of another alphabet."""
    for name, (text, parts) in SECRETS.items():
        cleaned = REDACTOR.text(frame.format(text))

        assert [] == [(name, part) for part in parts if part in cleaned]
        assert cleaned == REDACTOR.text(cleaned)


@pytest.mark.parametrize("size", [64 * 1024, 131_072])
def test_length_hides_nothing(size: int) -> None:
    """Before, across and behind the borders of the pieces a long text is searched in."""
    for name, (text, parts) in SECRETS.items():
        for offset in (0, len(text) // 2, len(text)):
            cleaned = REDACTOR.text("word " * ((size - offset) // 5) + text + "\n" + " word" * 1000)

            assert [] == [(name, part) for part in parts if part in cleaned]
            assert cleaned.endswith("word")


def test_harmless_neighbours_are_kept() -> None:
    """Only the secret goes; what is around it still tells the story."""
    text = "POST https://api.exchange.example/order?symbol=ACME&api_key=Pq4Rs7Tu&side=buy gave 401 in 12 ms"
    expected = (
        "POST https://api.exchange.example/order?symbol=ACME&api_key=[redacted: api key]&side=buy gave 401 in 12 ms"
    )

    assert expected == REDACTOR.text(text)
