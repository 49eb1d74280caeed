"""
Samplers: built by name, and what is known of how one decides without asking it.

Samplers are the SDK's, by the names of `OTEL_TRACES_SAMPLER`; children follow their parents. The SDK's own samplers decide by the
parent and the trace id alone. Knowing that, a tracer need not call them for every span; any other sampler, also one derived from
these, is asked each time. What becomes of traces that were not sampled, and turn out to matter, is in `tail`.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
"""

# ruff: noqa: SLF001 - what the SDK's samplers are made of has no public name

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.sdk.trace import sampling

from otel_agent.guard import guarded
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from importlib import metadata  # for a sampler of somebody else's alone
else:
    metadata = late_module("importlib.metadata")

__all__ = ["EVERY", "NAMES", "SamplerRules", "build_sampler", "sampler_rules_of"]

_PLAIN = {
    "always_on": sampling.ALWAYS_ON,
    "always_off": sampling.ALWAYS_OFF,
    "parentbased_always_on": sampling.DEFAULT_ON,
    "parentbased_always_off": sampling.DEFAULT_OFF,
}
_BY_RATIO: dict[str, Callable[[float], sampling.Sampler]] = {
    "traceidratio": sampling.TraceIdRatioBased,
    "parentbased_traceidratio": sampling.ParentBasedTraceIdRatio,
}
_ENTRY_POINTS = "opentelemetry_traces_sampler"
_PARENT_BASED = (sampling.ParentBased, sampling.ParentBasedTraceIdRatio)

NAMES = (*_PLAIN, *_BY_RATIO)
"""Samplers known without an entry point."""

EVERY = 1 << 64
"""Bound below which every trace is."""


def build_sampler(
    ratio: float = 1.0, name: str | None = None, argument: str | None = None
) -> tuple[sampling.Sampler, tuple[str, ...]]:
    """
    Build the sampler that is configured.

    Args:
        ratio: Share of traces sampled at their root, from 0 to 1, when no name is given.
        name: Sampler name, as in `OTEL_TRACES_SAMPLER`; `None`: by the ratio.
        argument: Sampler argument, as in `OTEL_TRACES_SAMPLER_ARG`.

    Returns:
        A sampler, and a line for each thing about it that cannot be; then everything is sampled.
    """
    if name is None:
        return (sampling.DEFAULT_ON if ratio >= 1 else sampling.ParentBasedTraceIdRatio(max(ratio, 0.0))), ()
    known = name.strip().lower()
    if known in _PLAIN:
        return _PLAIN[known], ()
    if known in _BY_RATIO:
        share, problems = _ratio(known, argument)
        return _BY_RATIO[known](share), problems
    return _from_entry_point(name, argument)


def _ratio(name: str, argument: str | None) -> tuple[float, tuple[str, ...]]:
    if argument is None or not argument.strip():
        return 1.0, ()
    try:
        share = float(argument)
    except ValueError:
        share = -1.0
    if 0 <= share <= 1:
        return share, ()
    return 1.0, (f"sampling.argument: {name} takes a ratio from 0 to 1, not {argument!r}; everything is sampled",)


def _from_entry_point(name: str, argument: str | None) -> tuple[sampling.Sampler, tuple[str, ...]]:
    found = {each.name: each for each in metadata.entry_points(group=_ENTRY_POINTS)}
    made: object = None
    if name in found:
        with guarded("recording.sampler", f"the sampler {name!r} could not be made"):
            made = found[name].load()(argument)
    if isinstance(made, sampling.Sampler):
        return made, ()
    known = ", ".join((*NAMES, *found))
    return sampling.DEFAULT_ON, (f"sampling.sampler: {name!r} is no sampler; everything is sampled. Known are {known}",)


class SamplerRules(NamedTuple):
    """The rules by which a sampler decides."""

    bound: int | None = None
    """A root is sampled when the lowest 64 bits of its trace id are below this; `None` when that is not how it is decided."""
    keeps_below_kept: bool = False
    """Whether children of sampled local spans are sampled."""
    drops_below_dropped: bool = False
    """Whether children of local spans that were not sampled are not sampled either."""


def sampler_rules_of(sampler: Any) -> SamplerRules:
    """
    The rules by which a sampler decides, as far as they are known without asking it.

    Args:
        sampler: A sampler of the SDK's, or anybody's; nothing is known of the latter.
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
