"""
CPU, memory and disk: a limit that must be held before it counts, and be left clearly before it is over. Pure.

Without the hold a busy second would take an agent out of service; without the gap between limit and clearing it would come
and go.
"""

import math
from dataclasses import dataclass, replace

__all__ = ["Threshold", "update"]


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
    """The last reading; None before the first."""


def update(threshold: Threshold, value: float, now_s: float) -> Threshold:
    """
    Take a reading into account.

    Args:
        threshold: The threshold as it was.
        value: The reading, a ratio; one that is not finite changes nothing.
        now_s: The time now, on the monotonic clock, in seconds.

    Returns:
        The threshold as it is now.
    """
    if not math.isfinite(value):
        return threshold  # nothing was measured
    if threshold.is_breached:
        still = value >= threshold.clear_below
        return replace(
            threshold, value=value, is_breached=still, above_since_s=threshold.above_since_s if still else None
        )
    if value < threshold.limit:
        return replace(threshold, value=value, above_since_s=None)
    since_s = now_s if threshold.above_since_s is None else threshold.above_since_s
    return replace(threshold, value=value, above_since_s=since_s, is_breached=now_s - since_s >= threshold.hold_s)
