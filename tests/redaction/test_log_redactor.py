"""Log records of the bridge and of the logs API."""

import logging
from collections import deque
from types import SimpleNamespace
from typing import Any

from opentelemetry.sdk.resources import Resource

from otel_agent.logs.bridge import BridgeHandler
from otel_agent.redaction.redactor import Redactor


def entries(*calls: tuple[Any, ...]) -> list[Any]:
    """What the bridge makes of log calls."""
    sink = SimpleNamespace(items=deque(), limit=9)
    log = logging.Logger("trader")  # noqa: LOG001 - one that no other test can reach
    log.addHandler(BridgeHandler(sink, Resource({"service.name": "trader"})))
    for call in calls:
        log.info(*call)
    return list(sink.items)


def test_a_batch_keeps_its_order_and_its_clean_records(redactor: Redactor) -> None:
    """Only the record with a secret is replaced; the others are the same objects."""
    items = entries(("filled %s", "A1"), ("password=%s", "hunter2"), ("done",))
    first, second, third = redactor.logs(items)

    assert (items[0], items[2]) == (first, third)
    assert "password=[redacted: password]" == second.body
    assert second.time_ns == items[1].time_ns


def test_a_resource_with_a_secret_is_replaced_in_every_record(redactor: Redactor) -> None:
    """A command line with a password stands in the resource of each."""
    items = entries(("a",), ("b",))
    for item in items:
        item.resource = Resource({"process.command_args": ["agent", "--password", "hunter2"]})

    assert [["agent", "--password", "[redacted: password]"]] * 2 == [
        list(record.resource.attributes["process.command_args"]) for record in redactor.logs(items)
    ]


def test_a_record_that_cannot_be_looked_at_loses_its_content(redactor: Redactor, refuses: object) -> None:
    """It leaves with a marker for a body, and nothing else of what it held; also an entry of the bridge."""
    (record,) = redactor.logs([SimpleNamespace(log_record=refuses)])
    (entry,) = entries(("hunter2",))
    entry.attributes = refuses
    entry.arguments = 5
    (bare,) = redactor.logs([entry])

    assert "[redacted: error]" == record.log_record.body
    assert ("[redacted: error]", None) == (bare.body, bare.attributes)
