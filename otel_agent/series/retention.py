"""
What gives way when the series together are beyond their bound in bytes: the oldest points first, of what nobody asks for before the rest.

A series that was never asked for keeps an eighth of what one keeps that rules or queries have asked for. Within each of the two,
all series keep equally many points, so one that is large, as histograms are, gives most. No series is taken away, and none loses
its newest points: what is judged now is judged as before.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

__all__ = ["SERIES_BYTES", "Bounded", "keep_within"]

SERIES_BYTES = 1_200
"""Memory a series takes beside its points: labels, their hash, and its place in two dictionaries."""

_STEPS = (
    8_192,
    5_800,
    4_096,
    2_900,
    2_048,
    1_450,
    1_024,
    725,
    512,
    362,
    256,
    181,
    128,
    90,
    64,
    45,
    32,
    22,
    16,
    11,
    8,
    5,
    3,
    2,
)
"""Points kept of each series, tried in turn."""
_AHEAD = 6
"""As many steps what nobody asks for is ahead: an eighth."""


class _Points(Protocol):
    def size_bytes(self) -> int: ...
    def keep(self, most: int) -> None: ...


class Bounded(Protocol):
    """A series as it is seen here."""

    @property
    def points(self) -> _Points:
        """Its points."""
        ...

    @property
    def is_asked(self) -> bool:
        """Whether a rule or a query has asked for it."""
        ...


def keep_within(series: Sequence[Bounded], most_bytes: int) -> int:
    """
    Let points go until all series together are within a bound, or nothing is left that may go.

    Args:
        series: All series there are.
        most_bytes: Bound of all their memory, in bytes.

    Returns:
        Memory they take afterwards, in bytes.
    """
    asked = [one for one in series if one.is_asked]
    rest = [one for one in series if not one.is_asked]
    base_bytes = len(series) * SERIES_BYTES
    asked_bytes, rest_bytes = _size_bytes(asked), _size_bytes(rest)
    for position in range(len(_STEPS) + _AHEAD):
        if base_bytes + asked_bytes + rest_bytes <= most_bytes:
            break
        if position < len(_STEPS):
            rest_bytes = _cut(rest, _STEPS[position])
        if position >= _AHEAD and base_bytes + asked_bytes + rest_bytes > most_bytes:
            asked_bytes = _cut(asked, _STEPS[position - _AHEAD])
    return base_bytes + asked_bytes + rest_bytes


def _cut(series: Iterable[Bounded], most: int) -> int:
    total = 0
    for one in series:
        one.points.keep(most)
        total += one.points.size_bytes()
    return total


def _size_bytes(series: Iterable[Bounded]) -> int:
    return sum(one.points.size_bytes() for one in series)
