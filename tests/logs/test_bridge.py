"""What a log call says arrives with its severity, its place and its span."""

import logging

import pytest
from log_sinks import Items, arrived, attributes
from opentelemetry._logs import SeverityNumber
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs._internal import std_to_otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from otel_agent.delivery.wire import encode_logs
from otel_agent.logs.bridge import BridgeHandler, severity_number


def test_a_record_says_who_where_and_how_severe(log: logging.Logger, sink: Items) -> None:
    """Scope, severity, body, time and code attributes arrive."""
    log.warning("order %s at %.2f", "A1", 3)
    (record,) = arrived(sink)
    request = ExportLogsServiceRequest.FromString(encode_logs(list(sink.items)))
    where = attributes(record)

    assert "trader.orders" == request.resource_logs[0].scope_logs[0].scope.name
    assert ("order A1 at 3.00", 13, "WARN") == (record.body.string_value, record.severity_number, record.severity_text)
    assert record.time_unix_nano == record.observed_time_unix_nano > 0
    assert __file__ == where["code.file.path"]
    assert "test_a_record_says_who_where_and_how_severe" == where["code.function.name"]
    assert where["code.line.number"] > 0


def test_a_record_inside_a_span_carries_its_ids(log: logging.Logger, sink: Items) -> None:
    """Trace id, span id and flags are those of the span that was current."""
    log.info("outside")
    with TracerProvider(shutdown_on_exit=False).get_tracer("t").start_as_current_span("decide") as span:
        log.info("inside")
    context = span.get_span_context()
    outside, inside = arrived(sink)

    assert (b"", b"", 0) == (outside.trace_id, outside.span_id, outside.flags)
    assert context.trace_id == int.from_bytes(inside.trace_id, "big")
    assert context.span_id == int.from_bytes(inside.span_id, "big")
    assert context.trace_flags == inside.flags


@pytest.mark.parametrize("level", range(60))
def test_severities_are_those_of_the_sdk(level: int) -> None:
    """Every level maps as in the SDK's handler; below DEBUG, where that says nothing, it is TRACE."""
    expected = std_to_otel(level)
    number = 1 if 0 < level < logging.DEBUG else expected.value

    assert number == severity_number(level)
    assert number in {member.value for member in SeverityNumber}


@pytest.mark.parametrize("size", [0, 1, 123, 124, 125, 127, 128, 20_000])
def test_bodies_of_every_size_arrive(log: logging.Logger, sink: Items, size: int) -> None:
    """Lengths of one byte and of more."""
    plain, odd = "é" + "x" * size, "\udcff" + "x" * size
    log.info(plain)
    log.info(odd)

    assert [plain, odd.replace("\udcff", "\\udcff")] == [record.body.string_value for record in arrived(sink)]


@pytest.mark.parametrize(
    "name", ["otel_agent", "otel_agent.guard", "opentelemetry.sdk", "urllib3.connectionpool", "grpc"]
)
def test_what_sending_logs_is_not_sent(sink: Items, name: str) -> None:
    """Records about the sending of telemetry never cause more sending."""
    handler = BridgeHandler(sink, Resource({}))
    for logger_name in (name, "other." + name):
        handler.handle(logging.LogRecord(logger_name, 20, "f", 1, "x", (), None))

    assert ["other." + name] == [entry.logger for entry in sink.items]


def test_a_full_sink_counts(log: logging.Logger, sink: Items) -> None:
    """Beyond the limit entries are handed to `overflow`, one by one."""
    sink.limit = 1
    log.info("kept")
    log.info("dropped")

    assert (1, 1) == (len(sink.items), sink.dropped)


def test_filters_of_the_handler_apply(log: logging.Logger, sink: Items) -> None:
    """A filter added to our handler refuses records as it would anywhere."""
    log.handlers[0].addFilter(lambda record: "secret" not in record.getMessage())
    log.info("secret")
    log.info("public")

    assert ["public"] == [entry.body for entry in sink.items]


def test_a_broken_sink_does_not_reach_the_agent(log: logging.Logger, sink: Items) -> None:
    """Whatever goes wrong inside is counted, not raised."""
    sink.items = None  # type: ignore[assignment]
    log.info("x")


def test_bodies_can_be_replaced(log: logging.Logger, sink: Items) -> None:
    """Redaction rewrites an entry before it is encoded."""
    log.info("token %s", "s3cret", extra={"token": "s3cret"})
    entry = sink.items[0]
    entry.body = "token [redacted]"
    entry.attributes["token"] = "[redacted]"

    assert b"s3cret" not in encode_logs(list(sink.items))
