"""
What grows: sizes at several looks in, a verdict out. Pure.

Something grows when it is larger at every look than at the one before, and still does so at the end: a cache that fills slows down,
and a queue of steady length goes up and down.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

__all__ = ["LEAST_OBJECTS", "grows"]

LEAST_OBJECTS = 10
"""Growth that is told, in objects."""

_LAST_SHARE = 0.3
"""The last step is at least this share of the mean one."""

_NOISES = 3.0


def grows(sizes: Sequence[float], least: float = LEAST_OBJECTS, *, stride: int = 1) -> bool:
    """
    Whether a size grows.

    Args:
        sizes: One for each look, the earliest first.
        least: Smallest growth over all looks that counts.
        stride: Every so-many-th object was counted, which makes counts noisy.

    Returns:
        False for fewer than three looks.
    """
    if len(sizes) < 3:  # noqa: PLR2004 - two looks cannot tell a step from growth
        return False
    noise = _NOISES * stride * sqrt(max(sizes) / stride) if stride > 1 else 0.0
    steps = [later - earlier for earlier, later in pairwise(sizes)]
    total = sizes[-1] - sizes[0]
    return min(steps) > 0 and total >= max(least, noise) and steps[-1] >= _LAST_SHARE * total / len(steps)
