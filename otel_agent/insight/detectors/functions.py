"""
Functions whose results could be kept: asked the same again and again, and answering the same.

Samples say how many calls repeat arguments that have been there, and whether the answers were equal. A sample sees fewer repeats than
there are, because it misses the first of most pairs; how many different arguments there are is estimated from those that were seen
once and twice.

Source: A. Chao, "Nonparametric Estimation of the Number of Classes in a Population", Scandinavian Journal of Statistics 11 (1984).
"""

from dataclasses import dataclass, field

__all__ = ["ArgumentStatistics", "CacheVerdict"]

FEWEST = 200
"""Sampled calls before anything is said."""

LEAST_REPEATS = 0.5
"""Share of sampled calls whose arguments have been there before."""

LEAST_EQUAL = 0.995
"""Share of repeats that gave an equal result."""

MOST_DIGESTS = 2048
"""Different arguments that are told apart; beyond this many all is begun anew."""

MOST_SAMPLES = 20_000
"""A function that has not been cacheable for so many samples is none."""

MOST_UNTOLD = 0.02
"""Share of calls of whose arguments or results nothing can be told."""


@dataclass(frozen=True, slots=True)
class CacheVerdict:
    """What the samples of one function say."""

    is_cacheable: bool
    is_hopeless: bool
    """Whether further samples are a waste."""
    samples: int
    distinct: int
    """Different arguments among the samples."""
    repeat_share: float
    """Estimated share of the time that is spent on arguments that have been there before, from 0 to 1."""


@dataclass(slots=True)
class _SeenArgument:
    result: int
    seen: int = 1


@dataclass(slots=True)
class ArgumentStatistics:
    """Samples of one function, taken in one after the other."""

    samples: int = 0
    repeats: int = 0
    equal: int = 0
    untold: int = 0
    changed: int = 0
    nones: int = 0
    errors: int = 0
    took_ns: int = 0
    repeat_ns: int = 0
    _known: dict[int, _SeenArgument] = field(default_factory=dict)

    def add(
        self,
        argument: int | None,
        result: int | None,
        took_ns: int,
        *,
        has_changed: bool,
        is_none: bool,
        is_error: bool,
    ) -> None:
        """
        Take in one sample.

        Args:
            argument: Digest of the arguments; None where there is none.
            result: Digest of the result.
            took_ns: How long the call took, in nanoseconds.
            has_changed: Whether the arguments were others afterwards.
            is_none: Whether it returned None.
            is_error: Whether it raised.
        """
        self.samples += 1
        self.took_ns += took_ns
        self.changed += has_changed
        self.nones += is_none
        if is_error:
            self.errors += 1
            return
        if argument is None or result is None:
            self.untold += 1
            return
        known = self._known.get(argument)
        if known is None:
            if len(self._known) >= MOST_DIGESTS:
                self._begin_anew()
            self._known[argument] = _SeenArgument(result)
            return
        known.seen += 1
        self.repeats += 1
        self.repeat_ns += took_ns
        if known.result == result:
            self.equal += 1
        else:
            known.result = result

    def verdict(self, calls: int) -> CacheVerdict:
        """
        What the samples say.

        Args:
            calls: Calls of the function in all, sampled or not.
        """
        samples, repeats = self.samples, self.repeats
        distinct = len(self._known)
        told = samples - self.untold - self.errors
        is_pure = (
            repeats > 0
            and self.equal >= LEAST_EQUAL * repeats
            and self.untold <= MOST_UNTOLD * samples
            and not self.changed
            and self.nones < samples - self.errors
        )
        is_cacheable = samples >= FEWEST and told > 0 and repeats >= LEAST_REPEATS * told and is_pure
        is_impure = samples >= FEWEST // 2 and (
            self.untold > samples / 2
            or self.changed > 0
            or self.nones == samples
            or (repeats >= 20 and self.equal < LEAST_EQUAL * repeats)  # noqa: PLR2004 - fewer may be chance
        )
        is_hopeless = is_impure or (samples >= MOST_SAMPLES and not is_cacheable)
        share = self.repeat_ns / self.took_ns if self.took_ns else 0.0
        if repeats and calls > samples:
            # Of all calls more repeat than of a sample; the time of a repeat stays the same share of a call's.
            repeated = repeats / told
            whole = max(repeated, 1 - self._estimated_distinct() / calls)
            share = min(1.0, share * whole / repeated)
        return CacheVerdict(is_cacheable, is_hopeless, samples, distinct, share)

    def _estimated_distinct(self) -> float:
        seen = [each.seen for each in self._known.values()]
        once, twice = seen.count(1), seen.count(2)
        return len(seen) + once * (once - 1) / (2 * (twice + 1))

    def _begin_anew(self) -> None:
        self._known.clear()
        self.samples = self.repeats = self.equal = self.untold = self.changed = self.nones = self.errors = 0
        self.took_ns = self.repeat_ns = 0
