"""
How many calls of one function get a span each second.

A call beyond the budget runs without a span, as if it were not decorated, and is counted; its duration is measured all the same.
"""

from collections.abc import Callable

from otel_agent.clock import monotonic_s

__all__ = ["RateLimit", "rate_limits_of"]


class RateLimit:
    """
    A budget of calls a second; what is not used is lost after a second.

    Takes no lock: two threads that draw at one moment may draw one call too many.

    Args:
        calls_per_s: At least 0; below 1 a call is allowed every so many seconds.
    """

    __slots__ = ("_budget", "_left", "_most", "_until_s", "refused")

    def __init__(self, calls_per_s: float) -> None:
        self._most = max(1, int(calls_per_s)) if calls_per_s > 0 else 0
        self._budget = self._most / calls_per_s if calls_per_s > 0 else 1.0
        self._left = 0
        self._until_s = 0.0
        self.refused = 0
        """Calls beyond the budget."""

    def allows(self, now_s: float | None = None) -> bool:
        """
        Draw a call from the budget.

        Args:
            now_s: On the monotonic clock; by default, now.

        Returns:
            Whether there was one left.
        """
        now = monotonic_s() if now_s is None else now_s
        if now >= self._until_s:
            self._until_s = now + self._budget
            self._left = self._most
        if self._left > 0:
            self._left -= 1
            return True
        self.refused += 1
        return False


def rate_limits_of(calls_per_s: float | None) -> Callable[[], RateLimit] | None:
    """
    A maker of budgets, one for each function.

    Args:
        calls_per_s: See `RateLimit`; `None`: there is no bound.

    Returns:
        A function that makes a budget, or `None`.
    """
    return None if calls_per_s is None else lambda: RateLimit(calls_per_s)
