"""`otel_agent.testing`: what users' own tests see."""

import logging

import pytest
from opentelemetry import metrics, trace

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
    expected: dict[str, object] = {
        "number": 2,
        "parent": None,
        "name": "trade",
        "kind": "internal",
        "attributes": {"venue": "XNYS"},
        "status": "unset",
        "description": None,
        "events": [],
        "links": [],
        "parent_span_id": None,
    }
    assert expected == {name: outer[name] for name in expected}


def test_log_records_name_their_span() -> None:
    """A record made inside a span carries that span's number."""
    with recorded() as telemetry, pytest.raises(ValueError, match="ACME"):
        size("ACME")

    (record,) = telemetry.logs
    expected: dict[str, object] = {
        "body": "refused ACME",
        "severity": "WARN",
        "logger": "trader",
        "attributes": {},
        "span": 1,
    }
    assert expected == {name: record[name] for name in expected}
    assert telemetry.spans[0]["span_id"] == record["span_id"]


def test_metrics_are_read_when_asked_for() -> None:
    """A counter added to inside the block is in the newest collection."""
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


def test_everything_that_is_sent_can_be_looked_at() -> None:
    """Ids, times, links, resource and scope are there, and secrets are not."""
    link = trace.Link(trace.SpanContext(5, 6, is_remote=True), {"why": "batch"})
    with recorded("desk") as telemetry:
        tracer = trace.get_tracer("trader", "1.2")
        with tracer.start_as_current_span("trade", links=[link], attributes={"api_key": "tulip"}) as span:
            span.add_event("sent", {"password": "tulip"})
        (seen,) = telemetry.spans

    assert f"{span.get_span_context().trace_id:032x}" == seen["trace_id"]
    assert [{"trace_id": f"{5:032x}", "span_id": f"{6:016x}", "attributes": {"why": "batch"}}] == seen["links"]
    assert ("trader", "1.2", "desk") == (
        seen["scope"]["name"],
        seen["scope"]["version"],
        seen["resource"]["service.name"],
    )
    assert seen["duration_s"] == (seen["end_ns"] - seen["start_ns"]) / 1e9 >= 0
    assert ("sent", True) == (
        seen["events"][0]["name"],
        seen["start_ns"] <= seen["events"][0]["time_ns"] <= seen["end_ns"],
    )
    assert "tulip" not in str(seen)


def test_a_span_is_found_and_what_is_below_it_shown() -> None:
    """By name, or as a tree from the roots down, in the order in which they began."""
    with recorded() as telemetry:
        with otel_agent.span("day"), otel_agent.span("trade"):
            pass
        with otel_agent.span("night"):
            pass
        day, night = telemetry.tree()

        assert (["trade"], []) == ([child["name"] for child in day["children"]], night["children"])
        found = telemetry.find("trade")
        assert found is not None
        assert day["span_id"] == found["parent_span_id"]
        assert None is telemetry.find("dusk")


def test_a_cleared_record_begins_anew() -> None:
    """Spans, log records and counts from before are gone."""
    counter = metrics.get_meter("trader").create_counter("orders")
    with recorded() as telemetry:
        for _ in range(2):
            telemetry.clear()
            with otel_agent.span("trade"):
                logging.getLogger("trader").warning("sold")
            counter.add(3)

            assert ([1], 1, [({}, 3)]) == (
                [span["number"] for span in telemetry.spans],
                len(telemetry.logs),
                telemetry.metrics["orders"],
            )


def test_calls_of_another_test_are_not_counted() -> None:
    """Durations of functions are kept for the process; each block counts its own."""
    for _ in range(2):
        with recorded() as telemetry:
            with pytest.raises(ValueError, match="ACME"):
                size("ACME")
            points = telemetry.metrics["agent.function.duration"]

        assert [1] == [count for attributes, (count, _) in points if attributes["code.function.name"].endswith("size")]


def test_telemetry_that_runs_already_goes_on_afterwards() -> None:
    """What is recorded inside the block is the block's, and what follows is not."""
    with recorded("outer") as outer:
        tracer, counter = trace.get_tracer("desk"), metrics.get_meter("desk").create_counter("deals")
        for block in ("first", "second"):
            with recorded("inner") as inner:
                with tracer.start_as_current_span(f"in the {block}"), otel_agent.span("below"):
                    counter.add(1)

                assert ["below", f"in the {block}"] == [span["name"] for span in inner.spans]
                assert [({}, 1)] == inner.metrics["deals"]
            with tracer.start_as_current_span(f"after the {block}"), otel_agent.span("above"):
                counter.add(10)

        assert ["above", "after the first", "above", "after the second"] == [span["name"] for span in outer.spans]
        assert [({}, 20)] == outer.metrics["deals"]


def test_nothing_is_recorded_while_telemetry_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that would see nothing says why."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with pytest.raises(OtelAgentError, match="OTEL_SDK_DISABLED"), recorded():
        pass
