"""Messages, arguments, extras and exceptions arrive, whatever is wrong with the call or whichever library it came from."""

import logging
import pickle
import sys
from collections import UserDict
from logging.handlers import QueueHandler, SocketHandler
from queue import SimpleQueue
from typing import Any

import pytest
from bridged_programs import bridged
from log_sinks import Items, Refuses, arrived, attributes


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


def test_record_classes_of_others_format_themselves(log: logging.Logger, sink: Items) -> None:
    """A record factory with its own message style is asked for its message."""

    class Braces(logging.LogRecord):
        def getMessage(self) -> str:
            return str(self.msg).format(*(self.args or ()))

    log.handle(Braces("x", 20, "f", 1, "{} ok", ("all",), None))
    log.handle(Braces("x", 20, "f", 1, "{} {}", ("bad",), None))

    assert ["all ok", "{} {} ['bad']"] == [record.body.string_value for record in arrived(sink)]


def test_arguments_that_cannot_change_wait_for_the_sender(log: logging.Logger, sink: Items) -> None:
    """A message with only numbers and texts is not formatted on the calling thread."""
    log.info("%s %d", "a", 1)

    assert "%s %d" == sink.items[0].message
    assert "a 1" == sink.items[0].body
    assert "a 1" == sink.items[0].text


def test_stacks_arrive(log: logging.Logger, sink: Items) -> None:
    """`stack_info=True` is sent under the semantic conventions' name."""
    log.info("x", stack_info=True)

    assert "test_stacks_arrive" in attributes(arrived(sink)[0])["code.stacktrace"]


class Named(dict[str, Any]):
    """A mapping of somebody's own."""


@pytest.mark.parametrize("kind", [dict, Named, UserDict])
def test_a_mapping_as_message_loses_nothing(log: logging.Logger, sink: Items, kind: Any) -> None:
    """Its event is the body and the rest attributes, beside extras of the same name; one without an event is the body itself."""
    log.info(kind({"event": "sent", "level": "second floor", "weight": 1, 7: {"deep": [1, {2}]}}), extra={"weight": 2})
    log.info(kind({"parcel": 4711, 1: "a", "1": "b", "to": {"street": ["High", 5]}}))
    first, second = sink.items

    assert "sent" == first.body
    assert {"weight": 2, "message.weight": 1, "level": "second floor", "7": {"deep": [1, [2]]}} == first.attributes
    assert {"parcel": 4711, "1": "a", "1 (str)": "b", "to": {"street": ["High", 5]}} == second.body
    assert second.attributes is None
    assert "4711" in str(arrived(sink)[1].body)


def test_odd_mappings_as_messages_keep_their_neighbours(log: logging.Logger, sink: Items) -> None:
    """A circle, a value without a text, and one that is huge cost nothing but themselves."""
    odd: dict[Any, Any] = {"event": "odd", "none": Refuses(), "long": "w" * 1_000_000, "last": "kept"}
    odd["circle"] = odd
    log.info(odd)
    (entry,) = sink.items

    assert "odd" == entry.body
    assert "kept" == entry.attributes["last"]
    assert "<Refuses: its __str__ raised ValueError>" == entry.attributes["none"]
    assert "characters left out" in entry.attributes["long"]


def test_a_record_class_that_formats_as_logging_does_keeps_structures(log: logging.Logger, sink: Items) -> None:
    """A record factory that only adds a field is no formatter of its own."""

    class Marked(logging.LogRecord):
        """Has a field more."""

    log.handle(Marked("x", 20, "f", 1, {"event": "sent", "weight": 1}, (), None))

    assert ("sent", {"weight": 1}) == (sink.items[0].body, sink.items[0].attributes)


def test_a_record_without_fields_arrives(log: logging.Logger, sink: Items) -> None:
    """`makeLogRecord` says that any field may be absent."""
    log.handle(logging.makeLogRecord({"msg": "relayed", "levelno": 30, "levelname": "WARNING"}))
    (record,) = arrived(sink)

    assert ("relayed", 13) == (record.body.string_value, record.severity_number)


def queued(log: logging.Logger, form: str) -> logging.LogRecord:
    """A record with an exception as `QueueHandler` and pickle leave it."""
    handler = QueueHandler(SimpleQueue())
    handler.setFormatter(logging.Formatter(form))
    try:
        try:
            raise ValueError("before")
        except ValueError as cause:
            raise KeyError("price") from cause
    except KeyError as error:
        record = log.makeRecord("remote", 40, "r.py", 1, "failed %s", ("A1",), (KeyError, error, error.__traceback__))
    return pickle.loads(pickle.dumps(handler.prepare(record)))  # type: ignore[no-any-return] # as it was pickled


def test_an_exception_that_was_joined_to_its_message_is_found(log: logging.Logger, sink: Items) -> None:
    """A record that came through a queue has type, message and stack trace in their own fields, and its message without them."""
    log.handle(queued(log, "%(levelname)s %(message)s"))
    (entry,) = sink.items

    assert "ERROR failed A1" == entry.body
    assert ("KeyError", "'price'") == (entry.attributes["exception.type"], entry.attributes["exception.message"])
    assert entry.attributes["exception.stacktrace"].startswith("Traceback (most recent call last):")
    assert "ValueError: before" in entry.attributes["exception.stacktrace"]


def test_an_exception_that_was_sent_as_text_is_found(log: logging.Logger, sink: Items) -> None:
    """`SocketHandler` sends the traceback in `exc_text`, and no exception."""
    try:
        raise KeyError("price")
    except KeyError:
        record = logging.LogRecord("remote", 40, "r.py", 1, "failed", (), sys.exc_info())
    sent = pickle.loads(SocketHandler("127.0.0.1", 1).makePickle(record)[4:])
    log.handle(logging.makeLogRecord(sent))
    (entry,) = sink.items

    assert ("failed", "KeyError") == (entry.body, entry.attributes["exception.type"])
    assert "test_an_exception_that_was_sent_as_text_is_found" in entry.attributes["exception.stacktrace"]


STRUCTLOG = """
import structlog
structlog.configure(
    processors={processors},
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)
log = structlog.get_logger("orders")
with tracer.start_as_current_span("decide"):
    log.info("order sent", symbol="ACME", basket=["a"])
log.warning("late")
"""


def test_structlog_records_arrive_from_its_formatter() -> None:
    """Events wrapped for structlog's ProcessorFormatter are taken apart: the event is the body, the rest attributes."""
    processors = "[structlog.stdlib.add_log_level, structlog.processors.TimeStamper(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter]"
    lines, _ = bridged(STRUCTLOG.format(processors=processors))

    assert [
        '["order sent", "INFO", 9, "orders", {"symbol": "ACME", "basket": ["a"]}, true]',
        '["late", "WARN", 13, "orders", {}, false]',
    ] == lines


def test_structlog_records_arrive_as_extras() -> None:
    """Events rendered to logging's own arguments arrive in the same way."""
    lines, _ = bridged(STRUCTLOG.format(processors="[structlog.stdlib.render_to_log_kwargs]"))

    assert [
        '["order sent", "INFO", 9, "orders", {"symbol": "ACME", "basket": ["a"]}, true]',
        '["late", "WARN", 13, "orders", {}, false]',
    ] == lines
