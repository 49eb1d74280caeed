"""Telemetry as plain values: ours and the SDK's own, in one shape."""

import logging
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agent.testing import recorded
from otel_agent.testing.values import forest, point_values, span_value

RESOURCE = Resource({"service.name": "x"})
OF_ONE_RUN = {
    "trace_id",
    "span_id",
    "parent_span_id",
    "start_ns",
    "end_ns",
    "duration_s",
    "resource",
    "number",
    "parent",
}


def orders(tracer: trace.Tracer) -> None:
    """Record an order that fails below one that is kept."""
    with tracer.start_as_current_span("desk", attributes={"orders": 2}) as desk:
        desk.add_event("opened", {"by": "clock"}, timestamp=5)
        with tracer.start_as_current_span("order", kind=trace.SpanKind.CLIENT, links=[trace.Link(CONTEXT)]) as order:
            order.set_status(trace.Status(trace.StatusCode.ERROR, "refused"))


CONTEXT = trace.SpanContext(trace_id=7, span_id=8, is_remote=True)


def stable(value: dict[str, Any]) -> dict[str, Any]:
    """Of a span what does not differ from run to run."""
    return {name: part for name, part in value.items() if name not in OF_ONE_RUN}


def test_ours_and_the_sdks_spans_have_one_shape() -> None:
    """What is recorded by the same calls reads the same."""
    with recorded() as ours:
        orders(trace.get_tracer("shop", "1.2"))
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    orders(provider.get_tracer("shop", "1.2"))
    theirs = {span.name: span_value(span, {span.context.span_id: 1}) for span in exporter.get_finished_spans()}

    assert {span["name"]: stable(span) for span in ours.spans} == {name: stable(span) for name, span in theirs.items()}
    assert ("error", "refused", "client") == tuple(theirs["order"][key] for key in ("status", "description", "kind"))
    assert [{"name": "opened", "attributes": {"by": "clock"}, "time_ns": 5}] == theirs["desk"]["events"]
    assert [{"trace_id": f"{7:032x}", "span_id": f"{8:016x}", "attributes": {}}] == theirs["order"]["links"]
    assert theirs["desk"]["span_id"] == theirs["order"]["parent_span_id"]


@pytest.mark.parametrize(
    ("kind", "record", "value"),
    [
        ("counter", lambda meter: meter.create_counter("x", "By").add(3, {"a": 1}), 3),
        ("up_down_counter", lambda meter: meter.create_up_down_counter("x", "By").add(-3, {"a": 1}), -3),
        ("gauge", lambda meter: meter.create_gauge("x", "By").set(3, {"a": 1}), 3),
        ("histogram", lambda meter: meter.create_histogram("x", "By").record(3, {"a": 1}), (1, 3)),
    ],
)
def test_each_kind_of_point_is_named(kind: str, record: Any, value: object) -> None:
    """As the instrument that recorded it; a histogram's value is count and sum."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=RESOURCE, shutdown_on_exit=False)
    meter: metrics.Meter = provider.get_meter("shop")
    record(meter)
    (point,) = point_values(reader.get_metrics_data())

    assert ("x", "By", kind, {"a": 1}, value) == tuple(
        point[key] for key in ("name", "unit", "kind", "attributes", "value")
    )
    assert "shop" == point["scope"]["name"]
    assert "x" == point["resource"]["service.name"]


def test_a_log_record_names_its_span() -> None:
    """Also its logger, level and text."""
    with recorded() as telemetry:
        with trace.get_tracer("shop").start_as_current_span("order"):
            logging.getLogger("shop.desk").warning("refused %s", "ACME")
        (record,) = telemetry.logs

    assert ("refused ACME", "shop.desk") == (record["body"], record["logger"])
    assert telemetry.spans[0]["number"] == record["span"]
    assert telemetry.spans[0]["span_id"] == record["span_id"]


def test_spans_whose_parent_is_missing_stand_at_the_top() -> None:
    """In the order in which they began; of two at once the longer is first."""

    def span(name: str, parent: str | None, start: int, end: int) -> dict[str, Any]:
        return {"span_id": name, "parent_span_id": parent, "start_ns": start, "end_ns": end}

    trees = forest([span("c", "b", 2, 3), span("b", "lost", 1, 4), span("a", None, 1, 9), span("d", "b", 1, 2)])

    assert ["a", "b"] == [tree["span_id"] for tree in trees]
    assert ["d", "c"] == [child["span_id"] for child in trees[1]["children"]]
