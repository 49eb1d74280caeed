"""
Spans across a moment at which the machine's clock was set back: none of ours leaves with an end before its beginning.

The wall clock alone stamps spans, and nothing about a jump is asked where spans are made: the one comparison a span would cost
every agent for ever. Here, once for each batch, the distance between the wall clock and the clock that never jumps is compared
with the largest there was; only after it has shrunk are spans looked at one by one.
"""

from collections.abc import Iterable
from typing import Any

from otel_agent.clock import SYSTEM, Clock

__all__ = ["ClockJumps"]

_TOLERANCE_NS = 100_000
"""What two readings one after the other may differ by, and a clock that is slowed down, not set, between two batches."""


class ClockJumps:
    """
    Whether the wall clock has been set back; used by one thread at a time, a race costs one batch its look at most.

    Args:
        clock: Both its wall clock and its monotonic clock are read.
    """

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self._most_ns = self._distance_ns()

    def clamp(self, spans: Iterable[Any]) -> None:
        """
        Clamp spans whose end precedes their start, once the clock has been set back: they end as they began.

        Args:
            spans: Ended spans; those of others, which cannot be written to, stay as they are.
        """
        distance_ns = self._distance_ns()
        if distance_ns > self._most_ns:
            self._most_ns = distance_ns
        elif distance_ns < self._most_ns - _TOLERANCE_NS:
            for span in spans:
                if hasattr(span, "site") and span.end_ns < span.start_ns:
                    span.end_ns = span.start_ns

    def _distance_ns(self) -> int:
        return self._clock.wall_ns() - int(self._clock.monotonic_s() * 1e9)
