"""Lines that any reader takes: one object, no break inside, bounded, ASCII."""

import json
import logging
import logging.config
import math
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from otel_agent.logs.bridge import LogEntry
from otel_agent.logs.formatting import MAX_LINE_BYTES, JsonFormatter, json_line, text_line
from otel_agent.logs.otel import build_logger_provider

SCALARS = st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.binary())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=10
)


def entry(body: str = "filled", **more: Any) -> LogEntry:
    """An entry as the bridge makes it."""
    made = LogEntry()
    made.resource, made.logger, made.time_ns = Resource({"service.name": "trader"}), "orders", 1_700_000_000_123_456_789
    made.severity_number, made.severity_text = 9, "INFO"
    made.message, made.arguments, made.text, made.attributes = body, None, None, None
    made.place = ("a.py", 1, "f")
    made.trace_id = made.span_id = made.trace_flags = 0
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_a_line_is_exactly_this() -> None:
    """Field by field, in the order of the interface."""
    line = json_line(entry(trace_id=0xAB, span_id=0xCD, attributes={"symbol": "ACME", "size": 3}))

    expected = (
        '{"timestamp":"2023-11-14T22:13:20.123456Z","severity_text":"INFO","severity_number":9,"body":"filled",'
        '"logger":"orders","trace_id":"000000000000000000000000000000ab","span_id":"00000000000000cd",'
        '"service.name":"trader","attributes":{"symbol":"ACME","size":3}}\n'
    )
    assert expected == line


@given(
    body=st.text(), attributes=st.dictionaries(st.text(), VALUES, max_size=5), moment=st.integers(-(1 << 70), 1 << 70)
)
def test_any_record_is_one_ascii_line_of_json(body: str, attributes: dict[str, Any], moment: int) -> None:
    """Nothing a record can hold breaks a line, raises, or yields what a strict reader refuses."""
    line = json_line(entry(body, attributes=attributes, time_ns=moment))

    assert line.isascii()
    assert line.endswith("\n")
    assert [line[:-1]] == line.splitlines()
    assert len(line) <= MAX_LINE_BYTES
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON")).keys()
    json.dumps(json.loads(line), ensure_ascii=False).encode()  # raises for half a surrogate pair


@given(attributes=st.dictionaries(st.text(), VALUES, max_size=5), body=st.text())
def test_text_is_printable(attributes: dict[str, Any], body: str) -> None:
    """No control or direction character reaches the terminal; without a stack there is one line."""
    line = text_line(entry(body, attributes={f"x{name}": value for name, value in attributes.items()}))

    assert line[:-1].isprintable()
    assert line.endswith("\n")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (b"a\xff", "a\\xff"),
        ("\udcff", "\\udcff"),
        ("😀", "😀"),
        (1 << 80, 1 << 80),
        pytest.param(10**5000, hex(10**5000), id="5000 digits"),
    ],
)
def test_what_json_cannot_carry_is_repaired(value: Any, expected: Any) -> None:
    """A reader sees what was meant."""
    assert expected == json.loads(json_line(entry(attributes={"x": value})))["attributes"]["x"]


def test_long_records_are_cut_and_say_so() -> None:
    """The beginning and the end stay: a stack trace says what and where."""
    stack = "Traceback\n" + "  frame\n" * 20_000 + "ValueError: the end"
    attributes = {"exception.type": "ValueError", "exception.message": "m", "exception.stacktrace": stack, "a": "b"}
    line = json_line(entry("x" * 100_000, attributes=attributes))
    record = json.loads(line)

    assert len(line) <= MAX_LINE_BYTES
    assert record["exception.stacktrace"].startswith("Traceback")
    assert record["exception.stacktrace"].endswith("the end")
    assert "characters left out" in record["exception.stacktrace"]
    assert "characters left out" in record["body"]
    assert {"a": "b"} == record["attributes"]


def test_attributes_beyond_all_bounds_are_counted() -> None:
    """What does not fit even cut short is left out and counted, and the record stays."""
    line = json_line(entry(attributes={f"key{number}": "x" * 100 for number in range(1000)}))
    kept = json.loads(line)["attributes"]

    assert 256 == len([key for key in kept if key.startswith("key")])
    assert "744 entries left out" == kept["otel_agent.truncated"]


LONG = "w" * 400_000


@pytest.mark.parametrize(
    "attributes",
    [
        {"prompt": LONG, "run": "r-1", "steps": [1, 2], "exception.type": "ValueError"},
        {"turn": {"text": LONG, "language": "en"}, "run": "r-1", "steps": [1, 2], "exception.type": "ValueError"},
        {"history": [LONG, "short"], "run": "r-1", "steps": [1, 2], "exception.type": "ValueError"},
        {"all": list(range(100_000)), "run": "r-1", "steps": [1, 2], "exception.type": "ValueError"},
        {"many": {str(n): n for n in range(100_000)}, "run": "r-1", "steps": [1, 2], "exception.type": "ValueError"},
        {**{f"k{n}": LONG for n in range(20)}, "run": "r-1", "steps": [1, 2], "exception.type": "ValueError"},
    ],
    ids=["text", "nested text", "text in a list", "many numbers", "many keys", "many texts"],
)
@pytest.mark.parametrize("body", ["asked", LONG], ids=["short body", "long body"])
def test_what_is_long_costs_its_neighbours_nothing(body: str, attributes: dict[str, Any]) -> None:
    """A record is cut where it is long: every other field, and every other attribute, is what it was."""
    line = json_line(entry(body, attributes=attributes, trace_id=0xAB, span_id=0xCD))
    record = json.loads(line)

    assert len(line) <= MAX_LINE_BYTES
    assert record["body"] == body or "characters left out" in record["body"]
    assert ("orders", "trader", "ValueError") == (record["logger"], record["service.name"], record["exception.type"])
    assert {"trace_id", "span_id", "timestamp", "severity_number"} <= set(record)
    assert ("r-1", [1, 2]) == (record["attributes"]["run"], record["attributes"]["steps"])
    assert set(attributes) - {"exception.type"} == set(record["attributes"])
    assert '"en"' in line or "turn" not in attributes
    shown = text_line(entry(body, attributes=attributes))
    assert "run=r-1" in shown
    assert "asked" in shown or "characters left out" in shown


def test_records_of_the_logs_api_are_lines_too() -> None:
    """Third parties that speak the API are written in the same form."""
    sink = SimpleNamespace(items=deque(), limit=9)
    provider = build_logger_provider(sink, Resource({"service.name": "trader"}))
    context = SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1))
    with use_span(NonRecordingSpan(context)):
        provider.get_logger("lib").emit(
            timestamp=1_700_000_000_000_000_000, event_name="order.sent", body={"side": "buy"}, attributes={"a": 1}
        )
    record = json.loads(json_line(sink.items[0]))

    assert {
        "timestamp": "2023-11-14T22:13:20.000000Z",
        "severity_text": "",
        "severity_number": 0,
        "body": {"side": "buy"},
        "logger": "lib",
        "trace_id": f"{0xAB:032x}",
        "span_id": f"{0xCD:016x}",
        "service.name": "trader",
        "attributes": {"a": 1, "event.name": "order.sent"},
    } == record


def test_the_formatter_gives_the_same_lines_to_handlers_of_the_agent() -> None:
    """A handler configured by dictConfig writes the same fields."""
    formatter = JsonFormatter("trader")
    record = logging.LogRecord("orders", 20, "a.py", 1, "order %s", ("A1",), None)
    line = formatter.format(record)

    assert ("order A1", "orders", "trader") == tuple(
        json.loads(line)[name] for name in ("body", "logger", "service.name")
    )
    assert "\n" not in line


def test_colours_are_for_terminals() -> None:
    """Severity and the rest are told apart by colour where there is one, by place otherwise."""
    assert "\x1b[36mINFO \x1b[0m" in text_line(entry(), is_coloured=True)
    assert "22:13:20.123  INFO   orders  filled  symbol=ACME  trace=00000000\n" == text_line(
        entry(attributes={"symbol": "ACME"}, trace_id=0xAB, span_id=1)
    )
