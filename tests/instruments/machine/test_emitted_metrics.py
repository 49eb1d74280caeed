"""An agent emits what the catalogue promises of host, process and runtime, and not much of it."""

import asyncio
import gc
from typing import Any

import pytest
from waiting import until

from otel_agent import catalog
from otel_agent.testing import recorded

GROUPS = ("Host", "Process", "Python runtime")
SECOND_READING = {"system.cpu.utilization", "process.cpu.utilization"}
"""Metrics that need two readings."""
SEEN = {"agent.gc.pause.duration", "agent.eventloop.delay"}
"""Metrics that need something to happen: a collection, and a loop that runs long enough to be seen."""


def emitted(*, detail: bool) -> dict[str, Any]:
    """The metrics of the machine that an agent emits, by name."""
    metrics = {"collect_interval_s": 0.1, "interval_s": 0.1, "detail": detail}
    known = {metric.name for group in GROUPS for metric in catalog.GROUPS[group]}
    with recorded(config={"metrics": metrics}) as telemetry:

        async def wait_for_every_kind() -> None:
            gc.collect()
            assert await asyncio.to_thread(until, lambda: set(telemetry.metrics) >= SECOND_READING | SEEN)

        asyncio.run(wait_for_every_kind())
        data = telemetry._collections[-1]
    return {
        metric.name: metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name in known
    }


def test_at_most_25_points_by_default() -> None:
    """Host, process and runtime together are small, and at least 15 metrics."""
    metrics = emitted(detail=False)

    assert sum(len(metric.data.data_points) for metric in metrics.values()) <= 25
    assert len(metrics) >= 15
    assert {"agent.gc.pause.duration", "agent.eventloop.delay"} <= set(metrics)


@pytest.mark.parametrize("detail", [False, True])
def test_what_is_emitted_is_what_is_catalogued(*, detail: bool) -> None:
    """Names, kinds, units, descriptions and attributes come from the catalogue and nowhere else."""
    metrics = emitted(detail=detail)
    promised = {
        metric.name: metric
        for group in GROUPS
        for metric in catalog.GROUPS[group]
        if detail or not metric.only_in_detail
    }
    swapless = {"system.paging.usage", "system.paging.utilization"}

    assert set(promised) - swapless <= set(metrics) <= set(promised)
    for name, metric in metrics.items():
        record = promised[name]
        allowed = {each.name for each in record.attributes + (record.detail_attributes if detail else ())}
        required = allowed if detail else {each.name for each in record.attributes}
        kind = type(metric.data).__name__
        expected = {"counter": "Sum", "updowncounter": "Sum", "gauge": "Gauge", "histogram": "Histogram"}[record.kind]
        assert (record.unit, record.description, expected) == (metric.unit, metric.description, kind)
        if kind == "Sum":
            assert (record.kind is catalog.InstrumentKind.COUNTER) == metric.data.is_monotonic
        for point in metric.data.data_points:
            assert required == set(point.attributes or {})
            if record.is_integer:
                assert isinstance(point.value, int)
