"""
CPU, memory and disk: a limit that must be held before it counts, and be left clearly before it is over. Pure.

Without the hold a busy second would take an agent out of service; without the gap between limit and clearing it would come
and go. One that cannot be read is unknown, which is not fine; a breach that was there before stays until a reading ends it.
"""

import math
from dataclasses import dataclass, replace

from otel_agent.health.states import HealthState

__all__ = ["UNREAD_READINGS", "UNREAD_S", "Threshold", "missed", "unless_unread", "update"]

UNREAD_READINGS = 3
"""Readings in a row without a value that make a threshold unknown; CPU time has none in the first."""

UNREAD_S = 10.0
"""Time without any reading that makes a threshold unknown, in seconds: whatever reads may hang."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit and where the value stands."""

    name: str
    """"cpu", "memory" or "disk"."""
    limit: float
    """A ratio from 0 to 1; at or above it is too much."""
    clear_below: float
    """A breach is over when the value falls below this; a ratio, at most the limit."""
    hold_s: float
    """How long the value must stay at or above the limit before it counts, in seconds; 0: at once."""
    above_since_s: float | None = None
    """When the value last rose above the limit, on the monotonic clock; None while it is below."""
    is_breached: bool = False
    value: float | None = None
    """The last reading; None before the first, and while it cannot be read."""
    is_gating: bool = True
    """Whether a breach takes the agent out of service rather than making it degraded."""
    missed: int = 0
    """Readings in a row that had no value."""
    seen_s: float | None = None
    """When it was last read, or first waited for, on the monotonic clock; None before both."""
    is_unknown: bool = False
    """Whether it cannot be read."""

    @property
    def state(self) -> HealthState:
        """Unknown, healthy, or degraded while it is breached."""
        if self.is_unknown or (self.value is None and not self.is_breached):
            return HealthState.UNKNOWN
        return HealthState.DEGRADED if self.is_breached else HealthState.HEALTHY


def update(threshold: Threshold, value: float, now_s: float) -> Threshold:
    """
    Take a reading into account.

    Args:
        threshold: The threshold as it was.
        value: The reading, a ratio; one that is not finite counts as none.
        now_s: The time now, on the monotonic clock, in seconds.

    Returns:
        The threshold as it is now.
    """
    if not math.isfinite(value):
        return missed(threshold, now_s)
    threshold = replace(threshold, missed=0, seen_s=now_s, is_unknown=False)
    if threshold.is_breached:
        still = value >= threshold.clear_below
        return replace(
            threshold, value=value, is_breached=still, above_since_s=threshold.above_since_s if still else None
        )
    if value < threshold.limit:
        return replace(threshold, value=value, above_since_s=None)
    since_s = now_s if threshold.above_since_s is None else threshold.above_since_s
    return replace(threshold, value=value, above_since_s=since_s, is_breached=now_s - since_s >= threshold.hold_s)


def missed(threshold: Threshold, now_s: float) -> Threshold:
    """
    Take into account that a reading had no value.

    Args:
        threshold: The threshold as it was.
        now_s: The time now, on the monotonic clock, in seconds.

    Returns:
        The threshold as it is now.
    """
    count = threshold.missed + 1
    is_unknown = threshold.is_unknown or count >= UNREAD_READINGS
    return replace(
        threshold,
        missed=count,
        is_unknown=is_unknown,
        value=None if is_unknown else threshold.value,
        seen_s=now_s if threshold.seen_s is None else threshold.seen_s,
    )


def unless_unread(threshold: Threshold, now_s: float) -> Threshold:
    """
    A threshold, or the same unknown once nothing was read for too long.

    Args:
        threshold: The threshold as it was judged last.
        now_s: The time now, on the monotonic clock, in seconds.
    """
    if threshold.seen_s is None or now_s - threshold.seen_s <= UNREAD_S:
        return threshold
    return replace(threshold, is_unknown=True, value=None)
