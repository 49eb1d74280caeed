"""
Metrics that the SDK does not keep, for the readers of somebody else's meter provider.

Durations are kept in exponential buckets of our own, because recording each call with the SDK would cost more than the call. Our reader
asks for them beside what the SDK collects. Readers that were there before us collect from the SDK alone; so what they collect with is
replaced by the same, and ours added. It stays after the end of telemetry: the last collection of such a reader comes later still.
"""

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
from opentelemetry.sdk.resources import Resource

from otel_agent.guard import guarded
from otel_agent.processors.metrics import AgentMetricReader, Producer

__all__ = ["add_producer"]

_CANNOT_READ = "opentelemetry.exporter.prometheus"
"""Module of readers that log a warning at each exponential histogram."""


class JoinedCollect:
    """
    A reader's way to collect, with the metrics of a producer added.

    Args:
        collect: The SDK's way to collect.
        producer: Gives the metrics to add.
        resource: Resource of a collection in which the SDK has nothing.
    """

    def __init__(self, collect: Callable[..., Any], producer: Producer, resource: Resource) -> None:
        self._collect = collect
        self.producer = producer
        self._resource = resource

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Collect; what fails of ours is left out."""
        collected = self._collect(*args, **kwargs)
        more: Sequence[ScopeMetrics] = ()
        with guarded("metrics.foreign", "durations could not be added to a collection"):
            more = self.producer()
        if not more:
            return collected
        if collected is None or not collected.resource_metrics:
            return MetricsData([ResourceMetrics(self._resource, list(more), "")])
        first, *rest = collected.resource_metrics
        joined = ResourceMetrics(first.resource, [*first.scope_metrics, *more], first.schema_url)
        return MetricsData([joined, *rest])


def add_producer(provider: Any, producer: Producer) -> None:
    """
    Let the readers that a provider has collect the metrics of a producer too; a second call replaces the first one's producer.

    Args:
        provider: A meter provider of the SDK.
        producer: Gives metrics that are not kept by the SDK, cumulative.
    """
    with guarded("metrics.foreign", "readers of the provider that is there do not collect durations"):
        # The SDK tells neither the readers of a provider nor what they collect with.
        for reader in list(provider._measurement_consumer._reader_storages):  # noqa: SLF001 - see above
            present = reader._collect  # noqa: SLF001 - see above
            if isinstance(reader, AgentMetricReader):
                continue
            if isinstance(present, JoinedCollect):
                present.producer = producer
            elif present is not None and not type(reader).__module__.startswith(_CANNOT_READ):
                reader._set_collect_callback(  # noqa: SLF001 - see above
                    JoinedCollect(present, producer, provider._sdk_config.resource)  # noqa: SLF001 - see above
                )
