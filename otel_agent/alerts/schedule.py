"""
Schedule of groups: each is due on moments that are multiples of its interval, shifted by a little that is always the same.

The shift spreads groups over time and agents over a fleet. A moment that has passed while something else took long is left
out and counted, never made up for. Pure: time is an argument.
"""

import zlib
from dataclasses import dataclass

from otel_agent.alerts.groups import GroupRun

__all__ = ["WAKE_SPACING_MS", "ScheduledGroup"]

LEAST_INTERVAL_MS = 1000
"""Groups are not evaluated more often."""
WAKE_SPACING_MS = 1000
"""Shortest time between two evaluations of a group because of events."""


@dataclass
class ScheduledGroup:
    """A group of rules with the moment of its next evaluation."""

    run: GroupRun
    """The group that is evaluated."""
    next_ms: int = 0
    """Moment of the next evaluation, in milliseconds since 1970; 0 before it was planned."""
    last_ms: int = 0
    """Moment of the last evaluation, in milliseconds since 1970; 0 before the first."""
    is_awake: bool = False
    """Whether an event asked for an evaluation."""
    missed_count: int = 0
    """Evaluations that were left out."""

    def __post_init__(self) -> None:
        """Work out the shift from the group's name."""
        self.interval_ms = max(LEAST_INTERVAL_MS, round(self.run.group.interval_s * 1000))
        # Those judged every second share their moments, so that an agent wakes up once for all of them.
        self._shift_ms = (
            0
            if self.interval_ms == LEAST_INTERVAL_MS
            else zlib.crc32(f"{self.run.group.source}/{self.run.group.name}".encode()) % self.interval_ms
        )

    def plan(self, now_ms: int) -> None:
        """
        Find the moment of the next evaluation.

        Args:
            now_ms: The present moment, in milliseconds since 1970.
        """
        self.next_ms = ((now_ms - self._shift_ms) // self.interval_ms + 1) * self.interval_ms + self._shift_ms

    def due_at(self, now_ms: int) -> int | None:
        """
        The moment for which the group is to be evaluated now.

        Args:
            now_ms: The present moment, in milliseconds since 1970.

        Returns:
            Milliseconds since 1970; `None` when nothing is due.
        """
        if not self.next_ms or self.next_ms - now_ms > self.interval_ms:
            self.plan(now_ms)  # the first time, and after the clock was set back
        if self.is_awake and now_ms - self.last_ms >= WAKE_SPACING_MS:
            return now_ms
        if now_ms < self.next_ms:
            return None
        late = (now_ms - self.next_ms) // self.interval_ms
        self.missed_count += late
        return self.next_ms + late * self.interval_ms

    def done(self, at_ms: int, now_ms: int) -> None:
        """
        Note an evaluation.

        Args:
            at_ms: Moment it was for, in milliseconds since 1970.
            now_ms: The present moment, in milliseconds since 1970.
        """
        self.last_ms = at_ms
        self.is_awake = False
        if now_ms >= self.next_ms:
            self.plan(now_ms)

    def wait_ms(self, now_ms: int) -> int:
        """
        Time until the next evaluation, in milliseconds.

        Args:
            now_ms: The present moment, in milliseconds since 1970.
        """
        wait = self.next_ms - now_ms
        if self.is_awake:
            wait = min(wait, self.last_ms + WAKE_SPACING_MS - now_ms)
        return max(0, wait)
