"""Equal errors are one error, however often they happen and whoever reports them."""

import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from log_sinks import Items
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_agent
from otel_agent.logs.errors import ErrorTracker, fingerprint
from otel_agent.logs.otel import build_logger_provider
from otel_agent.redaction.redactor import Redactor


@pytest.fixture
def tracker() -> ErrorTracker:
    """With redaction, as in real life."""
    return ErrorTracker(Redactor().text)


@pytest.fixture
def provider() -> TracerProvider:
    """The SDK's own."""
    return TracerProvider(shutdown_on_exit=False)


def refuse(order: object) -> None:
    """Fail as an agent fails."""
    raise ValueError(f"no price for {order}")


def decide(order: object) -> None:
    """Fail further down."""
    refuse(order)


def logged(log: logging.Logger, function: Callable[[Any], object], order: object) -> None:
    """Call and log the failure."""
    try:
        function(order)
    except ValueError:
        log.exception("failed")


def test_a_thousand_equal_errors_are_one(log: logging.Logger, sink: Items, tracker: ErrorTracker) -> None:
    """Messages differ, the place is the same: one fingerprint, a count of a thousand, first and last seen."""
    for number in range(1000):
        logged(log, decide, number)
    tracker.logs(sink.items)
    (error,) = tracker.summary()

    assert ("ValueError", 1000, 1000, 0) == (error["type"], error["count"], error["in_logs"], error["in_spans"])
    assert "logs/test_errors:refuse" == error["where"]
    assert "no price for 999" == error["message"]
    assert error["first_seen"] < error["last_seen"]
    assert error["trace_id"] is None


def test_another_place_is_another_error(log: logging.Logger, sink: Items, tracker: ErrorTracker) -> None:
    """The same type from another function has a fingerprint of its own; the latest comes first."""
    logged(log, decide, 1)
    logged(log, float, "x")
    tracker.logs(sink.items)
    errors = tracker.summary()

    assert 2 == len(errors)
    assert errors[0]["fingerprint"] != errors[1]["fingerprint"]
    assert 1 == len(tracker.summary(most=1))


def test_lines_and_libraries_do_not_matter() -> None:
    """A comment above the line, a new release of a library and another place of installation make no new error."""
    stack = """Traceback (most recent call last):
  File "{root}/trader/orders.py", line {line}, in place
    broker.send(order)
  File "/venv/lib/python3.12/site-packages/broker/{library}.py", line 5, in send
    raise ValueError
ValueError: {message}
"""
    one = stack.format(root="/srv/releases/1", line=10, library="client", message="a")
    other = stack.format(root="/srv/releases/2", line=17, library="http", message="b")

    assert fingerprint({"exception.type": "ValueError", "exception.stacktrace": one}) == fingerprint(
        {"exception.type": "ValueError", "exception.stacktrace": other}
    )
    assert fingerprint({"exception.type": "KeyError"}) != fingerprint({"exception.type": "ValueError"})


@pytest.mark.parametrize(
    ("file", "where"),
    [
        ("{package}/instruments/functions/wrappers.py", "trader/orders:place"),
        ("{package}/anywhere/else.py", "trader/orders:place"),
        ("{package}/demo/broker.py", "demo/broker:send"),
        ("{package}_of_mine/broker.py", "otel_agent_of_mine/broker:send"),
        ("<frozen runpy>", "trader/orders:place"),
    ],
)
def test_frames_of_ours_are_a_librarys(file: str, where: str, tracker: ErrorTracker, sink: Items) -> None:
    """Wherever a module of this package stands, an error that passes it is the agent's; the demo is an agent itself."""
    stack = f"""Traceback (most recent call last):
  File "/srv/trader/orders.py", line 3, in place
    send(order)
  File "{file.format(package=Path(otel_agent.__file__).parent)}", line 5, in send
    raise ValueError
ValueError
"""
    attributes = {"exception.type": "ValueError", "exception.stacktrace": stack}
    build_logger_provider(sink, Resource({})).get_logger("lib").emit(body="x", attributes=attributes)
    tracker.logs(sink.items)

    assert where == tracker.summary()[0]["where"]


def test_of_a_chain_the_last_one_counts(log: logging.Logger, sink: Items, tracker: ErrorTracker) -> None:
    """The error is the one that was raised, not its cause; an error without a stack of the agent's has a place still."""
    try:
        try:
            refuse(1)
        except ValueError as cause:
            raise RuntimeError("gave up") from cause
    except RuntimeError:
        log.exception("failed")
    tracker.logs(sink.items)
    (error,) = tracker.summary()

    assert "RuntimeError" == error["type"]
    assert error["where"].endswith(":test_of_a_chain_the_last_one_counts")


def test_a_trace_to_look_at(log: logging.Logger, sink: Items, tracker: ErrorTracker, provider: TracerProvider) -> None:
    """The last trace in which it happened is named."""
    with provider.get_tracer("t").start_as_current_span("decide") as span:
        logged(log, decide, 1)
    logged(log, decide, 2)
    tracker.logs(sink.items)

    assert f"{span.get_span_context().trace_id:032x}" == tracker.summary()[0]["trace_id"]


def test_an_error_that_passes_through_spans_counts_once(
    log: logging.Logger, sink: Items, tracker: ErrorTracker, provider: TracerProvider
) -> None:
    """Three nested spans record it, the agent logs it: one error, seen once."""
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("t")

    def nested(order: object) -> None:
        with tracer.start_as_current_span("a"), tracer.start_as_current_span("b"):
            inner(order)

    def inner(order: object) -> None:
        with tracer.start_as_current_span("c") as span:
            try:
                refuse(order)
            except ValueError as error:
                span.record_exception(error)
                raise

    logged(log, nested, 1)
    logged(log, nested, 2)
    tracker.spans(exporter.get_finished_spans())
    tracker.logs(sink.items)
    (error,) = tracker.summary()

    assert (2, 2, 2) == (error["count"], error["in_logs"], error["in_spans"])


def test_spans_of_ours_are_read_too(tracker: ErrorTracker) -> None:
    """A span in the recorder's shape, with an exception event."""
    event = SimpleNamespace(name="exception", timestamp=5, attributes={"exception.type": "KeyError"})
    tracker.spans(
        [
            SimpleNamespace(extra=None),
            SimpleNamespace(site=None, extra=SimpleNamespace(events=[event]), trace_id=0xAB, span_id=1, parent_id=0),
        ]
    )
    (error,) = tracker.summary()

    assert ("KeyError", 1, f"{0xAB:032x}", "") == (error["type"], error["count"], error["trace_id"], error["where"])


def test_records_of_the_logs_api_are_read_too(tracker: ErrorTracker, sink: Items) -> None:
    """A third party that emits an exception through the API is counted."""
    build_logger_provider(sink, Resource({})).get_logger("lib").emit(
        body="x", attributes={"exception.type": "KeyError"}, timestamp=7
    )
    tracker.logs(sink.items)

    assert 1 == tracker.summary()[0]["count"]


def test_messages_hold_no_secret(log: logging.Logger, sink: Items, tracker: ErrorTracker) -> None:
    """The example of a message is redacted and bounded."""
    logged(log, refuse, "password=hunter2 " + "x" * 10_000)
    tracker.logs(sink.items)
    message = tracker.summary()[0]["message"]

    assert "hunter2" not in message
    assert len(message) < 1000


def test_memory_is_bounded(sink: Items) -> None:
    """The error not seen for longest gives way to a new one, and that is counted."""
    tracker = ErrorTracker(str, limit=2)
    logger = build_logger_provider(sink, Resource({})).get_logger("lib")
    for name in "ABAC":
        logger.emit(body="x", attributes={"exception.type": name})
    tracker.logs(sink.items)

    assert ["C", "A"] == [error["type"] for error in tracker.summary()]
    assert {"remembered": 2, "forgotten": 1} == tracker.counts()
    tracker.reinit_after_fork()
    assert [] == tracker.summary()


def test_odd_items_are_survived(tracker: ErrorTracker) -> None:
    """Whatever is among the batch, its neighbours are counted and nothing is raised."""
    tracker.logs([object(), None])
    tracker.spans([object(), SimpleNamespace(extra=SimpleNamespace(events=3))])

    assert [] == tracker.summary()
