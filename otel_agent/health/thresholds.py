"""
CPU, memory and disk: a limit that must be held before it counts, and be left clearly before it is over. Pure.

Without the hold a busy second would take an agent out of service; without the gap between limit and clearing it would come
and go.
"""

import math
from dataclasses import dataclass, replace

__all__ = ["CLEAR_GAP", "HOLD_S", "Threshold", "update"]

HOLD_S = 30.0
"""A value must stay above its limit this long, in seconds."""

CLEAR_GAP = 0.05
"""It is over when the value falls this far below the limit; a ratio."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit and where the value stands."""

    name: str
    """"cpu", "memory" or "disk"."""
    limit: float
    """A ratio from 0 to 1; at or above it is too much."""
    clear_below: float
    """A ratio below the limit."""
    hold_s: float = HOLD_S
    above_since_s: float | None = None
    """When the value last rose above the limit, on the monotonic clock; None while it is below."""
    is_breached: bool = False
    value: float | None = None
    """The last reading; None before the first."""


def update(threshold: Threshold, value: float, now_s: float) -> Threshold:
    """
    Take a reading into account.

    Args:
        threshold: As it was.
        value: A ratio; what is not finite changes nothing.
        now_s: On the monotonic clock.

    Returns:
        As it is now.
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
