"""A span that was not sampled: it has an identity to hand on, and nothing else."""

from typing import Any

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from otel_agent.recording.ids import random_bits

__all__ = ["UnsampledSpan"]


class _UnsampledSlots:
    """Where the span keeps what it holds. First among the bases, so that making one is one step without Python code."""

    __slots__ = ("_known", "flags", "trace_id", "trace_state")


class UnsampledSpan(_UnsampledSlots, NonRecordingSpan):
    """
    What a tracer of ours gives when the sampler drops a span and would drop all below it.

    Below one, traced functions run bare: they neither ask the sampler nor make spans. Its context, which says "not sampled" to
    other processes, is made when somebody asks.
    """

    __slots__ = ()
    __new__ = object.__new__
    __init__ = object.__init__

    trace_id: int
    flags: int
    """W3C flags; those of a new trace where none are set."""
    trace_state: Any
    """Trace state; empty where none is set."""
    _known: SpanContext

    def get_span_context(self) -> SpanContext:
        """Identity of the span, to be handed to other processes; made when first asked for."""
        try:
            return self._known
        except AttributeError:
            flags = TraceFlags(getattr(self, "flags", TraceFlags.RANDOM_TRACE_ID))
            state = getattr(self, "trace_state", None)
            known = SpanContext(
                self.trace_id, random_bits(64) or 1, is_remote=False, trace_flags=flags, trace_state=state
            )
            self._known = known
            return known

    def __repr__(self) -> str:
        return f"UnsampledSpan({self.get_span_context()!r})"
