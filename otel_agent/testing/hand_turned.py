"""
Time turned by hand, for `recorded(clock=…)`: what takes it, and how.

    spans, durations of functions and queries, entries of caches    the bare functions of `otel_agent.clock`, exchanged for a block
    rules of alerts and what they read                              `RuleClock`

What keeps deadlines, sends and waits keeps the machine's time: a clock that stands would make it wait for ever.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from otel_agent import clock as machine
from otel_agent.clock import ManualClock
from otel_agent.recording import durations

__all__ = ["RuleClock", "turned_by"]

_TAKEN_BY = (
    "otel_agent.recording.",
    "otel_agent.instruments.functions.",
    "otel_agent.instruments.caches.function_cache",
    "otel_agent.instruments.databases.",
    "otel_agent.processors.kept_histograms",
)
_DEADLINES = ("otel_agent.recording.provider", "otel_agent.recording.processors", "otel_agent.recording.sampling.")


class RuleClock:
    """
    The clock that rules are judged by, and that stamps what they read.

    Two collections at one moment of the clock would be one; so each is at least a millisecond later than the one before, and rules are
    judged no earlier than the newest.

    Args:
        clock: The clock that is turned.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._newest_ms = 0

    def wall_ns(self) -> int:
        """Nanoseconds since 1970."""
        return max(self._clock.wall_ns(), self._newest_ms * 1_000_000)

    def monotonic_s(self) -> float:
        """Seconds the clock was turned."""
        return self._clock.monotonic_s()

    def stamp_ms(self) -> int:
        """Moment of a new collection, in milliseconds since 1970."""
        self._newest_ms = max(self._clock.wall_ns() // 1_000_000, self._newest_ms + 1)
        return self._newest_ms


@contextmanager
def turned_by(clock: ManualClock) -> Iterator[None]:
    """
    Let what is recorded take its time from a clock, for the length of a block.

    Args:
        clock: The clock that is turned.
    """
    faces: dict[str, Callable[[], Any]] = {
        "wall_ns": clock.wall_ns,
        "monotonic_s": clock.monotonic_s,
        "perf_s": clock.monotonic_s,
        "perf_ns": lambda: int(clock.monotonic_s() * 1e9),
    }
    exchanged: list[tuple[Any, str, Any]] = []
    for name, module in list(sys.modules.items()):
        if name.startswith(_TAKEN_BY) and not name.startswith(_DEADLINES):
            for face, turned in faces.items():
                present = getattr(module, face, None)
                if present is not None and present is getattr(machine, face):
                    exchanged.append((module, face, present))
                    setattr(module, face, turned)
    exchanged.append((durations.shared, "wall", durations.shared.wall))
    durations.shared.wall = clock.wall_ns
    try:
        yield
    finally:
        for owner, face, present in exchanged:
            setattr(owner, face, present)
