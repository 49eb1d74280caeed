"""What an instrument measures, collected by the SDK's own reader and kept in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

__all__ = ["CollectedMetrics", "collecting"]


class CollectedMetrics:
    """A meter provider of the SDK whose metrics can be looked at."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self.provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.meter = self.provider.get_meter("otel_agent.instruments")

    def metrics(self) -> dict[str, Any]:
        """Metrics of the SDK by name, as they are now."""
        data = self._reader.get_metrics_data()
        return {
            metric.name: metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """Attributes and value of each point, by metric."""
        return {
            name: [(dict(point.attributes or {}), getattr(point, "value", None)) for point in metric.data.data_points]
            for name, metric in self.metrics().items()
        }

    def of_cache(self, cache: str) -> dict[str, Any]:
        """Values of one cache by metric, and by result or reason where there is one."""
        found = {}
        for name, points in self.points().items():
            for attributes, value in points:
                if attributes.pop("agent.cache.name") == cache:
                    found[" ".join([name.removeprefix("agent.cache."), *attributes.values()])] = value
        return found


@contextmanager
def collecting(install: Callable[[Meter], Any] | None = None) -> Iterator[CollectedMetrics]:
    """A fresh provider, with an instrument installed for the length of a block."""
    made = CollectedMetrics()
    handle = None if install is None else install(made.meter)
    try:
        yield made
    finally:
        if handle is not None:
            handle.close()
        made.provider.shutdown()
