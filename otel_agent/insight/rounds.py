"""Rounds: what is looked at every so many seconds, on the one thread of insight. Pure: the time is an argument."""

from collections.abc import Callable
from dataclasses import dataclass

from otel_agent.guard import shared as guard

__all__ = ["IDLE_S", "Rounds"]

IDLE_S = 1.0
"""The longest pause between two looks at what is due, in seconds."""


@dataclass(slots=True)
class _Round:
    name: str
    function: Callable[[], object]
    period_s: Callable[[], float]
    due_s: float


class Rounds:
    """Functions that are called when they are due; one that fails is reported and called again the next time."""

    def __init__(self) -> None:
        self._rounds: list[_Round] = []

    def add(self, name: str, function: Callable[[], object], period_s: "float | Callable[[], float]") -> None:
        """
        Call a function again and again.

        Args:
            name: Word for it in the log.
            function: Takes nothing; quick, a few milliseconds at most.
            period_s: Time between two calls, in seconds, or a function that tells it after each call.
        """
        period = period_s if callable(period_s) else lambda: period_s
        self._rounds.append(_Round(name, function, period, 0.0))

    def run(self, now_s: float) -> float:
        """
        Call what is due.

        Args:
            now_s: Time of a monotonic clock, in seconds.

        Returns:
            Seconds until something is due again, `IDLE_S` at most.
        """
        for each in self._rounds:
            if now_s >= each.due_s:
                try:
                    each.function()
                except Exception as error:  # noqa: BLE001 - one that fails must not end the others
                    guard.report(f"insight.{each.name}", f"insight: a look at {each.name} failed", error)
                each.due_s = now_s + each.period_s()
        return max(0.0, min([IDLE_S, *(each.due_s - now_s for each in self._rounds)]))
