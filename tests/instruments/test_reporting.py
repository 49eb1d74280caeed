"""The package's own state becomes metrics as the catalogue promises."""

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent import catalog
from otel_agent.instruments import reporting

DELIVERY = {"traces": {"accepted": 9, "queued": 1, "delivered": 5, "spooled": 1, "dropped": {"queue_full": 2}}}


def test_states_and_counts_are_reported_as_catalogued() -> None:
    """Each metric of the groups has its promised unit and attributes, and the law of delivery can be read from them."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    meter = provider.get_meter("otel_agent")
    handles = [
        reporting.install_delivery(meter, lambda: DELIVERY, lambda: {"export.traces": 3}),
        reporting.install_health(meter, lambda: {"broker": "degraded"}, lambda: {"broker": 0.25}),
        reporting.install_alerts(meter, lambda: [("MemoryHigh", "critical", "firing")]),
    ]
    data = reader.get_metrics_data()
    assert data is not None
    emitted = {metric.name: metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics}
    values: dict[str, list[Any]] = {
        name: [point.value for point in metric.data.data_points]  # type: ignore[union-attr]  # numbers only
        for name, metric in emitted.items()
    }
    for handle in handles:
        handle.close()
    provider.shutdown()

    assert {
        metric.name for group in ("Alerts and health", "The package itself") for metric in catalog.GROUPS[group]
    } == set(emitted)
    for name, metric in emitted.items():
        record = catalog.METRICS[name]
        assert (record.unit, record.description) == (metric.unit, metric.description)
        for point in metric.data.data_points:
            assert {each.name for each in record.attributes} == set(point.attributes or {})
    parts = ("queued", "delivered", "spooled", "dropped")
    assert values["otel_agent.delivery.accepted"] == [sum(values[f"otel_agent.delivery.{part}"][0] for part in parts)]
    assert [0, 0, 1, 0] == values["agent.health.status"]
    assert [0, 0, 1] == values["agent.alert.status"]
    assert [3] == values["otel_agent.failures"]
