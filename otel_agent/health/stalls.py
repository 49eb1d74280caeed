"""Stalls: heartbeats that fell silent, and the stack of the thread that should have beaten."""

import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

from otel_agent.health.registry import Heartbeat

__all__ = ["Stall", "stalls"]

STACK_LINES = 12
"""Innermost frames shown."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A heartbeat that is late."""

    name: str
    """Name of the heartbeat."""
    age_s: float
    """Seconds since its last beat."""
    is_critical: bool
    """Whether the agent is not alive without it."""
    stack: tuple[str, ...]
    """Where its thread is now, innermost last; empty when the thread is unknown or gone."""


def stalls(heartbeats: Iterable[Heartbeat]) -> list[Stall]:
    """
    The heartbeats that are late.

    Args:
        heartbeats: Heartbeats to look at.

    Returns:
        One entry for each that was silent for longer than it may.
    """
    ages = [(beat, beat.age_s()) for beat in heartbeats]
    return [
        Stall(beat.name, age_s, beat.is_critical, _stack(beat.thread_id))
        for beat, age_s in ages
        if age_s > beat.within_s
    ]


def _stack(thread_id: int | None) -> tuple[str, ...]:
    frame = sys._current_frames().get(thread_id) if thread_id is not None else None  # noqa: SLF001 - the documented way to another thread's stack
    if frame is None:
        return ()
    summary = traceback.StackSummary.extract(traceback.walk_stack(frame), limit=STACK_LINES, lookup_lines=False)
    return tuple(f"{entry.filename}:{entry.lineno} in {entry.name}" for entry in reversed(summary))
