"""Attribute sets of an instrument are bounded, and no count is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent.processors.cardinality import OVERFLOW, AttributeBound, bound_recording, is_kept_by_sdk

Build = Callable[..., Any]


@pytest.mark.skipif(is_kept_by_sdk(), reason="this SDK bounds attribute sets itself")
def test_attribute_sets_are_bounded_and_the_sum_is_kept(build: Build) -> None:
    """A user id in an attribute costs no memory and loses no count."""
    provider, _, taken = build(limit=100, collect_interval_s=3600)
    meter = provider.get_meter("test")
    counter = meter.create_counter("orders")
    for user in range(1000):
        counter.add(1, {"user": user})
    counter.add(1, {"tags": ["a", "b"]})
    meter.create_observable_counter("polled", [lambda _: [Observation(1, {"user": user}) for user in range(1000)]])
    provider.force_flush()
    found = taken.points()

    assert 100 == len(found["orders"])
    assert 1001 == sum(found["orders"].values())
    assert 902 == found["orders"][("otel.metric.overflow", True),]
    assert (100, 1000) == (len(found["polled"]), sum(found["polled"].values()))


def test_the_first_attribute_sets_are_admitted() -> None:
    """What was admitted once always is; what is new beyond the limit is folded, and each time told."""
    folded: list[int] = []
    bound = AttributeBound(3, lambda: folded.append(1))
    sets: list[dict[str, Any]] = [{"n": 1}, {"n": [2]}, {"n": 3}, {"n": 1}, {"n": [2]}, {"n": 4}]

    assert [*sets[:2], OVERFLOW, *sets[3:5], OVERFLOW] == [bound.admit(one) for one in sets]
    assert 2 == len(folded)
    assert None is bound.admit(None)
    bound.clear()
    assert sets[2] == bound.admit(sets[2])


def test_what_the_sdk_raises_does_not_reach_whoever_measures() -> None:
    """An amount that is no number is left out and told; the next measurement counts."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    counter: Any = provider.get_meter("test").create_counter("c")
    failures: list[Exception] = []
    bound_recording(counter, None, failures.append)
    counter.add("many", {"a": "b"})
    counter.add(2, {"a": "b"})
    data = reader.get_metrics_data()

    assert data is not None
    assert [2] == [point.value for point in data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points]  # type: ignore[union-attr]
    assert [TypeError] == [type(error) for error in failures]
