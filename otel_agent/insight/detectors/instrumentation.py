"""Functions whose spans cost a noticeable share of their time: `timed` counts the same for a fraction of it."""

__all__ = ["LEAST_RATE", "SPAN_S", "span_cost_s"]

SPAN_S = 1.2e-6
"""What a span costs more than a duration alone, its sending left out. Source: `make bench`, recording."""

LEAST_SHARE = 0.1
"""Share of the function's own time that its spans cost at least."""

LEAST_CALLS = 1000

LEAST_RATE = 2000.0
"""Calls a second; below it nobody notices."""


def span_cost_s(calls: int, took_s: float, elapsed_s: float) -> float | None:
    """
    What the spans of a function cost too much.

    Args:
        calls: Calls with a span.
        took_s: How long they took together, in seconds.
        elapsed_s: Time in which they were made, in seconds.

    Returns:
        Seconds that a duration alone would save; None where they do not matter.
    """
    cost_s = calls * SPAN_S
    if calls < LEAST_CALLS or calls < LEAST_RATE * elapsed_s or cost_s <= LEAST_SHARE * took_s:
        return None
    return cost_s
