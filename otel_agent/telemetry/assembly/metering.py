"""Metering: the meter provider and its one reader, which feeds the recent past each second and the queue every k-th time."""

from typing import Any

from otel_agent.config.sections.metrics import MetricsSettings
from otel_agent.delivery.queues import SignalQueue
from otel_agent.processors.foreign_readers import add_producer
from otel_agent.processors.metrics import AgentMetricReader, Producer
from otel_agent.providers.metering import all_of, build_meter_provider, build_reader
from otel_agent.recording import durations, histograms
from otel_agent.telemetry.assembly.recent_past import RecentPast
from otel_agent.telemetry.events import SCOPE

__all__ = ["Metering", "build_metering"]


class Metering:
    """
    Where metrics come from.

    Args:
        provider: Meter provider: ours, or somebody else's; None where metrics are off and nobody has one.
        reader: Collects; None where metrics are off.
        producers: Metrics that instruments keep themselves, asked at each collection; instruments add to it.
    """

    def __init__(self, provider: Any, reader: AgentMetricReader | None, producers: list[Producer]) -> None:
        self.provider = provider
        self.reader = reader
        self.producers = producers


def build_metering(
    settings: MetricsSettings,
    resource: Any,
    recent_past: RecentPast | None,
    queue: SignalQueue | None,
    *,
    existing: Any,
) -> Metering:
    """
    Build provider and reader, or attach the reader to the provider that is there.

    Args:
        settings: Section `metrics` of the configuration.
        resource: Resource of every metric.
        recent_past: Takes every collection; None where metrics are off.
        queue: Takes those that are to be sent; None when nobody wants them.
        existing: The SDK's provider that somebody else has made global; None when there is none.
    """
    if recent_past is None:
        return Metering(existing, None, [])
    producers: list[Producer] = [histograms.producer(SCOPE, durations.shared)]
    reader = build_reader(
        settings,
        resource,
        on_collect=recent_past.on_collect,
        deliver=None if queue is None else queue.put,
        producers=[all_of(producers)],
    )
    if existing is None:
        return Metering(build_meter_provider(settings, resource, reader), reader, producers)
    add_producer(existing, all_of(producers))
    existing.add_metric_reader(reader)
    return Metering(existing, reader, producers)
