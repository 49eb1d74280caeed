"""
When a signal's requests are tried again, decided from numbers and moments alone.

Each failure doubles the wait, from a first to a longest one; there is one such pair for troubles that may pass by themselves,
and a slower one for those that somebody has to mend. Our own patience is cut short when somebody waits for a flush; a wish of
the receiver (`Retry-After`) is kept to whoever asks.
"""

import random
from collections.abc import Callable

from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.settings import DeliverySettings

__all__ = ["MAX_REFUSALS", "RetrySchedule"]

MAX_REFUSALS = 64
"""Requests refused one after another before we think that it is not the data: cutting 8,192 records finds a bad one in 14."""

_MAX_DOUBLINGS = 30
"""Enough for any wait; more would be a number too large for a float."""

_dice = random.SystemRandom()
"""Of our own: an agent that seeds `random` to repeat a run must not find its numbers used up by us."""


class RetrySchedule:
    """
    Failures of one signal and when the next attempt is due; written by one thread at a time.

    Args:
        settings: First and longest waits.
        jitter: Returns a number from 0 to 1.
    """

    def __init__(self, settings: DeliverySettings, jitter: Callable[[], float] = _dice.random) -> None:
        self.trouble: ExportOutcome | None = None
        """The last failure; `None` after a success."""
        self.not_before_s = 0.0
        """Our own patience: when the next attempt is due, on the monotonic clock."""
        self.asked_not_before_s = 0.0
        """The receiver's wish: when an attempt is allowed at all, on the monotonic clock."""
        self._settings = settings
        self._jitter = jitter
        self._failures = 0
        self._refusals = 0

    def is_due(self, now_s: float, *, is_awaited: bool = False) -> bool:
        """
        Whether it is time for an attempt.

        Args:
            now_s: Now, on the monotonic clock.
            is_awaited: Whether somebody waits for it: then our own patience does not count, the receiver's wish does.
        """
        return now_s >= self.asked_not_before_s and (is_awaited or now_s >= self.not_before_s)

    def succeeded(self) -> bool:
        """
        Forget all failures.

        Returns:
            Whether there was one.
        """
        had_trouble = self.trouble is not None
        self._failures = self._refusals = 0
        self.not_before_s = self.asked_not_before_s = 0.0
        self.trouble = None
        return had_trouble

    def refused(self) -> bool:
        """
        Count a refused request.

        Returns:
            Whether the data is to blame, and halves are worth sending. Otherwise the receiver refuses everything, which is a
            failure like others.
        """
        if self._refusals >= MAX_REFUSALS:
            return False
        self._refusals += 1
        return True

    def failed(self, outcome: ExportOutcome, now_s: float) -> ExportOutcome:
        """
        Note a failure and decide when to try again.

        Args:
            outcome: The outcome of the attempt.
            now_s: Now, on the monotonic clock.

        Returns:
            The outcome as it is to be told: a receiver that refuses everything has to be mended by somebody.
        """
        if outcome.verdict is Verdict.REFUSED:
            outcome = ExportOutcome(Verdict.HELD, outcome.problem, f"{outcome.message}, whatever is sent")
        is_held = outcome.verdict is Verdict.HELD
        if self.trouble is not None and (self.trouble.verdict is Verdict.HELD) != is_held:
            self._failures = 0
        settings = self._settings
        first_s, most_s = (
            (settings.held_first_s, settings.held_most_s)
            if is_held
            else (settings.retry_first_s, settings.retry_most_s)
        )
        wait_s = min(most_s, first_s * 2 ** min(self._failures, _MAX_DOUBLINGS))
        self._failures += 1
        self._refusals = 0
        # From half to all of it: many agents that lost one receiver at one moment do not come back at one moment.
        self.not_before_s = now_s + wait_s * (0.5 + 0.5 * self._jitter())
        if outcome.retry_after_s is not None:
            self.asked_not_before_s = now_s + outcome.retry_after_s
        self.trouble = outcome
        return outcome
