"""
Calls watched from outside, by `sys.monitoring`: Python 3.12 and later.

The interpreter tells the begin, the end and every pause of chosen code objects. Functions, code, frames and callers stay as they
are. What is not chosen costs nothing; what was chosen and is left alone again (see `trials`) costs nothing either.

Exceptions that leave a frame are told for all code at once (before 3.15 there is no other way), and only while anything is watched.
Events that another tool has switched on are not touched: each tool has a number of its own, and ours is one of the two that
Python's documentation leaves to everybody.

Source: https://docs.python.org/3/library/sys.monitoring.html
"""

import inspect
import sys
from collections.abc import Callable
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any

from opentelemetry.context import Context

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.guard import guarded, shared
from otel_agent.instruments.automatic.pending_spans import CallSite, PendingSpan
from otel_agent.instruments.automatic.watched_functions import STEPWISE, WatchedFunction
from otel_agent.recording.context import current

__all__ = ["HAS_MONITORING", "Monitor", "open_monitor"]

HAS_MONITORING = hasattr(sys, "monitoring")

TOOL_IDS = (4, 3)
"""Numbers of tools that nobody has a claim on."""

TOOL_NAME = "otel_agent"

_innermost: ContextVar[PendingSpan | None] = ContextVar("otel_agent_innermost", default=None)
"""The innermost watched call of this thread or task; each holds the one below it."""


class Monitor:
    """
    Watches code objects; one at a time in a process, see `open_monitor`.

    Raises:
        RuntimeError: Both numbers for tools are taken by others.
    """

    def __init__(self) -> None:
        self._watched: dict[int, WatchedFunction] = {}
        self._suspended: dict[int, PendingSpan] = {}
        """Calls of generators and coroutines, by the identity of their frame."""
        self.left_alone: dict[int, WatchedFunction] = {}
        """Functions whose calls go by at present, by the identity of their code."""
        self.on_wait: Callable[[FrameType, CallSite, Context], object] | None = None
        """Called in a coroutine of a function that is left alone, when it begins to wait."""
        self.on_leave: Callable[[WatchedFunction], object] = lambda _: None
        """Called when calls of a function begin to go by."""
        self._is_draining = False
        """Whether it was closed while calls were under way."""
        self._script: Callable[[CodeType, dict[str, Any]], object] | None = None
        self._lock = primitives.Lock()
        self._api: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        self._tool = self._claimed()
        events = self._api.events
        self._whole = events.PY_START | events.PY_RETURN
        self._steps = events.PY_YIELD | events.PY_RESUME
        self._ends = events.PY_RETURN
        self._global = events.PY_UNWIND | events.PY_THROW
        for event, callback in (
            (events.PY_START, self._started),
            (events.PY_RETURN, self._returned),
            (events.PY_YIELD, self._yielded),
            (events.PY_RESUME, self._resumed),
            (events.PY_THROW, self._thrown),
            (events.PY_UNWIND, self._unwound),
        ):
            self._api.register_callback(self._tool, event, callback)

    def _claimed(self) -> int:
        for number in TOOL_IDS:
            try:
                self._api.use_tool_id(number, TOOL_NAME)
            except ValueError:
                continue
            return number
        raise RuntimeError("every free tool of sys.monitoring is taken by others")

    def watch(self, function: WatchedFunction) -> None:
        """
        Watch a function from its next call on; safe twice.

        Args:
            function: Put on trial.
        """
        with self._lock:
            self._watched[id(function.code)] = function
            self._api.set_local_events(self._tool, function.code, self._events_of(function))
            self._api.set_events(self._tool, self._global)

    def leave(self, function: WatchedFunction) -> None:
        """
        Let calls of a function go by from now on; those that are watched just now are watched to their end.

        Args:
            function: Known by `watch`.
        """
        if function.active:
            events = self._events_of(function) & ~self._api.events.PY_START
        else:
            events = self._api.events.PY_YIELD if function.waits else 0
            self.left_alone[id(function.code)] = function
            self.on_leave(function)
        with self._lock:
            if id(function.code) in self._watched:
                self._api.set_local_events(self._tool, function.code, events)

    def release(self, function: WatchedFunction) -> None:
        """
        Have nothing to do with a function any more; safe twice.

        Args:
            function: Known by `watch`.
        """
        with self._lock:
            self.left_alone.pop(id(function.code), None)
            if self._watched.pop(id(function.code), None) is not None:
                self._api.set_local_events(self._tool, function.code, 0)

    def until_script(self, begins: Callable[[CodeType, dict[str, Any]], object]) -> None:
        """
        Wait for the script's own code to begin; until then every code object tells its first call, once.

        Args:
            begins: Takes the code and the namespace of the script, before its first line runs.
        """
        with self._lock:
            self._script = begins
            self._api.set_events(self._tool, self._global | self._api.events.PY_START)

    def close(self) -> None:
        """
        Watch no further calls; safe twice.

        Calls that are under way are watched to their end, so that each gives its context back; the tool's number is given back
        with the last of them.
        """
        with self._lock:
            if not self._tool:
                return
            for function in self._watched.values():
                self._api.set_local_events(
                    self._tool, function.code, self._events_of(function) & ~self._api.events.PY_START
                )
            for key, function in list(self._watched.items()):
                if not function.active:
                    self._api.set_local_events(self._tool, function.code, 0)
                    del self._watched[key]
            self._is_draining = True
            self.left_alone.clear()
            self._script = self.on_wait = None
            self.on_leave = lambda _: None
            self._give_back_when_drained()

    def go_on(self) -> bool:
        """
        Watch again, after a `close` that has not ended yet.

        Returns:
            Whether it had not.
        """
        with self._lock:
            was_draining, self._is_draining = self._is_draining, False
            return was_draining and bool(self._tool)

    def _give_back_when_drained(self) -> None:
        """The caller holds the lock."""
        if not self._is_draining or self._watched:
            return
        events = self._api.events
        self._api.set_events(self._tool, 0)
        for event in (
            events.PY_START,
            events.PY_RETURN,
            events.PY_YIELD,
            events.PY_RESUME,
            events.PY_THROW,
            events.PY_UNWIND,
        ):
            self._api.register_callback(self._tool, event, None)
        self._api.free_tool_id(self._tool)
        self._tool = 0
        self._suspended.clear()

    def reinit_after_fork(self) -> None:
        """Make the lock anew in a forked child."""
        self._lock = primitives.Lock()

    def _events_of(self, function: WatchedFunction) -> int:
        events: int = self._whole | self._steps if function.is_stepwise else self._whole
        return events

    # What follows runs in the program's threads, in the middle of its calls. None of it raises.

    def _started(self, code: CodeType, _offset: int) -> object:
        function = self._watched.get(id(code))
        if function is None:
            if self._script is not None and not code.co_flags & inspect.CO_NEWLOCALS:
                self._look_for_script(code, sys._getframe(1).f_globals)  # noqa: SLF001 - documented, if named like a private one
            return self._api.DISABLE
        try:
            call = function.site.begin()
            call.code, call.function = code, function
            below = _innermost.get()
            while below is not None and below.is_over:  # inherited by a task from a call that is over
                below = below.below
            call.below = below
            _innermost.set(call)
            function.active += 1
            if function.is_stepwise:
                self._suspended[id(sys._getframe(1))] = call  # noqa: SLF001 - documented, if named like a private one
        except Exception as error:  # noqa: BLE001 - see above
            self._failed(error)
        return None

    def _returned(self, code: CodeType, _offset: int, _value: object) -> object:
        try:
            self._ended(code, None)
        except Exception as error:  # noqa: BLE001 - see above
            self._failed(error)
        return None

    def _unwound(self, code: CodeType, _offset: int, exception: BaseException) -> object:
        if id(code) in self._watched:
            try:
                self._ended(code, exception)
            except Exception as error:  # noqa: BLE001 - see above
                self._failed(error)
        return None

    def _yielded(self, code: CodeType, _offset: int, _value: object) -> object:
        try:
            frame = sys._getframe(1)  # noqa: SLF001 - as above
            call = self._suspended.get(id(frame))
            if call is not None and call.code is code:
                call.pause()
                _innermost.set(call.below)
            elif self.on_wait is not None and (function := self.left_alone.get(id(code))) is not None:
                self.on_wait(frame, function.site, current())
        except Exception as error:  # noqa: BLE001 - see above
            self._failed(error)
        return None

    def _resumed(self, code: CodeType, _offset: int) -> object:
        try:
            call = self._suspended.get(id(sys._getframe(1)))  # noqa: SLF001 - as above
            if call is not None and call.code is code:
                call.below = _innermost.get()
                _innermost.set(call)
                call.resume()
        except Exception as error:  # noqa: BLE001 - see above
            self._failed(error)
        return None

    def _thrown(self, code: CodeType, _offset: int, _exception: BaseException) -> object:
        if id(code) in self._watched:
            try:
                call = self._suspended.get(id(sys._getframe(1)))  # noqa: SLF001 - as above
                if call is not None and call.code is code:
                    call.below = _innermost.get()
                    _innermost.set(call)
                    call.resume()
            except Exception as error:  # noqa: BLE001 - see above
                self._failed(error)
        return None

    def _ended(self, code: CodeType, exception: BaseException | None) -> None:
        call = self._suspended.pop(id(sys._getframe(2)), None) if code.co_flags & STEPWISE else _innermost.get()  # noqa: SLF001 - as above
        while call is not None and (call.code is not code or call.is_over):
            call = call.below
        if call is None:
            return  # it began before it was watched
        _innermost.set(call.below)
        call.below = None
        call.leave()
        function: WatchedFunction = call.function
        function.active -= 1
        mattered = call.finish(exception)
        function.count(call.ended_ns - call.start_ns, exception, mattered=mattered)
        if self._is_draining:
            self._drain(function)
        elif mattered:
            function.trial.matters()
        elif function.trial.passes(monotonic_s()):
            function.stop_counting()
            self.leave(function)
        elif not (function.active or function.trial.is_watched):
            self.leave(function)

    def _drain(self, function: WatchedFunction) -> None:
        """A call has ended after `close`."""
        if function.active:
            return
        with self._lock:
            if self._is_draining and self._watched.pop(id(function.code), None) is not None:
                self._api.set_local_events(self._tool, function.code, 0)
                self._give_back_when_drained()

    def _look_for_script(self, code: CodeType, namespace: dict[str, Any]) -> None:
        begins = self._script
        if begins is None or namespace.get("__name__") != "__main__":
            return
        self._script = None
        with guarded("instruments.automatic", "functions of the script could not be found"):
            begins(code, namespace)
            with self._lock:
                self._api.set_events(self._tool, self._global)

    def _failed(self, error: Exception) -> None:
        shared.report("instruments.monitoring", "a call could not be watched; it ran as it would have", error)


_present: list[Monitor] = []
"""The monitor of this process; at most one."""


def open_monitor() -> Monitor:
    """
    The monitor of this process: a new one, or the present one when it was closed and calls are still under way.

    Raises:
        RuntimeError: Both numbers for tools are taken by others.
    """
    if not (_present and _present[0].go_on()):
        _present[:] = [Monitor()]
    return _present[0]
