"""
How late asyncio calls back: what one callback that blocks costs all others.

A heartbeat on each running loop asks to be called in 20 ms and notes how much later it was. It finds loops without help:
asyncio's own loops when they begin to run, since the function by which they say so is wrapped while this is installed (not
`run_forever`, on whose every traceback a wrapper would be seen), and the loop that runs already when it is installed. Loops of other
makers (uvloop) are found by `watch_running_loop`, to be called inside a coroutine. An agent that never imports asyncio does not get it from here.

The heartbeat is a timer: it does not keep a loop alive, ends with it, and carries nobody's context.
"""

import contextvars
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from otel_agent import primitives
from otel_agent.guard import guarded
from otel_agent.instruments.distributions import BucketCounts
from otel_agent.instruments.imports import Watch, after_import
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = late_module("asyncio")

__all__ = ["LoopWatch"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`. Nobody waits for the lock that is taken here."""

INTERVAL_S = 0.02
"""Between two heartbeats: the error of a delay is at most this, and the cost about a thousandth of a core."""


class LoopWatch:
    """
    Keeps a heartbeat on every loop that runs.

    Args:
        delays: Histogram of delays, in seconds.
        interval_s: Time between two heartbeats of a loop, in seconds.
    """

    def __init__(self, delays: BucketCounts, interval_s: float = INTERVAL_S) -> None:
        self._delays = delays
        self._interval_s = interval_s
        self._watched: WeakKeyDictionary[asyncio.AbstractEventLoop, ref[_Heartbeat]] = WeakKeyDictionary()
        # Loops of several threads share the distribution. A delay that finds it taken is left out: a loop never waits.
        self._lock = primitives.Lock()
        self._pid = os.getpid()
        self._beating: dict[int, ref[_Heartbeat]] = {}
        """Heartbeats by the thread of their loop."""
        self._is_open = False
        self._watch: Watch | None = None
        self._original: Callable[[Any], None] | None = None
        self._wrapped: Callable[[Any], None] | None = None

    def install(self) -> None:
        """Find loops from now on."""
        self._is_open = True
        if "asyncio" in sys.modules:
            self._wrap()
        else:
            self._watch = after_import(lambda name: name == "asyncio", lambda _: self._wrap())

    def _wrap(self) -> None:
        events: Any = asyncio.events
        self._original = original = events._set_running_loop  # noqa: SLF001 - told at the begin and the end of `run_forever`

        def _set_running_loop(loop: Any) -> None:
            ended = None if loop is not None else events._get_running_loop()  # noqa: SLF001 - asks without raising
            original(loop)
            with guarded("instruments.event_loops", "the delays of an event loop are not measured"):
                if loop is not None:
                    self._begin(loop)
                elif ended is not None:
                    self._end(ended)

        self._wrapped = events._set_running_loop = _set_running_loop  # noqa: SLF001 - `close` gives it back
        self.watch_running_loop()

    def watch_running_loop(self) -> None:
        """Watch the loop that runs in this thread, if one does; called twice, it is watched once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._begin(loop)

    def close(self) -> None:
        """Let every heartbeat stop; safe twice."""
        self._is_open = False
        if self._watch is not None:
            self._watch.close()
        if self._original is None:
            return
        events: Any = asyncio.events
        if events._set_running_loop is self._wrapped:  # noqa: SLF001 - as above
            events._set_running_loop = self._original  # noqa: SLF001 - as above
        self._original = None

    def beating(self) -> "dict[int, _Heartbeat]":
        """Heartbeats by the thread of their loop; for whoever wants to know what keeps one."""
        found = {ident: known() for ident, known in list(self._beating.items())}
        return {ident: heartbeat for ident, heartbeat in found.items() if heartbeat is not None}

    def _begin(self, loop: "asyncio.AbstractEventLoop") -> None:
        if not self._is_open or loop in self._watched or loop.is_closed():
            return
        if self._pid != os.getpid():
            self._pid, self._lock = os.getpid(), primitives.Lock()
            self._beating = {}
        heartbeat = _Heartbeat(loop, self._note, self._interval_s)
        heartbeat.schedule()
        self._watched[loop] = self._beating[primitives.get_ident()] = ref(
            heartbeat
        )  # the loop's timer holds it, and it holds the loop

    def _end(self, loop: "asyncio.AbstractEventLoop") -> None:
        known = self._watched.pop(loop, None)
        heartbeat = known() if known is not None else None
        if heartbeat is not None:
            heartbeat.stop()
            self._beating.pop(primitives.get_ident(), None)

    def _note(self, delay_s: float) -> bool:
        if self._is_open and self._lock.acquire(blocking=False):
            self._delays.add(delay_s)
            self._lock.release()
        return self._is_open


class _Heartbeat:
    """Calls itself back on one loop."""

    def __init__(self, loop: "asyncio.AbstractEventLoop", note: Callable[[float], bool], interval_s: float) -> None:
        self.loop = loop
        self._note = note
        self._interval_s = interval_s
        self.native_id = threading.get_native_id()
        """What the operating system calls the loop's thread."""
        self.due_s = 0.0
        """When it is due, by the loop's clock."""
        self.delay_s = 0.0
        """How late it was the last time."""
        self._timer: asyncio.TimerHandle | None = None

    def schedule(self) -> None:
        self.due_s = self.loop.time() + self._interval_s
        self._timer = self.loop.call_at(self.due_s, self._beat, context=contextvars.Context())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        self.delay_s = max(0.0, self.loop.time() - self.due_s)
        if self._note(self.delay_s):
            self.schedule()
