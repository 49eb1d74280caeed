"""
What keeps an event loop from beating, seen while it does.

The heartbeats of `event_loops` say when each loop is due. While one is late, its thread's stack shows what blocks it. A thread that
could not run because the machine is busy, and a loop that waits for the next event, are not blocked by anything of the agent's.
"""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FrameType

from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.insight.detectors.loops import BlockedLoops, Place
from otel_agent.insight.findings import Sighting
from otel_agent.instruments.agent_frames import agent_frame
from otel_agent.instruments.machine.event_loops import INTERVAL_S, LoopWatch

__all__ = ["LoopStalls"]

LOOK_S = 0.02
"""Between two looks while a loop runs, in seconds."""

_WAITING = frozenset(("select", "poll", "_run_once", "run_forever"))
"""Functions of asyncio and its selectors in which a loop is not blocked."""


@dataclass(slots=True)
class _Episode:
    """One time in which a loop was late."""

    due_s: float
    looks: Counter[Place] = field(default_factory=Counter)
    is_sleeping: bool = False
    run_delay_s: float = 0.0


class LoopStalls:
    """
    Looks at loops that are late.

    Args:
        watch: Heartbeats of the loops that run.
        limit_s: A loop is blocked when it is later than this, in seconds.
        saw: Takes sightings.
    """

    def __init__(self, watch: LoopWatch, limit_s: float, saw: Callable[[Sighting], object]) -> None:
        self._watch = watch
        self._limit_s = limit_s
        self._saw = saw
        self._blocked = BlockedLoops()
        self._episodes: dict[int, _Episode] = {}
        self._run_delays_s: dict[int, float] = {}
        self._last_s = monotonic_s()

    def period_s(self) -> float:
        """Time until the next look, in seconds."""
        return LOOK_S if self._watch.beating() else 0.5

    def look(self) -> None:
        """Look at every loop that runs."""
        now_s = monotonic_s()
        beating = self._watch.beating()
        weight = max(1, round((now_s - self._last_s) / LOOK_S)) if beating else 1
        self._last_s = now_s
        for ident, heartbeat in beating.items():
            due_s = heartbeat.due_s
            episode = self._episodes.get(ident)
            if episode is not None and episode.due_s != due_s:
                del self._episodes[ident]
                self._end(ident, episode, heartbeat.delay_s)
                episode = None
            late_s = now_s - due_s
            if due_s and late_s > self._limit_s:
                self._see(ident, episode, due_s, min(weight, max(1, round(late_s / LOOK_S))))
            elif episode is None:
                self._run_delays_s[ident] = run_delay_s(heartbeat.native_id)
        for ident in [ident for ident in self._episodes if ident not in beating]:
            del self._episodes[ident]

    def _see(self, ident: int, episode: _Episode | None, due_s: float, weight: int) -> None:
        frame = sys._current_frames().get(ident)  # noqa: SLF001 - the documented way to another thread's stack
        heartbeat = self._watch.beating().get(ident)
        if frame is None or heartbeat is None or heartbeat.due_s != due_s or _is_waiting(frame):
            return
        if episode is None:
            episode = self._episodes[ident] = _Episode(due_s, run_delay_s=self._run_delays_s.get(ident, 0.0))
        found = agent_frame(frame)
        if found is None:
            return
        episode.looks[found.f_code, found.f_lineno or found.f_code.co_firstlineno] += weight
        episode.is_sleeping = episode.is_sleeping or (found is frame and _sleeps(found))

    def _end(self, ident: int, episode: _Episode, delay_s: float) -> None:
        heartbeat = self._watch.beating().get(ident)
        waited_s = 0.0 if heartbeat is None else max(0.0, run_delay_s(heartbeat.native_id) - episode.run_delay_s)
        if delay_s - waited_s <= self._limit_s:
            return  # it was not blocked: the machine had no time for it
        # On average it began in the middle of the time between two beats.
        blocked_s = delay_s + INTERVAL_S / 2
        sighting = self._blocked.blocked(
            episode.looks, blocked_s, wall_ns() / 1e9 - blocked_s, sleeping=episode.is_sleeping
        )
        if sighting is not None:
            self._saw(sighting)


def run_delay_s(native_id: int) -> float:
    """
    How long a thread has waited for a processor.

    Args:
        native_id: What the operating system calls the thread.

    Returns:
        Seconds since the thread began; 0 where that is not known.

    Source: https://docs.kernel.org/scheduler/sched-stats.html
    """
    try:
        with open(f"/proc/self/task/{native_id}/schedstat", "rb") as file:  # noqa: PTH123 - the quick way
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _is_waiting(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    return frame.f_code.co_name in _WAITING and module.partition(".")[0] in {"asyncio", "selectors"}


def _sleeps(frame: FrameType) -> bool:
    code: CodeType = frame.f_code
    return "sleep" in code.co_names
