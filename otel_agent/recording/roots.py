"""
Roots of traces, where the sampler's decision needs nothing but the trace id.

`Tracer.root` is one of the functions made here, or `None` where the sampler has to be asked.
"""

from collections.abc import Callable
from typing import Any

from opentelemetry.trace import TraceFlags

from otel_agent.recording.ids import random_bits
from otel_agent.recording.sampling.samplers import EVERY
from otel_agent.recording.sampling.unsampled import UnsampledSpan
from otel_agent.recording.spans import HAS_IS_REMOTE, SAMPLED, Span

__all__ = ["root_of"]

_DROPPED = int(TraceFlags.RANDOM_TRACE_ID)
_RECORDED = HAS_IS_REMOTE | _DROPPED
_SAMPLED = _RECORDED | SAMPLED
_LOW_64 = (1 << 64) - 1


def root_of(bound: int | None, hot: Any, bare: Any, *, records_dropped: bool) -> Callable[[], Any] | None:
    """
    The function that begins the span of a new trace.

    Args:
        bound: Traces whose id ends in less than this (64 bits) are sampled; `None`: the sampler has to be asked.
        hot: Class of the parents whose children need no thought, or `None`.
        bare: Class of the parents below which nothing is recorded, or `None`.
        records_dropped: Whether spans that the sampler drops are recorded all the same.

    Returns:
        A function without arguments. It gives a `Span` without site, span id and start, or a complete `UnsampledSpan`. `None` where
        the sampler has to be asked, about the root or about what is below it.
    """
    if bound is None:
        return None
    may_record, may_drop = bound > 0 or records_dropped, bound < EVERY and not records_dropped
    if (may_record and hot is not Span) or (may_drop and bare is not UnsampledSpan):
        return None
    if bound >= EVERY:
        return _sampled
    return _recorded(bound) if records_dropped else _drawn(bound)


def _sampled() -> Any:
    span = Span()
    span.trace_id = random_bits(128)
    span.parent_id = 0
    span.flags = _SAMPLED
    return span


def _drawn(bound: int) -> Callable[[], Any]:
    def root() -> Any:
        trace_id = random_bits(128)
        if trace_id & _LOW_64 >= bound:
            span = UnsampledSpan()
            span.trace_id = trace_id
            return span
        sampled = Span()
        sampled.trace_id = trace_id
        sampled.parent_id = 0
        sampled.flags = _SAMPLED
        return sampled

    return root


def _recorded(bound: int) -> Callable[[], Any]:
    def root() -> Any:
        span = Span()
        span.trace_id = trace_id = random_bits(128)
        span.parent_id = 0
        span.flags = _SAMPLED if trace_id & _LOW_64 < bound else _RECORDED
        return span

    return root
