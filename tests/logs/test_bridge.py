"""What a log call says arrives, whatever is wrong with it."""

import logging
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs._internal import std_to_otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from otel_agent.delivery.wire import encode_logs
from otel_agent.logs.bridge import BridgeHandler, severity_number
from otel_agent.logs.otel import build_logger_provider


class Items:
    """A sink in the shape of the delivery engine's queue."""

    def __init__(self, limit: int = 1_000) -> None:
        self.items: deque[Any] = deque()
        self.limit = limit
        self.dropped = 0

    def overflow(self, item: Any) -> None:
        """Count what there is no room for."""
        self.dropped += 1


class Refuses:
    """Has no text."""

    def __str__(self) -> str:
        raise ValueError("no")

    __repr__ = __str__


@pytest.fixture
def sink() -> Items:
    """Where entries go."""
    return Items()


@pytest.fixture
def log(sink: Items) -> Iterator[logging.Logger]:
    """A logger with our handler and nothing else."""
    logger = logging.Logger("trader.orders", logging.DEBUG)  # noqa: LOG001 - one that no other test can reach
    logger.addHandler(BridgeHandler(sink, Resource({"service.name": "trader"})))
    yield logger
    logger.handlers.clear()


def arrived(sink: Items) -> list[Any]:
    """The records of a sink as a collector decodes them."""
    request = ExportLogsServiceRequest.FromString(encode_logs(list(sink.items)))
    return [
        record for resource in request.resource_logs for scope in resource.scope_logs for record in scope.log_records
    ]


def attributes(record: Any) -> dict[str, Any]:
    """A record's attributes as a plain dictionary of texts and numbers."""
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in record.attributes
    }


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


def test_arguments_are_what_they_were(log: logging.Logger, sink: Items) -> None:
    """An argument that changes after the call is sent as it was at the call."""
    basket = ["ACME"]
    log.info("basket %s", basket, extra={"basket": basket})
    basket.append("EVIL")
    (record,) = arrived(sink)

    assert "basket ['ACME']" == record.body.string_value
    assert 1 == len(next(pair for pair in record.attributes if pair.key == "basket").value.array_value.values)


@pytest.mark.parametrize(
    ("message", "arguments", "body"),
    [
        ("%d %s", ("a",), "%d %s ['a']"),
        ("no placeholder", (1,), "no placeholder [1]"),
        ("%s", (Refuses(),), "%s ['<Refuses: its __str__ raised ValueError>']"),
        (Refuses(), (), "<Refuses: its __str__ raised ValueError>"),
        ("%(x)s", ({"x": 1},), "1"),
        ("%(y)s", ({"x": 1},), "%(y)s {'x': 1}"),
        (12, (), "12"),
        ("100 %", (), "100 %"),
        ("\udcff", (), "\\udcff"),
    ],
)
def test_mistakes_in_the_call_keep_the_record(
    log: logging.Logger, sink: Items, message: Any, arguments: tuple[Any, ...], body: str
) -> None:
    """Wrong placeholders and texts that refuse raise nothing and lose nothing."""
    log.info(message, *arguments)

    assert [body] == [record.body.string_value for record in arrived(sink)]


def test_extras_become_attributes(log: logging.Logger, sink: Items) -> None:
    """Extras keep their types; odd ones are repaired."""
    circle: list[Any] = []
    circle.append(circle)
    log.info("x", extra={"symbol": "ACME", "size": 3, "circle": circle, "odd": Refuses()})
    (record,) = arrived(sink)
    sent = attributes(record)

    assert ("ACME", 3) == (sent["symbol"], sent["size"])
    assert "<Refuses: its __str__ raised ValueError>" == sent["odd"]
    assert not {"msg", "args", "levelno", "taskName", "thread"} & set(sent)


@pytest.mark.parametrize("taken", ["args", "process", "name"])
def test_extras_arrive_when_a_filter_has_rearranged_the_record(log: logging.Logger, sink: Items, taken: str) -> None:
    """What logging sets itself no longer stands first, and still is no extra."""

    def rearrange(record: logging.LogRecord) -> bool:
        values = vars(record)
        values[taken] = values.pop(taken)
        return True

    log.addFilter(rearrange)
    log.info("filled", extra={"symbol": "ACME", "size": 3})
    (record,) = arrived(sink)

    assert {"symbol", "size"} == {key for key in attributes(record) if not key.startswith("code.")}


@pytest.mark.parametrize("size", [0, 1, 123, 124, 125, 127, 128, 20_000])
def test_bodies_of_every_size_arrive(log: logging.Logger, sink: Items, size: int) -> None:
    """Lengths of one byte and of more."""
    plain, odd = "é" + "x" * size, "\udcff" + "x" * size
    log.info(plain)
    log.info(odd)

    assert [plain, odd.replace("\udcff", "\\udcff")] == [record.body.string_value for record in arrived(sink)]


def test_an_exception_arrives_whole(log: logging.Logger, sink: Items) -> None:
    """Type, message and stack trace are attributes; nothing keeps the traceback alive."""
    try:
        raise KeyError("price")
    except KeyError:
        log.exception("failed")
    sent = attributes(arrived(sink)[0])

    assert ("KeyError", "'price'") == (sent["exception.type"], sent["exception.message"])
    assert "test_an_exception_arrives_whole" in sent["exception.stacktrace"]
    assert not any(isinstance(value, BaseException) for value in sink.items[0].attributes.values())


def test_an_exception_without_a_text_arrives(log: logging.Logger, sink: Items) -> None:
    """An exception whose own text raises costs neither the record nor the agent's flow."""
    error = type("Mute", (Exception,), {"__str__": Refuses.__str__})()
    log.error("failed", exc_info=error)
    sent = attributes(arrived(sink)[0])

    assert "ValueError" in sent["exception.message"]


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


def test_record_classes_of_others_format_themselves(log: logging.Logger, sink: Items) -> None:
    """A record factory with its own message style is asked for its message."""

    class Braces(logging.LogRecord):
        def getMessage(self) -> str:
            return str(self.msg).format(*(self.args or ()))

    log.handle(Braces("x", 20, "f", 1, "{} ok", ("all",), None))
    log.handle(Braces("x", 20, "f", 1, "{} {}", ("bad",), None))

    assert ["all ok", "{} {} ['bad']"] == [record.body.string_value for record in arrived(sink)]


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


def test_third_parties_of_the_logs_api_share_the_sink(sink: Items) -> None:
    """A record emitted through OpenTelemetry's own logs API arrives in the same batch, with its event name."""
    provider = build_logger_provider(sink, Resource({"service.name": "trader"}))
    body = {"side": "buy"}
    provider.get_logger("lib").emit(event_name="order.sent", body=body, attributes={"a": 1})
    body["side"] = "sell"
    (record,) = arrived(sink)

    assert "order.sent" == record.event_name
    assert "buy" == record.body.kvlist_value.values[0].value.string_value
    assert provider.force_flush()
    provider.shutdown()


def test_a_full_sink_counts_records_of_the_api_too() -> None:
    """The SDK's records obey the same bound."""
    sink = Items(limit=0)
    build_logger_provider(sink, Resource({})).get_logger("lib").emit(body="x")

    assert 1 == sink.dropped


def test_arguments_that_cannot_change_wait_for_the_sender(log: logging.Logger, sink: Items) -> None:
    """A message with only numbers and texts is not formatted on the calling thread."""
    log.info("%s %d", "a", 1)

    assert "%s %d" == sink.items[0].message
    assert "a 1" == sink.items[0].body
    assert "a 1" == sink.items[0].text


def test_bodies_can_be_replaced(log: logging.Logger, sink: Items) -> None:
    """Redaction rewrites an entry before it is encoded."""
    log.info("token %s", "s3cret", extra={"token": "s3cret"})
    entry = sink.items[0]
    entry.body = "token [redacted]"
    entry.attributes["token"] = "[redacted]"

    assert b"s3cret" not in encode_logs(list(sink.items))


def test_stacks_arrive(log: logging.Logger, sink: Items) -> None:
    """`stack_info=True` is sent under the semantic conventions' name."""
    log.info("x", stack_info=True)

    assert "test_stacks_arrive" in attributes(arrived(sink)[0])["code.stacktrace"]
