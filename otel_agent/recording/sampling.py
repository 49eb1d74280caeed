"""
Which traces are sampled at their root, and how many calls of one function are recorded.

Samplers are the SDK's, by the names of `OTEL_TRACES_SAMPLER`; children follow their parents. A rate limit is for one function: a
call beyond the budget runs without a span, as if it were not decorated, and is counted; its duration is measured all the same.
What becomes of traces that were not sampled, and turn out to matter, is in `tail`.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
"""

from collections.abc import Callable

from opentelemetry.sdk.trace import sampling

from otel_agent.clock import monotonic_s
from otel_agent.guard import guarded

__all__ = ["NAMES", "RateLimit", "build_sampler", "limit_of"]

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

NAMES = (*_PLAIN, *_BY_RATIO)
"""Samplers known without an entry point."""


def build_sampler(
    ratio: float = 1.0, name: str | None = None, argument: str | None = None
) -> tuple[sampling.Sampler, tuple[str, ...]]:
    """
    Build the sampler that is configured.

    Args:
        ratio: Share of traces sampled at their root, from 0 to 1, when no name is given.
        name: As in `OTEL_TRACES_SAMPLER`.
        argument: As in `OTEL_TRACES_SAMPLER_ARG`.

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
    from importlib.metadata import entry_points  # for a sampler of somebody else's alone

    found = {each.name: each for each in entry_points(group=_ENTRY_POINTS)}
    made: object = None
    if name in found:
        with guarded("recording.sampler", f"the sampler {name!r} could not be made"):
            made = found[name].load()(argument)
    if isinstance(made, sampling.Sampler):
        return made, ()
    known = ", ".join((*NAMES, *found))
    return sampling.DEFAULT_ON, (f"sampling.sampler: {name!r} is no sampler; everything is sampled. Known are {known}",)


class RateLimit:
    """
    A budget of calls a second; what is not used is lost after a second.

    Takes no lock: two threads that draw at one moment may draw one call too many.
    """

    __slots__ = ("_budget", "_left", "_most", "_until_s", "refused")

    def __init__(self, calls_per_s: float) -> None:
        """
        Begin with a second's budget.

        Args:
            calls_per_s: At least 0; below 1 a call is allowed every so many seconds.
        """
        self._most = max(1, int(calls_per_s)) if calls_per_s > 0 else 0
        self._budget = self._most / calls_per_s if calls_per_s > 0 else 1.0
        self._left = 0
        self._until_s = 0.0
        self.refused = 0
        """Calls beyond the budget."""

    def allows(self, now_s: float | None = None) -> bool:
        """
        Draw a call from the budget.

        Args:
            now_s: On the monotonic clock; by default, now.

        Returns:
            Whether there was one left.
        """
        now = monotonic_s() if now_s is None else now_s
        if now >= self._until_s:
            self._until_s = now + self._budget
            self._left = self._most
        if self._left > 0:
            self._left -= 1
            return True
        self.refused += 1
        return False


def limit_of(calls_per_s: float | None) -> Callable[[], RateLimit] | None:
    """
    What makes the budget of each function.

    Args:
        calls_per_s: See `RateLimit`; `None`: there is no bound.

    Returns:
        Makes a budget, or `None`.
    """
    return None if calls_per_s is None else lambda: RateLimit(calls_per_s)
