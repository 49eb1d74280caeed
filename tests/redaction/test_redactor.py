"""What the redactor takes out of telemetry, and what it leaves as it was."""

import copy
import logging
from collections import deque
from types import SimpleNamespace

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event
from wire_shapes import Extra, Light

from otel_agent.logs.bridge import BridgeHandler
from otel_agent.redaction.redactor import Redactor


def test_operators_add_names_and_values() -> None:
    """Own patterns hit in names, in texts, and inside longer texts; the marker says which of them it was."""
    redactor = Redactor(keys=["iban", "^acct_"], values=[r"EMP-\d{6}", "internal"])

    assert {"customer.IBAN": "[redacted: configured key 1]"} == redactor.mapping({"customer.IBAN": "DE02"})
    assert {"acct_no": "[redacted: configured key 2]", "x": 1} == redactor.mapping({"acct_no": 5, "x": 1})
    assert "iban=[redacted: configured key 1] ok" == redactor.text("iban=DE02 ok")
    assert "by [redacted: configured value 1]" == redactor.text("by EMP-123456")
    long = redactor.text("word " * 30_000 + "EMP-123456")
    assert long.endswith(" [redacted: configured value 1]")


def test_operators_name_exceptions() -> None:
    """A pattern that begins with an exclamation mark says that a name is harmless, in texts too."""
    redactor = Redactor(keys=["!^session_id$"])

    assert {"session_id": "abc", "session_key": "[redacted: session]"} == redactor.mapping(
        {"session_id": "abc", "session_key": "abc"}
    )
    assert "session_id=abc" == redactor.text("session_id=abc")


def test_what_is_kept_stays() -> None:
    """A name that a pattern is found in, a value that one matches as a whole, and the shapes of a rule."""
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    redactor = Redactor(keep=["^session_id$", r"ak-\d+", "jwt"])
    values = {"session_id": "replay-7", "api_key": "ak-3"}

    assert values == redactor.mapping(values)
    assert "[redacted" in redactor.mapping({"api_key": "ak-3 and more"})["api_key"]
    assert f"got {jwt}" == redactor.text(f"got {jwt}")
    assert jwt not in Redactor().text(f"got {jwt}")


def test_wrong_patterns_are_said_and_left_out() -> None:
    """A mistake in one pattern names its place and costs no other."""
    redactor = Redactor(keys=["(", "iban"], values=["(a+)+$", "x*", r"EMP-\d+"])
    first, second, third = redactor.problems

    assert first.startswith("redact.keys[0]: expected a regular expression")
    assert second.startswith("redact.values[0]: '(a+)+$' can take for ever")
    assert third.startswith("redact.values[1]: 'x*' matches an empty text")
    assert {"iban": "[redacted: configured key 1]"} == redactor.mapping({"iban": "DE02"})
    assert "[redacted: configured value 1]" == redactor.text("EMP-1")


def test_switched_off_nothing_changes() -> None:
    """enabled: false lets everything pass as it is."""
    redactor = Redactor(enabled=False)
    items = [Light(own={"password": "hunter2"})]

    assert items is redactor.spans(items)
    assert items is redactor.logs(items)
    assert items is redactor.metrics(items)
    assert "password=x" == redactor.text("password=x")
    assert {"password": "x"} == redactor.mapping({"password": "x"})


def test_what_needs_no_change_is_the_same_object(redactor: Redactor) -> None:
    """A clean batch passes as it is, and so do the clean ones of another."""
    clean = Light(own={"symbol": "ACME", "size": 3, "tags": ["a", "b"]})
    items = [clean, Light(extra=Extra(events=[Event("e", {"a": 1}, 5)], status_description="ok"))]

    assert items is redactor.spans(items)
    assert deque() == redactor.spans(deque())
    mixed = redactor.spans([clean, Light(own={"password": "x"})])
    assert clean is mixed[0]


def test_originals_stay_as_they_were(redactor: Redactor) -> None:
    """The agent, the console and other processors may still hold the span or the record: copies are changed."""
    own = {"password": "hunter2", "deep": {"list": ["token=abc"]}}
    span = Light(own=own, extra=Extra(events=[Event("e", {"password": "hunter2"}, 5)]))
    before = copy.deepcopy(own)
    sink = SimpleNamespace(items=deque(), limit=9)
    log = logging.Logger("x")  # noqa: LOG001 - one that no other test can reach
    log.addHandler(BridgeHandler(sink, Resource({})))
    log.info("password=%s", "hunter2", extra={"token": "abc"})
    redactor.spans([span])
    (cleaned,) = redactor.logs(list(sink.items))

    assert before == span.own
    assert span.extra is not None
    assert {"password": "hunter2"} == dict(span.extra.events[0].attributes)
    assert ("password=hunter2", {"token": "abc"}) == (sink.items[0].body, sink.items[0].attributes)
    assert ("password=[redacted: password]", {"token": "[redacted: token]"}) == (cleaned.body, cleaned.attributes)


def test_delivery_asks_by_signal(redactor: Redactor) -> None:
    """The redactor is a callable of a signal and its items."""
    assert "password" in redactor("traces", [Light(own={"password": "x"})])[0].own
    assert [] == redactor("metrics", [])
    assert [] == redactor("logs", [])
