"""Looks at the stacks of all threads a few times a second, for what they wait for; see `insight.detectors.waits`."""

import sys
from collections.abc import Callable, Container
from types import CodeType, FrameType

from otel_agent import primitives
from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.insight.detectors.waits import LONGEST_SLEEP_S, WaitLooks, kind_of_wait
from otel_agent.insight.findings import Sighting
from otel_agent.instruments.agent_frames import is_agent_code

__all__ = ["IDLE_S", "PERIOD_S", "ThreadWaits"]

PERIOD_S = 0.1
IDLE_S = 0.5
"""Between two looks while somebody waits, and otherwise, in seconds."""

QUIET_LOOKS = 20
"""So many looks at which nobody waits make looks rare."""

MOST_THREADS = 200
"""Threads that are looked at."""

MOST_KINDS = 4096


class ThreadWaits:
    """
    Looks at threads.

    Args:
        saw: Takes sightings.
        with_loops: Tells the threads that run event loops; what they wait for is a matter of `loop_stalls`.
    """

    def __init__(self, saw: Callable[[Sighting], object], with_loops: Callable[[], Container[int]] = frozenset) -> None:
        self._saw = saw
        self._with_loops = with_loops
        self._waits = WaitLooks()
        self._kinds: dict[tuple[CodeType, int], tuple[str, float | str | None] | None] = {}
        self._last_s = monotonic_s()
        self._quiet = QUIET_LOOKS

    def period_s(self) -> float:
        """Time until the next look, in seconds."""
        return PERIOD_S if self._quiet < QUIET_LOOKS else IDLE_S

    def look(self) -> None:
        """Look at every thread but ours."""
        now_s = monotonic_s()
        period_s, self._last_s = min(now_s - self._last_s, 1.0), now_s
        own, with_loops = primitives.own_idents(), self._with_loops()
        seen, present = [], []
        for ident, frame in list(sys._current_frames().items())[:MOST_THREADS]:  # noqa: SLF001 - the documented way to another thread's stack
            if ident in own or ident in with_loops:
                continue
            present.append(ident)
            found = self._wait_of(frame)
            if found is not None:
                seen.append((ident, *found))
        self._quiet = 0 if seen else self._quiet + 1
        for sighting in self._waits.look(seen, present, wall_ns() / 1e9, period_s):
            self._saw(sighting)

    def _wait_of(self, frame: FrameType) -> tuple[CodeType, int, str, float] | None:
        if frame.f_code.co_qualname == "Condition.__enter__" and frame.f_back is not None:
            frame = frame.f_back
        code = frame.f_code
        if not is_agent_code(code):
            return None
        key = (code, frame.f_lasti)
        if key not in self._kinds:
            if len(self._kinds) >= MOST_KINDS:
                self._kinds.clear()
            self._kinds[key] = kind_of_wait(*key)
        found = self._kinds[key]
        if found is None:
            return None
        kind, detail = found
        sleep_s = 0.0
        if kind == "poll":
            value = detail if isinstance(detail, float) else _value(frame, detail)
            if not isinstance(value, int | float) or value > LONGEST_SLEEP_S:
                return None
            sleep_s = float(value)
        return code, frame.f_lineno or code.co_firstlineno, kind, sleep_s


def _value(frame: FrameType, name: object) -> object:
    """A variable of a function in another thread; a module's constants are the usual place."""
    if name in frame.f_globals:
        return frame.f_globals[str(name)]
    return frame.f_locals.get(str(name))
