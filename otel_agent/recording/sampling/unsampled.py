"""A span that was not sampled: it has an identity to hand on, and nothing else."""

from typing import Any

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

__all__ = ["UnsampledSpan"]


class UnsampledSpan(NonRecordingSpan):
    """
    What a tracer of ours gives when the sampler drops a span and would drop all below it.

    Below one, traced functions run bare: they neither ask the sampler nor make spans. Its context, which says "not sampled" to
    other processes, is made when somebody asks.

    Args:
        trace_id: Trace id.
        flags: W3C flags.
        random_bits: Function that makes the span id, of a number of bits.
        trace_state: Trace state, or `None`.
    """

    def __init__(self, trace_id: int, flags: int, random_bits: Any, trace_state: Any = None) -> None:
        self._made_of = (trace_id, flags, random_bits, trace_state)
        self._known: SpanContext | None = None

    def get_span_context(self) -> SpanContext:
        """Identity of the span, to be handed to other processes; made when first asked for."""
        known = self._known
        if known is None:
            trace_id, flags, random_bits, trace_state = self._made_of
            known = self._known = SpanContext(
                trace_id, random_bits(64) or 1, is_remote=False, trace_flags=TraceFlags(flags), trace_state=trace_state
            )
        return known

    def __repr__(self) -> str:
        return f"UnsampledSpan({self.get_span_context()!r})"
