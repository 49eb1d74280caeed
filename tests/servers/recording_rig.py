"""What tests of the recorder share: a provider with a queue, a processor that writes down what it hears, plausible durations."""

import math
import random
from collections import deque
from types import SimpleNamespace
from typing import Any

from opentelemetry.sdk.trace import SpanProcessor

from otel_agent.recording.provider import TracerProvider
from otel_agent.recording.spans import SAMPLED

__all__ = ["Hears", "Rig", "light_span", "lognormal"]


class Rig:
    """A provider of ours with a queue, and a tracer."""

    def __init__(self, sampler: Any = None, *, limit: int = 1 << 20, **options: Any) -> None:
        self.refused: list[Any] = []
        """What the queue had no room for."""
        self.queue = SimpleNamespace(items=deque(), limit=limit, overflow=self.refused.append)
        self.provider = TracerProvider(sampler, shutdown_on_exit=False, queue=self.queue, **options)
        self.tracer = self.provider.get_tracer("tests", "1.0")

    @property
    def spans(self) -> list[Any]:
        """What has ended."""
        return list(self.queue.items)


class Hears(SpanProcessor):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.heard.append(f"start {span.name}")

    def on_end(self, span: Any) -> None:
        self.heard.append(f"end {span.name}")

    def shutdown(self) -> None:
        self.heard.append("shutdown")

    def force_flush(self, timeout_millis: int = 0) -> bool:
        self.heard.append("flush")
        return True


def lognormal(count: int) -> list[int]:
    """Durations as services have them, in nanoseconds."""
    dice = random.Random(7)
    return [max(1, round(dice.lognormvariate(math.log(2e6), 1.0))) for _ in range(count)]


def light_span(trace_id: int = 1, span_id: int = 2, flags: int = SAMPLED) -> Any:
    """What an exemplar needs of a span."""
    return type("Light", (), {"trace_id": trace_id, "span_id": span_id, "flags": flags})
