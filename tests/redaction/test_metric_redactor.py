"""Metrics: what has no secret stays the same object, what has one is replaced with everything above it."""

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

from otel_agent.redaction.redactor import Redactor


def collected(**attributes: str) -> Any:
    """A counter with two points, one of them with attributes."""
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], resource=Resource({}), shutdown_on_exit=False).get_meter("lib")
    counter = meter.create_counter("orders")
    counter.add(1, {"side": "buy"})
    counter.add(2, attributes)
    return reader.get_metrics_data()


def points(data: Any) -> list[Any]:
    """The points of the counter."""
    return list(data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points)


def test_metrics_without_a_secret_are_the_same_object(redactor: Redactor) -> None:
    """Nothing is copied for nothing."""
    items = [collected(side="sell")]

    assert items is redactor.metrics(items)


def test_a_point_with_a_secret_is_replaced(redactor: Redactor) -> None:
    """Its value and its neighbours stay, and so does the original."""
    data = collected(token="usdc-123")
    (cleaned,) = redactor.metrics([data])

    assert [{"side": "buy"}, {"token": "[redacted: token]"}] == [dict(each.attributes) for each in points(cleaned)]
    assert [1, 2] == [each.value for each in points(cleaned)]
    assert points(data)[0] is points(cleaned)[0]
    assert {"token": "usdc-123"} == dict(points(data)[1].attributes)


def test_a_metric_that_cannot_be_looked_at_is_left_out(redactor: Redactor, refuses: object) -> None:
    """Its neighbours are sent."""
    data = collected(side="sell")

    assert [data] == redactor.metrics([refuses, data])
