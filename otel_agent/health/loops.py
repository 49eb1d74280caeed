"""
Event loops that hang, found from outside them.

Loops are found by looking at what every thread is doing: asyncio's `run_forever` or a `Runner` among the calls of a thread
means that its loop runs there. A running loop is asked, through `call_soon_threadsafe`, to beat; one that is blocked does
not, and the stack of its thread shows what blocks it. Nothing is wrapped, no timer runs in the agent's loop, loops of other
makers (uvloop) are found through their runner, and a loop that has ended is forgotten rather than late.
"""

import sys
import threading
from collections.abc import Collection
from types import FrameType
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.health.registry import CheckRegistry, Heartbeat

if TYPE_CHECKING:
    import asyncio  # never loaded here: an agent without it has no loop

__all__ = ["LOOK_S", "LoopProbe"]

LOOK_S = 1.0
"""How often threads are looked at and loops asked, in seconds."""

OWN_THREADS = "otel-agent-"

RUN_FOREVER = ("asyncio.base_events", "BaseEventLoop.run_forever")
RUNNER = ("asyncio.runners", "Runner.run")
NAMES = frozenset(("run_forever", "run"))


class LoopProbe:
    """
    Gives every running loop a heartbeat. Called from one thread, the monitor's.

    Args:
        registry: Where heartbeats are kept.
        within_s: Longest time a loop may be blocked, in seconds.
        clock: Clock that says when to look.
    """

    def __init__(self, registry: CheckRegistry, within_s: float, clock: Clock = SYSTEM) -> None:
        self._registry = registry
        self._within_s = within_s
        self._clock = clock
        self._looked_at_s = float("-inf")
        self._loops: dict[int, tuple[asyncio.AbstractEventLoop, _LoopHeartbeat]] = {}

    def tick(self) -> None:
        """Look, when it is time to."""
        now_s = self._clock.monotonic_s()
        if now_s - self._looked_at_s < LOOK_S:
            return
        self._looked_at_s = now_s
        running = _running_loops()
        for ident in [ident for ident, (loop, _) in self._loops.items() if running.get(ident) is not loop]:
            self._registry.remove(self._loops.pop(ident)[1].name)
        for ident, loop in running.items():
            if ident not in self._loops:
                name = _name(ident, {beat.name for _, beat in self._loops.values()})
                beat = self._registry.heartbeat(name, self._within_s)
                beat.thread_id = ident
                self._loops[ident] = loop, _LoopHeartbeat(name, beat)
            self._loops[ident][1].ask(loop)

    def main_loop(self) -> "asyncio.AbstractEventLoop | None":
        """The loop that runs in the main thread, or None."""
        found = self._loops.get(threading.main_thread().ident or 0)
        return None if found is None else found[0]

    def reinit_after_fork(self) -> None:
        """A forked child runs none of its parent's loops; the one it may have forked from does not count."""
        for _, beat in self._loops.values():
            self._registry.remove(beat.name)
        self._loops = {}


class _LoopHeartbeat:
    """A heartbeat and whether it was asked for."""

    def __init__(self, name: str, beat: Heartbeat) -> None:
        self.name = name
        self._beat = beat
        self._is_asked = False

    def ask(self, loop: "asyncio.AbstractEventLoop") -> None:
        if self._is_asked:
            return  # one question at a time: a blocked loop is not buried under them
        self._is_asked = True
        try:
            loop.call_soon_threadsafe(self._answer)
        except RuntimeError:  # closed meanwhile
            self._is_asked = False

    def _answer(self) -> None:
        self._is_asked = False
        self._beat()


def _name(ident: int, taken: Collection[str]) -> str:
    if ident == threading.main_thread().ident:
        return "event loop"
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    name = f"event loop of {names.get(ident, ident)}"
    return f"{name} ({ident})" if name in taken else name


def _running_loops() -> "dict[int, asyncio.AbstractEventLoop]":
    """Loops by the thread in which they run; ours are left out."""
    if "asyncio" not in sys.modules:
        return {}
    own = primitives.own_idents()
    found: dict[int, asyncio.AbstractEventLoop] = {}
    for ident, frame in sys._current_frames().items():  # noqa: SLF001 - the documented way to another thread's stack
        loop = None if ident in own else _loop_of(frame)
        if loop is not None:
            found[ident] = loop
    return found


def _loop_of(innermost: FrameType) -> "asyncio.AbstractEventLoop | None":
    frame: FrameType | None = innermost
    while frame is not None:
        code = frame.f_code
        # By name rather than by identity: other instrumentation wraps these functions.
        if code.co_name in NAMES:
            place = (frame.f_globals.get("__name__"), code.co_qualname)
            if place == RUN_FOREVER:
                return _as_loop(frame.f_locals.get("self"))
            if place == RUNNER:
                return _as_loop(getattr(frame.f_locals.get("self"), "_loop", None))
        frame = frame.f_back
    return None


def _as_loop(found: Any) -> "asyncio.AbstractEventLoop | None":
    return found if hasattr(found, "call_soon_threadsafe") else None
