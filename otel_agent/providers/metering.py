"""The meter provider and its one reader, built from the configuration."""

from collections.abc import Callable, Sequence

from opentelemetry.sdk import metrics
from opentelemetry.sdk.metrics.export import ScopeMetrics
from opentelemetry.sdk.resources import Resource

from otel_agent.config.sections.metrics import MetricsSettings
from otel_agent.processors.meters import AgentMeterProvider
from otel_agent.processors.metrics import AgentMetricReader, Producer, Receiver

__all__ = ["all_of", "build_meter_provider", "build_reader"]


def build_reader(
    settings: MetricsSettings,
    resource: Resource,
    *,
    on_collect: Receiver,
    deliver: Receiver | None,
    producers: Sequence[Producer],
) -> AgentMetricReader:
    """
    Build the reader; it does not run yet.

    Args:
        settings: Section `metrics` of the configuration.
        resource: Resource of metrics that are not the SDK's.
        on_collect: Function that takes every collection.
        deliver: Takes those that are to be sent; `None` when nobody wants them.
        producers: Sources of metrics beside the SDK's.
    """
    return AgentMetricReader(
        deliver,
        on_collect=on_collect,
        producers=producers,
        resource=resource,
        collect_interval_s=settings.collect_interval_s,
        interval_s=settings.interval_s,
    )


def build_meter_provider(
    settings: MetricsSettings, resource: Resource, reader: AgentMetricReader
) -> AgentMeterProvider:
    """
    Build a provider for a reader.

    Args:
        settings: Section `metrics` of the configuration.
        resource: Resource of every metric.
        reader: The only reader of the provider.

    Returns:
        A provider that registers nothing at exit and is not installed.
    """
    filters: dict[str, Callable[[], metrics.ExemplarFilter]] = {
        "always_on": metrics.AlwaysOnExemplarFilter,
        "always_off": metrics.AlwaysOffExemplarFilter,
        "trace_based": metrics.TraceBasedExemplarFilter,
    }
    return AgentMeterProvider(
        [reader], resource=resource, exemplar_filter=filters[settings.exemplars](), shutdown_on_exit=False
    )


def all_of(sources: Sequence[Callable[[], Sequence[ScopeMetrics]]]) -> Producer:
    """
    One producer for a list that grows.

    Args:
        sources: Producers, asked one after the other at each collection.
    """
    return lambda: [scope for source in sources for scope in source()]
