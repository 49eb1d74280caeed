"""
The only place that reads time.

Two clocks are kept apart: the wall clock stamps telemetry and may jump; the monotonic clock measures deadlines and never
does. Code that decides takes a `Clock` (or plain numbers) so that a test can turn it by hand; the recording hot path takes
the bare functions below, because a method call would cost more than the reading.
"""

import time
from typing import Protocol

__all__ = ["SYSTEM", "Clock", "ManualClock", "SystemClock", "monotonic_s", "perf_ns", "perf_s", "wall_ns"]

wall_ns = time.time_ns
"""Nanoseconds since 1970, UTC. May jump when the machine's clock is set."""

monotonic_s = time.monotonic
"""Seconds since some moment in the past; never jumps. For deadlines."""

perf_ns = time.perf_counter_ns
"""Nanoseconds since some moment in the past; never jumps, finest resolution. For durations."""

perf_s = time.perf_counter
"""The same in seconds: half as dear to subtract, because floating-point numbers are recycled."""


class Clock(Protocol):
    """What a component needs to know about time."""

    def wall_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds on a clock that never jumps."""
        ...


class SystemClock:
    """The machine's own clocks."""

    wall_ns = staticmethod(wall_ns)
    monotonic_s = staticmethod(monotonic_s)


class ManualClock:
    """A clock turned by hand, for tests: both its faces move only through `advance`."""

    def __init__(self, wall_s: float = 1_700_000_000.0) -> None:
        """
        Start at a given moment.

        Args:
            wall_s: Seconds since 1970 that the wall clock shows at first; the monotonic clock starts at 0.
        """
        self._wall_ns = int(wall_s * 1e9)
        self._monotonic_s = 0.0

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 as set so far."""
        return self._wall_ns

    def monotonic_s(self) -> float:
        """Seconds advanced so far."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """
        Turn both faces forward.

        Args:
            seconds: At least 0.
        """
        self._wall_ns += int(seconds * 1e9)
        self._monotonic_s += seconds

    def jump_wall(self, seconds: float) -> None:
        """
        Set the wall clock without time passing, as an administrator or NTP does.

        Args:
            seconds: Positive or negative.
        """
        self._wall_ns += int(seconds * 1e9)


SYSTEM = SystemClock()
"""The clock used where none is given."""
