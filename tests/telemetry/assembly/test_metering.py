"""Where metrics come from."""

from types import SimpleNamespace
from typing import Any

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

import otel_agent
from otel_agent.config.sections.metrics import MetricsSettings
from otel_agent.telemetry.assembly.metering import build_metering
from otel_agent.testing import recorded


def test_without_metrics_there_is_what_was_there_before() -> None:
    """Nothing is built."""
    theirs = MeterProvider(shutdown_on_exit=False)
    metering = build_metering(MetricsSettings(enabled=False), Resource({}), None, None, existing=theirs)

    assert (theirs, None, []) == (metering.provider, metering.reader, metering.producers)


def test_somebody_else_s_provider_is_read_by_our_reader() -> None:
    """What it records is in our collections."""
    collections: list[Any] = []
    theirs: Any = MeterProvider(shutdown_on_exit=False)
    past: Any = SimpleNamespace(on_collect=collections.append)
    metering = build_metering(MetricsSettings(), Resource({}), past, None, existing=theirs)
    theirs.get_meter("agent").create_counter("orders").add(1)
    assert metering.reader is not None
    metering.reader.force_flush()
    metering.reader.close()

    assert metering.provider is theirs
    names = [
        metric.name
        for data in collections[:1]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]
    assert "orders" in names


def test_calls_are_counted_beside_the_sdk_s_metrics() -> None:
    """Through `init`: the duration of a function, and a counter of the agent's."""
    with recorded() as telemetry:
        otel_agent.timed(len)("x")
        metrics.get_meter("agent").create_counter("orders").add(1)
        found = telemetry.metrics

    assert [1] == [count for attributes, (count, _) in found["agent.function.duration"] if "len" in str(attributes)]
    assert [({}, 1)] == found["orders"]
