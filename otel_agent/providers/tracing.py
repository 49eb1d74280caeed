"""The tracer provider, built from the configuration, and what chooses among its spans."""

from collections.abc import MutableSequence
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, sampling

from otel_agent.config.model import Config
from otel_agent.config.sections.sampling import LimitsSettings, SamplingSettings
from otel_agent.recording.provider import TracerProvider
from otel_agent.recording.sampling.samplers import build_sampler
from otel_agent.recording.sampling.tail import TailSampling

__all__ = ["build_tail", "build_tracer_provider", "span_limits"]


def build_tail(settings: SamplingSettings) -> TailSampling | None:
    """
    Build what keeps traces that were not sampled and turn out to matter.

    Args:
        settings: Section `sampling` of the configuration.

    Returns:
        `None` when nothing is to be kept, or nothing is left out.
    """
    is_wanted = settings.keep_errors or settings.keep_slower_than_s is not None
    if not is_wanted or (settings.sampler is None and settings.ratio >= 1):
        return None
    return TailSampling(keep_errors=settings.keep_errors, slower_than_s=settings.keep_slower_than_s)


def build_tracer_provider(
    config: Config, resource: Resource, queue: Any, problems: MutableSequence[str], *, records_all: bool
) -> TracerProvider:
    """
    Build a provider whose spans go to a queue.

    Args:
        config: Sections `sampling` and `limits` count.
        resource: Resource of every span.
        queue: Takes ended spans; see `recording.provider`.
        problems: Grows by a line for each thing about the sampler that cannot be.
        records_all: Whether spans that are not sampled are recorded too, for rules that watch spans and for `build_tail`.

    Returns:
        A provider that registers nothing at exit and is not installed.
    """
    wanted = config.sampling
    sampler, wrong = build_sampler(wanted.ratio, wanted.sampler, wanted.argument)
    problems.extend(wrong)
    return TracerProvider(
        sampler,
        resource,
        shutdown_on_exit=False,
        span_limits=span_limits(config.limits),
        queue=queue,
        records_dropped=records_all and sampler not in (sampling.ALWAYS_ON, sampling.DEFAULT_ON),
    )


def span_limits(limits: LimitsSettings) -> SpanLimits:
    """
    The bounds of a span in the SDK's form.

    Args:
        limits: Section `limits` of the configuration.
    """
    return SpanLimits(
        max_span_attributes=limits.attributes,
        max_events=limits.events,
        max_links=limits.links,
        max_event_attributes=limits.event_attributes,
        max_link_attributes=limits.link_attributes,
        max_span_attribute_length=SpanLimits.UNSET if limits.attribute_length is None else limits.attribute_length,
    )
