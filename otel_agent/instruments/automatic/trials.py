"""
Whether a function is worth watching. Pure: outcomes of calls and times in, a verdict out.

Every function begins on trial: its first calls are watched. One whose calls matter (they last as long as the minimum, they fail, a
child or a log record refers to them) is watched on. One whose calls do not is left alone after `TRIAL_CALLS` of them, costs
nothing, and is put on trial again every `AGAIN_S` for `AGAIN_CALLS` calls.
"""

__all__ = ["AGAIN_CALLS", "AGAIN_S", "TRIAL_CALLS", "Trial"]

TRIAL_CALLS = 128
"""Calls in a row that did not matter, after which a function is left alone."""

AGAIN_CALLS = 16
"""The same for a function that has been left alone before."""

AGAIN_S = 30.0
"""How long a function is left alone, in seconds."""


class Trial:
    """The standing of one function."""

    __slots__ = ("again_at_s", "calls_left", "is_watched", "was_left")

    def __init__(self) -> None:
        self.calls_left = TRIAL_CALLS
        self.is_watched = True
        self.was_left = False
        """Whether calls have gone by unseen; then they can never be counted in full."""
        self.again_at_s = 0.0

    def matters(self) -> None:
        """A call mattered."""
        self.calls_left = TRIAL_CALLS

    def passes(self, now_s: float) -> bool:
        """
        A call did not matter.

        Args:
            now_s: On the monotonic clock.

        Returns:
            Whether the function is to be left alone from now on.
        """
        self.calls_left -= 1
        if self.calls_left > 0 or not self.is_watched:
            return False
        self.is_watched = False
        self.was_left = True
        self.again_at_s = now_s + AGAIN_S
        return True

    def is_due(self, now_s: float) -> bool:
        """
        Whether a function that was left alone is to be tried again.

        Args:
            now_s: On the monotonic clock.
        """
        return not self.is_watched and now_s >= self.again_at_s

    def again(self) -> None:
        """Put the function on trial again."""
        self.is_watched = True
        self.calls_left = AGAIN_CALLS
