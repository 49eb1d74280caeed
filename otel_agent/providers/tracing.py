"""The tracer provider, built from the configuration."""

from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits

from otel_agent.config.model import Config
from otel_agent.config.sections.tracing import Limits
from otel_agent.recording.provider import TracerProvider

__all__ = ["build_tracer_provider"]


def build_tracer_provider(config: Config, resource: Resource, queue: Any, *, records_all: bool) -> TracerProvider:
    """
    Build a provider whose spans go to a queue.

    Args:
        config: What is wanted.
        resource: Of every span.
        queue: See `recording.provider.Queue`.
        records_all: Whether spans that are not sampled are recorded too, for rules that watch spans.

    Returns:
        A provider that registers nothing at exit and is not installed.
    """
    sampler = None
    return TracerProvider(
        sampler, resource, shutdown_on_exit=False, span_limits=span_limits(config.limits), queue=queue
    )


def span_limits(limits: Limits) -> SpanLimits:
    """
    The bounds of a span in the SDK's form.

    Args:
        limits: Of the configuration.
    """
    return SpanLimits(
        max_span_attributes=limits.attributes,
        max_events=limits.events,
        max_links=limits.links,
        max_event_attributes=limits.event_attributes,
        max_link_attributes=limits.link_attributes,
        max_span_attribute_length=SpanLimits.UNSET if limits.attribute_length is None else limits.attribute_length,
    )
