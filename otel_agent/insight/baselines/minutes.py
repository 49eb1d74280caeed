"""
A running agent's minutes as runs. Pure: medians of a minute in, functions that have become slower out.

Each minute's median of a function is a run. The last `RECENT` are compared with up to `PAST` before them, as sets of runs always are,
but with a smaller error and a larger effect: a comparison comes each minute, and what an agent is asked to do changes with the day.
"""

from array import array
from collections.abc import Mapping

from otel_agent.insight.baselines.verdicts import Comparison, compare

__all__ = ["LEAST_CALLS", "MOST_FUNCTIONS", "PAST", "RECENT", "MinuteWatch"]

RECENT = 8
"""Minutes that are compared."""

PAST = 60
"""Minutes before them that are kept."""

LEAST_PAST = 12
"""Minutes of the past that a function needs."""

LEAST_CALLS = 20
"""Calls that a function needs in a minute."""

MOST_FUNCTIONS = 1000
"""Functions that are watched, in 0.6 KB each: those with the most time in all when they were first seen."""

ALPHA = 0.001
MIN_EFFECT = 0.1


class MinuteWatch:
    """The last hour of each function."""

    def __init__(self) -> None:
        self._medians: dict[str, array[float]] = {}
        self._idle: dict[str, int] = {}

    def add(self, medians_s: Mapping[str, float]) -> list[Comparison]:
        """
        Take in a minute.

        Args:
            medians_s: Medians by function, of those with enough calls.

        Returns:
            Functions that are slower than they were.
        """
        for name, median_s in medians_s.items():
            if name in self._medians or len(self._medians) < MOST_FUNCTIONS:
                known = self._medians.setdefault(name, array("d"))
                known.append(median_s)
                del known[: -(PAST + RECENT)]
        self._forget_idle(medians_s)
        before: dict[str, list[float]] = {}
        after: dict[str, list[float]] = {}
        for name in medians_s:
            minutes = list(self._medians.get(name, ()))
            if len(minutes) >= RECENT + LEAST_PAST:
                before[name], after[name] = minutes[:-RECENT], minutes[-RECENT:]
        compared = compare(before, after, alpha=ALPHA, min_effect_ratio=MIN_EFFECT)
        return [each for each in compared if each.verdict == "slower"]

    def _forget_idle(self, medians_s: Mapping[str, float]) -> None:
        """A function that was not called for as long as is kept has no past."""
        for name in list(self._medians):
            idle = 0 if name in medians_s else self._idle.get(name, 0) + 1
            self._idle[name] = idle
            if idle > PAST:
                del self._medians[name], self._idle[name]
