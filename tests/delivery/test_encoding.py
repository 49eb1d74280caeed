"""What cannot leave costs itself and nothing else, and is counted with its reason."""

from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics.export import MetricsData
from telemetry_items import collection, entries, spans

from otel_agent.delivery.encoding import EMPTY, RequestEncoder
from otel_agent.delivery.engine import DeliveryEngine


class Exiting:
    """Something whose text ends the program."""

    def __str__(self) -> str:
        raise SystemExit("from a __str__")


def names(bodies: Any) -> list[str]:
    """Names of the spans in requests."""
    return [
        span.name
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_a_text_that_ends_the_program_costs_its_span() -> None:
    """`SystemExit` out of a value is that value's failure: its neighbours are sent, and no thread of ours ends."""
    made, dropped = RequestEncoder("traces", None, 1 << 20).requests(
        [*spans(2), *spans(1, "exiting", value=Exiting()), *spans(2)]
    )

    assert ["decide"] * 4 == names(payload.body for payload in made)
    assert {"unencodable": 1} == dropped
    assert 4 == sum(payload.items for payload in made)


def test_a_record_for_the_journal_has_its_reason() -> None:
    """One item that cannot be redacted or encoded is told apart."""

    def refuse(_: str, items: list[Any]) -> list[Any]:
        raise ValueError("no")

    assert (b"", "redaction") == RequestEncoder("traces", refuse, 1000).record(spans(1)[0])
    assert (b"", "unencodable") == RequestEncoder("traces", None, 1000).record(spans(1, "s", value=Exiting())[0])
    assert ["decide"] == names([RequestEncoder("traces", None, 1000).record(spans(1)[0])[0]])


def test_redaction_may_leave_items_out() -> None:
    """What the redaction does not give back is counted."""
    made, dropped = RequestEncoder("traces", lambda _, items: items[1:], 1 << 20).requests(spans(5))

    assert (4, {"redaction": 1}) == (made[0].items, dropped)


def test_a_collection_without_points_is_not_lost() -> None:
    """There is nothing to send of it, and it counts as delivered."""
    made, dropped = RequestEncoder("metrics", None, 1 << 20).requests([MetricsData([]), collection("a")])
    engine = DeliveryEngine(None, observers={"metrics": [lambda items: None]})
    engine.queues["metrics"].items.append(MetricsData([]))

    assert (1, {EMPTY: 1}) == (len(made), dropped)
    assert 1 == engine.close(1).delivered


@pytest.mark.parametrize("limit", [300, 1000, 100_000])
def test_requests_are_cut_to_size(limit: int) -> None:
    """Every record is in exactly one request, and none is larger than wanted unless it holds one record."""
    preparation = RequestEncoder("logs", None, limit)
    made, dropped = preparation.requests(entries(200))

    assert 200 == sum(payload.items for payload in made)
    assert all(len(payload.body) <= limit or payload.items == 1 for payload in made)
    assert preparation.affordable() >= 1
    assert not dropped
