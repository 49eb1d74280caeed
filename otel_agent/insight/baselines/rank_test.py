"""
The exact one-sided Mann-Whitney test, and Holm's correction over many of them.

The p-value is that of the permutation distribution: of all ways to share the pooled observations out among two groups of these sizes,
the share in which the later group ranks at least as high. It is counted in whole numbers, not approximated. Ties have mid-ranks, and
the distribution is that of the observations at hand (the exact conditional test), so it is right with ties as well.

Source: H. B. Mann and D. R. Whitney, On a test of whether one of two random variables is stochastically larger than the other, 1947;
S. Holm, A simple sequentially rejective multiple test procedure, 1979.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import comb

__all__ = ["holm", "least_p", "p_greater"]


def p_greater(later: Sequence[float], earlier: Sequence[float]) -> float:
    """
    Probability, if both groups came from one distribution, that the later one ranks as high as it does or higher.

    Args:
        later: Observations that are suspected to be greater; at least one.
        earlier: Observations they are compared with; at least one.

    Returns:
        A one-sided p-value, above 0 and at most 1; exact.

    Raises:
        ValueError: A group is empty, or an observation is not a number.
    """
    if not later or not earlier:
        raise ValueError("both groups need at least one observation")
    pooled = sorted([*later, *earlier])
    if any(value != value for value in pooled):  # noqa: PLR0124 - only NaN differs from itself
        raise ValueError("an observation is not a number")
    if len(set(pooled)) == len(pooled):
        wins = sum(one > other for one in later for other in earlier)
        counts = _subsets_by_wins(len(later), len(earlier))
        return sum(counts[wins:]) / comb(len(pooled), len(later))
    return _p_with_ties(later, pooled)


def least_p(later: int, earlier: int) -> float:
    """
    The smallest p-value that groups of these sizes can give: below it nothing can be shown.

    Args:
        later: Observations of the later group.
        earlier: Observations of the earlier group.

    Returns:
        1 when a group is empty.
    """
    return 1 / comb(later + earlier, later)


def holm(p_values: Sequence[float]) -> list[float]:
    """
    Adjust p-values for their number, so that the chance of even one false alarm stays that of one test.

    Args:
        p_values: From 0 to 1, of one family of tests.

    Returns:
        Adjusted p-values in the same order, at most 1 each.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for position, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - position)))
        adjusted[index] = highest
    return adjusted


@lru_cache(maxsize=64)
def _subsets_by_wins(later: int, earlier: int) -> tuple[int, ...]:
    """
    Number of rankings by pairs that the later group wins: the coefficients of the Gaussian binomial.

    It is the product over i of (1 - q^(earlier + i)) / (1 - q^i); each factor is multiplied in and divided out in one pass.
    """
    top = later * earlier
    counts = [1] + [0] * top
    for step in range(1, later + 1):
        for index in range(top, earlier + step - 1, -1):
            counts[index] -= counts[index - earlier - step]
        for index in range(step, top + 1):
            counts[index] += counts[index - step]
    return tuple(counts)


def _p_with_ties(later: Sequence[float], pooled: Sequence[float]) -> float:
    """Count subsets of the pooled mid-ranks by their sum; ranks are doubled, so that all are whole."""
    doubled: dict[float, int] = {}
    for position, value in enumerate(pooled):
        doubled.setdefault(value, 2 * position + 1 + pooled.count(value))
    ranks = [doubled[value] for value in pooled]
    seen = sum(doubled[value] for value in later)
    by_size: list[dict[int, int]] = [{0: 1}, *({} for _ in later)]
    for rank in ranks:
        for size in range(len(later), 0, -1):
            target = by_size[size]
            for total, ways in by_size[size - 1].items():
                target[total + rank] = target.get(total + rank, 0) + ways
    sums = by_size[len(later)]
    return sum(ways for total, ways in sums.items() if total >= seen) / comb(len(pooled), len(later))
