"""Providers with a reader of ours, and what that reader handed on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import MetricsData

from otel_agent.processors.meters import AgentMeterProvider
from otel_agent.processors.metrics import AgentMetricReader


class Taken:
    """What a reader handed on."""

    def __init__(self) -> None:
        self.collected: list[MetricsData] = []
        self.delivered: list[MetricsData] = []

    def points(self, data: MetricsData | None = None) -> dict[str, dict[tuple[tuple[str, Any], ...], Any]]:
        """Values by metric and attributes, of the last delivery or of another collection."""
        found: dict[str, dict[tuple[tuple[str, Any], ...], Any]] = {}
        for resource in (data or self.delivered[-1]).resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        key = tuple(sorted((point.attributes or {}).items()))
                        found.setdefault(metric.name, {})[key] = getattr(point, "value", None)
        return found


@pytest.fixture
def build() -> Iterator[Callable[..., tuple[AgentMeterProvider, AgentMetricReader, Taken]]]:
    """Make providers with a reader of ours, and end them after the test."""
    made: list[AgentMetricReader] = []

    def build(
        *, other: Any = None, callback_deadline_s: float = 1.0, limit: int = 2000, **options: Any
    ) -> tuple[AgentMeterProvider, AgentMetricReader, Taken]:
        taken = Taken()
        reader = AgentMetricReader(taken.delivered.append, on_collect=taken.collected.append, **options)
        provider = AgentMeterProvider(
            [reader, other] if other else [reader],
            callback_deadline_s=callback_deadline_s,
            cardinality_limit=limit,
            shutdown_on_exit=False,
        )
        made.append(reader)
        return provider, reader, taken

    yield build
    for reader in made:
        reader.close(2.0)
