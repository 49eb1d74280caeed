"""`otel_agent.testing`: what users' own tests see."""

import logging

import pytest

import otel_agent
from otel_agent.errors import OtelAgentError
from otel_agent.testing import recorded


@otel_agent.traced
def size(symbol: str) -> int:
    """Refuses what is too wild."""
    logging.getLogger("trader").warning("refused %s", symbol)
    raise ValueError(symbol)


def test_spans_are_plain_values_with_regular_ids() -> None:
    """A test compares names, parents, status and attributes without knowing an id or a time."""
    with recorded() as telemetry, otel_agent.span("trade", venue="XNYS"), pytest.raises(ValueError, match="INIT"):
        size("INIT")
    inner, outer = telemetry.spans

    assert (1, 2, "size", "error", "ValueError: INIT") == (
        inner["number"],
        inner["parent"],
        inner["name"],
        inner["status"],
        inner["description"],
    )
    assert {
        "number": 2,
        "parent": None,
        "name": "trade",
        "kind": "internal",
        "attributes": {"venue": "XNYS"},
        "status": "unset",
        "description": None,
        "events": [],
    } == outer


def test_log_records_name_their_span() -> None:
    """A record made inside a span carries that span's number."""
    with recorded() as telemetry, pytest.raises(ValueError, match="ACME"):
        size("ACME")

    assert [
        {"body": "refused ACME", "severity": "WARN", "logger": "trader", "attributes": {}, "span": 1}
    ] == telemetry.logs


def test_metrics_are_read_when_asked_for() -> None:
    """A counter added to inside the block is in the newest collection."""
    from opentelemetry import metrics

    with recorded() as telemetry:
        metrics.get_meter("trader").create_counter("orders").add(3, {"side": "buy"})

        assert [({"side": "buy"}, 3)] == telemetry.metrics["orders"]


def test_one_block_does_not_see_the_spans_of_another() -> None:
    """Tests that follow each other in one process stay apart."""
    with recorded() as first, otel_agent.span("first"):
        pass
    with recorded() as second, otel_agent.span("second"):
        pass

    assert (["first"], ["second"]) == ([s["name"] for s in first.spans], [s["name"] for s in second.spans])


def test_mistakes_in_the_arguments_are_raised() -> None:
    """A test's own set-up is strict."""
    with pytest.raises(OtelAgentError, match="pigeon"), recorded(protocol="pigeon"):
        pass
