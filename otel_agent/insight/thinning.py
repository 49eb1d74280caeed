"""
How many traces are looked at, so that looking takes a small share of a core whatever there is to look at.

Where queries come by the ten thousand a second, most traces are like those before. A trace is looked at whole or not at all: what
repeats in it can be told, and what is said of one trace stays true.
"""

from collections.abc import Callable

__all__ = ["LEAST_SHARE", "MOST_SHARE", "Thinning"]

MOST_SHARE = 0.01
"""Share of a core beyond which half as many traces are looked at."""

LEAST_SHARE = 0.003
"""Share of a core below which twice as many are."""

WINDOW_S = 0.25
"""Time over which the share is taken, in seconds."""

MOST_SKIPPED = (1 << 10) - 1


class Thinning:
    """
    Decides by trace ids. Used by one thread.

    Args:
        now_s: Tells the time, in seconds.
    """

    __slots__ = ("_began_s", "_now_s", "_spent_s", "skip")

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.skip = 0
        """A trace is looked at when its id has none of these bits; 0: all are."""
        self._now_s = now_s
        self._began_s = now_s()
        self._spent_s = 0.0

    def spent(self, seconds: float) -> None:
        """
        Tell of time that looking took.

        Args:
            seconds: Processor time.
        """
        self._spent_s += seconds
        now_s = self._now_s()
        passed_s = now_s - self._began_s
        if passed_s < WINDOW_S:
            return
        share = self._spent_s / passed_s
        self._began_s, self._spent_s = now_s, 0.0
        if share > MOST_SHARE:
            self.skip = min(self.skip * 2 + 1, MOST_SKIPPED)
        elif share < LEAST_SHARE:
            self.skip >>= 1
