"""
Faster, slower, same, or not enough data: what two sets of runs say about each function.

A function is slower when both hold: the exact test says so at `ALPHA` after Holm's correction over all functions that were compared,
and the median of its run medians has grown by the minimum effect, which is 5 %, or two and a half times the spread of the baseline's own
runs where that is more. Faster is the mirror image, a family of tests of its own. Sets of runs that are too small to show anything at all
are said to be that, and never "same".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from otel_agent.insight.baselines.rank_test import holm, least_p, p_greater

__all__ = ["ALPHA", "MIN_EFFECT", "Comparison", "Verdict", "compare"]

ALPHA = 0.01
"""Chance of one false "slower" among all functions of a comparison, at most."""

MIN_EFFECT = 0.05
"""Smallest change that is told, as a share of the baseline."""

MIN_SPREADS = 2.5
"""
Smallest change that is told, in median absolute deviations of the baseline's runs.

It keeps drift of the machine between two sets of runs from being told as a change of the code. With 3, a change of 10 % was found in 67 %
of comparisons of a function whose runs deviate by 3 %, with 2.5 in 83 %, with false alarms as rare.
Source: benchmarks/baselines.py.
"""

Verdict = Literal["slower", "faster", "same", "not enough data"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One function in two sets of runs."""

    function: str
    """Its full name."""
    verdict: Verdict
    """What the runs show."""
    before_s: float | None
    """Median of the baseline's run medians, in seconds; `None` when it has no run of the function."""
    after_s: float | None
    """The same of the later runs."""
    change_ratio: float | None
    """How much the median has grown, as a share of the baseline; negative when it has shrunk."""
    min_effect_ratio: float | None
    """Change from which on it would be told, given p-values that allow it."""
    p_value: float | None
    """Of the direction in which it changed, adjusted for the number of functions."""
    runs_before: int
    """Runs of the baseline that have the function."""
    runs_after: int
    """Later runs that have it."""


def compare(
    before: Mapping[str, Sequence[float]],
    after: Mapping[str, Sequence[float]],
    *,
    alpha: float = ALPHA,
    min_effect_ratio: float = MIN_EFFECT,
) -> list[Comparison]:
    """
    Compare the run medians of functions.

    Args:
        before: Medians of the baseline's runs by function, in seconds.
        after: Medians of the later runs by function, in seconds.
        alpha: Chance of one false alarm in the whole comparison.
        min_effect_ratio: Smallest change that is told, as a share.

    Returns:
        One for each function of either side: slower ones first, then faster ones, each with the largest change first.
    """
    common = sorted(before.keys() & after.keys())
    able = [name for name in common if least_p(len(after[name]), len(before[name])) * len(common) <= alpha]
    slower = dict(zip(able, holm([p_greater(after[name], before[name]) for name in able]), strict=True))
    faster = dict(zip(able, holm([p_greater(before[name], after[name]) for name in able]), strict=True))
    found = [
        _judged(
            name,
            before.get(name, ()),
            after.get(name, ()),
            (slower.get(name), faster.get(name)),
            alpha,
            min_effect_ratio,
        )
        for name in sorted(before.keys() | after.keys())
    ]
    ranks = {"slower": 0, "faster": 1, "same": 2, "not enough data": 3}
    return sorted(found, key=lambda each: (ranks[each.verdict], -abs(each.change_ratio or 0.0), each.function))


def _judged(
    name: str,
    before: Sequence[float],
    after: Sequence[float],
    p_values: tuple[float | None, float | None],
    alpha: float,
    min_effect_ratio: float,
) -> Comparison:
    before_s = median(before) if before else None
    after_s = median(after) if after else None
    sizes = (len(before), len(after))
    if before_s is None or after_s is None:
        return Comparison(name, "not enough data", before_s, after_s, None, None, None, *sizes)
    if before_s <= 0:  # quicker than the clock can tell
        return Comparison(name, "not enough data", before_s, after_s, None, None, None, *sizes)
    change = after_s / before_s - 1
    spread = median(abs(each - before_s) for each in before) / before_s
    effect = max(min_effect_ratio, MIN_SPREADS * spread)
    p_value = p_values[0] if change >= 0 else p_values[1]
    verdict: Verdict = "same"
    if p_value is None:
        verdict = "not enough data"
    elif p_value <= alpha and abs(change) >= effect:
        verdict = "slower" if change > 0 else "faster"
    return Comparison(name, verdict, before_s, after_s, change, effect, p_value, *sizes)
