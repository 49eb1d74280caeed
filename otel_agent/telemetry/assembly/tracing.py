"""Tracing: the tracer provider and the queue its spans go to. Somebody else's provider that is there already is kept, and feeds it too."""

from collections.abc import MutableSequence
from typing import Any

from otel_agent.config.model import Config
from otel_agent.delivery.late_engine import LateEngine
from otel_agent.processors.attaching import QueueProcessor
from otel_agent.providers.tracing import build_tracer_provider

__all__ = ["Tracing", "build_tracing"]


class Tracing:
    """
    Where spans come from.

    Args:
        provider: Tracer provider: ours, or somebody else's.
        attached: Span processor that feeds our queue from somebody else's provider; None when the provider is ours.
    """

    def __init__(self, provider: Any, attached: QueueProcessor | None) -> None:
        self.provider = provider
        self.attached = attached


def build_tracing(
    config: Config,
    resource: Any,
    engine: LateEngine,
    problems: MutableSequence[str],
    *,
    existing: Any,
    records_all: bool,
) -> Tracing:
    """
    Build the provider, or attach to the one that is there.

    Args:
        config: Sections `sampling` and `limits` count.
        resource: Resource of every span.
        engine: Its queue takes the spans; a flush of the provider flushes it.
        problems: Grows by a line for each thing about the sampler that cannot be.
        existing: The SDK's provider that somebody else has made global; None when there is none.
        records_all: Whether spans that are not sampled are recorded too, for those who look at all of them.
    """
    queue = engine.queues["traces"]
    if existing is not None:
        attached = QueueProcessor(queue)
        existing.add_span_processor(attached)
        return Tracing(existing, attached)
    provider = build_tracer_provider(config, resource, queue, problems, records_all=records_all)
    provider.flush_with(lambda timeout_s: not engine.flush(timeout_s).queued)
    return Tracing(provider, None)
