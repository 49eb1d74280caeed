"""The meter provider and its one reader."""

from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource

from otel_agent.config.sections.metrics import MetricsSettings
from otel_agent.providers.metering import all_of, build_meter_provider, build_reader


def collected(exemplars: Any = "trace_based") -> list[Any]:
    """What a counter of a provider from the configuration looks like in a collection."""
    seen: list[Any] = []
    settings = MetricsSettings(exemplars=exemplars)
    resource = Resource({"service.name": "trader"})
    reader = build_reader(settings, resource, on_collect=seen.append, deliver=None, producers=())
    provider = build_meter_provider(settings, resource, reader)
    provider.get_meter("agent").create_counter("orders").add(3)
    reader.force_flush()
    reader.close()
    return [
        (resource.resource.attributes["service.name"], metric.name, point.value, len(point.exemplars))
        for data in seen[:1]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]


def test_what_is_recorded_is_collected_under_the_resource() -> None:
    """A counter of the agent's, in the collection that the past is fed with."""
    assert [("trader", "orders", 3, 0)] == collected()


@pytest.mark.parametrize(("wanted", "count"), [("always_on", 1), ("always_off", 0)])
def test_exemplars_are_kept_as_the_setting_says(wanted: str, count: int) -> None:
    """Without a trace only "always_on" has one."""
    assert count == collected(wanted)[0][3]


def test_producers_that_come_later_are_asked_too() -> None:
    """An instrument that is installed with its library adds its own."""
    sources: list[Any] = [lambda: [1]]
    producer: Any = all_of(sources)
    sources.append(lambda: [2, 3])

    assert [1, 2, 3] == producer()
