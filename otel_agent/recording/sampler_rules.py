"""
What is known of a sampler without asking it.

The SDK's own samplers decide by the parent and the trace id alone. Knowing that, a tracer need not call them for every span; any
other sampler, also one derived from these, is asked each time.
"""

# ruff: noqa: SLF001 - what the SDK's samplers are made of has no public name

from typing import Any, NamedTuple

from opentelemetry.sdk.trace import sampling

__all__ = ["EVERY", "SamplerRules", "sampler_rules_of"]

EVERY = 1 << 64
"""Bound below which every trace is."""
_PARENT_BASED = (sampling.ParentBased, sampling.ParentBasedTraceIdRatio)


class SamplerRules(NamedTuple):
    """How a sampler decides."""

    bound: int | None = None
    """A root is sampled when the lowest 64 bits of its trace id are below this; `None` when that is not how it is decided."""
    keeps_below_kept: bool = False
    """Whether children of sampled local spans are sampled."""
    drops_below_dropped: bool = False
    """Whether children of local spans that were not sampled are not sampled either."""


def sampler_rules_of(sampler: Any) -> SamplerRules:
    """
    What is known of a sampler.

    Args:
        sampler: Any.
    """
    if type(sampler) in _PARENT_BASED:
        return SamplerRules(
            _bound(sampler._root),
            sampler._local_parent_sampled is sampling.ALWAYS_ON,
            sampler._local_parent_not_sampled is sampling.ALWAYS_OFF,
        )
    bound = _bound(sampler)
    if bound is None:
        return SamplerRules()
    # Without regard to parents: a local parent was decided by the same trace id, so its children are decided as it was.
    return SamplerRules(bound, keeps_below_kept=bound > 0, drops_below_dropped=bound < EVERY)


def _bound(sampler: Any) -> int | None:
    if type(sampler) is sampling.StaticSampler:
        return {sampling.Decision.DROP: 0, sampling.Decision.RECORD_AND_SAMPLE: EVERY}.get(sampler._decision)
    return sampler.bound if type(sampler) is sampling.TraceIdRatioBased else None
