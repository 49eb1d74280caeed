"""
The work that texts may cost: so much for each, and a share of the thread for all of them together.

A text made to be dear holds one name beside a value after the other, and each has to be judged. A text has a small
allowance of its own, one that grows with its length, and the second is drawn from what all texts share. What is beyond is
cut, marked and counted: a name that is not judged must not leave.
"""

from collections.abc import Callable
from time import monotonic

__all__ = ["CUT", "TextWork", "WorkAllowance"]

CUT = "cut"
"""Stands in the marker of what was not looked at, because the text had cost enough."""

OWN_UNITS = 1024
"""Units that every text has; a unit is about a microsecond, a pair of name and value takes fourteen."""

CHARS_PER_UNIT = 16
"""A text has one more unit for as many characters."""

SHARED_UNITS_PER_S = 100_000.0
"""Units beyond their own that all texts get in a second: about a tenth of a thread."""

SHARED_UNITS = 300_000.0
"""Most units that can be saved up, for a burst of long texts."""


class TextWork:
    """
    Work on one text.

    Args:
        units: Units that it may cost.
        drawn: Units of them that come from what all texts share.
    """

    __slots__ = ("drawn", "left", "units")

    def __init__(self, units: int, drawn: int = 0) -> None:
        self.units = self.left = units
        self.drawn = drawn

    def afford(self, units: int) -> bool:
        """
        Spend units.

        Args:
            units: As many.

        Returns:
            False when they are used up.
        """
        self.left -= units
        return self.left >= 0


class WorkAllowance:
    """
    Shares work among texts.

    Thread-safe without a lock: a race means that two texts draw the same units once.

    Args:
        clock_s: Monotonic time, in seconds.
        own_units: Units that every text has of its own.
    """

    def __init__(self, clock_s: Callable[[], float] = monotonic, own_units: int = OWN_UNITS) -> None:
        self._clock_s = clock_s
        self._own_units = own_units
        self._shared_units = SHARED_UNITS
        self._filled_at_s = clock_s()

    def begin(self, size: int) -> TextWork:
        """
        Work on a text begins.

        Args:
            size: Characters of the text.
        """
        wanted = size // CHARS_PER_UNIT
        if wanted <= self._own_units:
            return TextWork(self._own_units + wanted)
        now_s = self._clock_s()
        filled = self._shared_units + (now_s - self._filled_at_s) * SHARED_UNITS_PER_S
        self._filled_at_s = now_s
        self._shared_units = min(filled, SHARED_UNITS)
        drawn = int(min(wanted, max(self._shared_units, 0.0)))
        return TextWork(self._own_units + drawn, drawn)

    def end(self, work: TextWork) -> None:
        """
        Work on a text has ended.

        Args:
            work: Answer of `begin`.
        """
        if work.drawn:
            self._shared_units -= max(0, work.drawn - max(work.left, 0))
