"""
Signals that end the process: the data is made safe first, then the process ends as it would have without us.

    default action     readiness off, everything closed within the deadline, then the default action: the status stays -15
    the agent's own    its handler is called and decides, as gunicorn's and uvicorn's do; meanwhile what is there is flushed
    ignored            stays ignored

The handler itself does next to nothing: it writes one byte, and waits, bounded, for a helper thread that does the work. A
handler runs between two instructions of the main thread, which may hold any lock; whatever needs a lock would wait for ever
for the very thread it interrupts. The helper also hears of signals from C code (`wakeup`), so that they are acted upon while the main
thread is deep in C code itself.

It waits only where the main thread holds nothing that the end needs; `safe_points` says where that is, and what happens elsewhere.

The helper looks four times a second whether its handler is still in place. An event loop's `add_signal_handler` replaces it and
leaves the default action behind; only the main thread may install handlers, and `main_thread` brings it there. Who restores the
default action by `signal.signal` has our handler back at once, see `DefaultActions`. The helper also wakes a
main thread that does not know of a signal yet: one that another thread received, or that came just before a long wait began,
would have the agent's own handler run only when that wait is over.

SIGINT is left to Python: it becomes KeyboardInterrupt, and the end of the program.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial, wraps
from types import FrameType
from typing import TYPE_CHECKING, Any

from otel_agent import guard, primitives
from otel_agent.clock import monotonic_s
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.forks import follow_forks
from otel_agent.lifecycle.main_thread import MainThreadCalls
from otel_agent.lifecycle.safe_points import SAVED_S, SETTLE_S, MainThreadStop
from otel_agent.lifecycle.tasks import Task
from otel_agent.lifecycle.wakeup import Wakeup

if TYPE_CHECKING:
    import ctypes
else:
    ctypes = late_module("ctypes")  # needed once in a process's life, at its very end

__all__ = ["SIGNALS", "EndSignals"]

SIGNALS: tuple[int, ...] = tuple(
    number for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")) if number is not None
)
"""What ends a process from outside and can be answered."""

GRACE_S = 2.1
"""How long a handler waits beyond the deadline at most, in seconds; see `shutdown.SAVING_S`."""

HASTENED_S = 0.1
"""What the end has to send when a second signal came before it began, in seconds; to save there is more, see `shutdown`."""

_HANDLED = 0x80
"""Marks a byte that was written by the Python handler rather than by the interpreter's own."""

_LOOPS = ("asyncio", "uvloop")
"""Modules whose handlers only stand in: the loop itself hears of the signal through its wake-up descriptor."""

_set_handler = signal.signal
"""`signal.signal` as it is without us: a default action that it restores stays."""


class EndSignals:
    """
    Answers the signals that end the process; nothing is installed before `install`.

    All state but that of the end is written by the main thread.

    Args:
        on_end: Closes everything within the seconds it is given; called once, on a helper thread.
        on_notice: Called instead when the agent has a handler of its own, and decides when it ends: turn readiness off and
            flush, within the seconds given, and go on.
        hurry: Called on a helper thread when a second signal arrives: save what can be saved now.
        deadline_s: What `on_end` and `on_notice` are given, in seconds.
        signals: Numbers of the signals to answer.
    """

    def __init__(
        self,
        on_end: Callable[[float], object],
        *,
        on_notice: Callable[[float], object] | None = None,
        hurry: Callable[[], object] | None = None,
        deadline_s: float = 2.0,
        signals: Sequence[int] = SIGNALS,
    ) -> None:
        self._on_end = on_end
        self._on_notice = on_notice
        self._hurry = hurry
        self._deadline_s = deadline_s
        self._signals = tuple(signals)
        self._previous: dict[int, Any] = {}
        self._handler = self._handle  # one object: what is in place is recognised by identity
        self._main_thread = MainThreadCalls(self._look_in_main_thread)
        self._default_actions = DefaultActions(self._take_again)
        self._mask: set[int] | None = None
        self._deferred: list[int] | None = None
        """Signals that came during a fork; None while there is none."""
        self._is_closed = False
        self._inherited: list[Callable[[float], object]] = []
        """What those before this one had to do at the end."""
        self._left_behind: list[int] = []
        """Signals that those before had put off."""
        self._begin()

    def _begin(self) -> None:
        self._wakeup = Wakeup(self._note, self._look)
        self._stop = MainThreadStop(self._main_thread)
        self._calls = 0
        self._heard: Counter[tuple[int, bool]] = Counter()
        self._is_ending = False
        self._is_hastened = False
        self._missing: set[int] = set()
        self._is_wait_broken = True
        """Whether the main thread has been woken since a signal came for a handler of the agent's own."""
        self._notice: Task | None = None

    def install(self) -> str | None:
        """
        Take over the signals that have their default action, and stand before the agent's own handlers. No effect after `close`.

        Returns:
            Why signals cannot be answered, in a sentence; None when they are, and after `close`.
        """
        if not primitives.is_main_thread():
            return "signals can only be answered from the main thread: call init() there, or SIGTERM ends the agent at once"
        if self._is_closed:
            return None
        try:
            for number in self._signals:
                self._take(number)
            self._main_thread.install()
        except ValueError:  # a subinterpreter
            return "signals cannot be answered in a subinterpreter: SIGTERM ends the agent at once"
        self._wakeup.start()
        for number in self._previous:
            self._wakeup.watch(number)
        self._default_actions.install()
        follow_forks(self, is_outermost=True)
        while self._left_behind:
            signal.raise_signal(self._left_behind.pop())
        return None

    def close(self) -> None:
        """Give back what was taken, where that is still ours: in the main thread only; safe before `install` and twice."""
        self._is_closed = True
        self._default_actions.close()
        self._wakeup.close()
        if not primitives.is_main_thread():
            return  # the handlers stay and pass on to those before them
        for number, previous in self._previous.items():
            if signal.getsignal(number) is self._handler:
                _set_handler(number, previous)
        self._main_thread.close()
        pending = self._stop.take_pending()
        if pending is not None:
            signal.raise_signal(pending[0])  # to whom it belongs now

    def hold_for_fork(self) -> None:
        """
        Put signals off.

        In the child, because until it has a descriptor of its own its signals would be heard by the parent. In the parent,
        because an end would wait for locks that are held for the fork, perhaps by the very thread that the handler interrupts.
        """
        self._deferred = []
        if hasattr(signal, "pthread_sigmask"):
            self._mask = {int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)}

    def go_on_after_fork(self) -> None:
        """Let signals come, in the parent, also those that came meanwhile."""
        deferred, self._deferred = self._deferred, None
        self._unmask()
        for number in deferred or ():
            os.kill(os.getpid(), number)
        if self._stop.pending is not None:
            self._main_thread.call()

    def _unmask(self) -> None:
        mask, self._mask = self._mask, None
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def reinit_after_fork(self) -> None:
        """A helper, a descriptor and an end of its own for the child."""
        old = self._wakeup
        self._main_thread.reinit_after_fork()
        self._begin()
        if not self._is_closed:
            self._wakeup.replace(old)
        self._deferred = None
        self._unmask()

    def _take(self, number: int) -> None:
        present = signal.getsignal(number)
        if present is self._handler or present is None or present is signal.SIG_IGN:
            return  # ours, or not Python's, or not wanted
        earlier = getattr(present, "__self__", None)
        if isinstance(earlier, EndSignals):
            self._succeed(earlier)
            present = signal.getsignal(number)
        self._previous[number] = present
        _set_handler(number, self._handler)
        self._wakeup.watch(number)

    def _take_again(self, number: int) -> None:
        """Stand before a default action that the main thread has just restored."""
        if number in self._previous and primitives.is_main_thread():
            self._take(number)

    def _succeed(self, earlier: "EndSignals") -> None:
        """Take the place of one before: one process ends once. It may have been closed where nothing can be given back."""
        if not earlier._is_closed:  # noqa: SLF001 - of this class
            self._inherited.append(earlier._on_end)  # noqa: SLF001 - of this class
        pending = earlier._stop.take_pending()  # noqa: SLF001 - of this class
        earlier.close()
        if pending is not None:
            self._left_behind.append(pending[0])

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """Run in the main thread, between any two instructions of it."""
        if self._deferred is not None:
            self._deferred.append(number)
            return
        previous = self._previous.get(number, signal.SIG_DFL)
        if not self._is_closed:
            self._wakeup.write(number | _HANDLED)
        if callable(previous):
            previous(number, frame)
            return
        if not self._is_closed:
            self._calls += 1
            wait_s = SETTLE_S + self._deadline_s + GRACE_S if self._calls == 1 else SAVED_S
            if not self._stopped(number, monotonic_s() + wait_s, frame):
                return
        _end_here(number)

    def _stopped(self, number: int, end_s: float, frame: FrameType | None) -> bool:
        """Run in the main thread: wait for the end, unless this is put off."""
        try:
            return self._stop.stop(number, end_s, frame)
        except BaseException:  # noqa: BLE001 - KeyboardInterrupt is a second signal; whoever asks ends this process
            self._wakeup.write(signal.SIGINT)
            self._stop.wait_saved()
        return True

    def _note(self, byte: int) -> None:
        """Run on the helper thread. Every signal arrives once or twice: from the interpreter and from `_handle`."""
        number, is_handled = byte & ~_HANDLED, bool(byte & _HANDLED)
        if number == signal.SIGINT and self._is_ending:
            self._hasten()
        if number not in self._previous:
            return
        self._heard[number, is_handled] += 1
        if self._heard[number, is_handled] <= self._heard[number, not is_handled]:
            return  # heard of it already, from the other one
        if callable(self._previous[number]) or signal.getsignal(number) is not self._handler:
            self._is_wait_broken = False
            self._give_notice()
            return
        if self._is_ending:
            self._hasten()
        else:
            self._is_ending = True
            Task("signal", lambda: self._end(number)).start()

    def _end(self, number: int) -> None:
        self._stop.wait_settled()
        left_s = min(HASTENED_S, self._deadline_s) if self._is_hastened else self._deadline_s
        others = [Task("signal", partial(on_end, left_s)).start() for on_end in self._inherited]
        with guard.guarded("lifecycle.end", "the end could not be prepared"):
            self._on_end(left_s)
        for other in others:
            other.wait(left_s)
        # The main thread may be deep in C code for minutes; with the default action it would have ended at once.
        if not self._stop.release():
            _end_by_default(number)

    def _hasten(self) -> None:
        self._is_hastened = True
        self._stop.settle()
        if self._hurry is not None:
            guard.swallow("lifecycle.hurry", "the end could not be hurried", self._hurry)

    def _give_notice(self) -> None:
        on_notice = self._on_notice
        if on_notice is not None and (self._notice is None or self._notice.is_done()):
            self._notice = Task("notice", lambda: on_notice(self._deadline_s)).start()

    def _look(self) -> None:
        """Run on the helper thread: have handlers been replaced by what may be replaced again? Has the main thread to be woken?"""
        missing = {number for number in self._previous if _may_be_taken(signal.getsignal(number), self._handler)}
        # Seen twice: nobody is in the middle of setting up handlers.
        is_due = bool(missing & self._missing) or not self._is_wait_broken
        if is_due and self._main_thread.is_installed():
            self._is_wait_broken = True
            self._main_thread.call()
        self._missing = missing

    def _look_in_main_thread(self, _number: int, frame: FrameType | None) -> None:
        """Run in the main thread: go on with a stop that was put off, or else take back what was replaced."""
        if self._stop.pending is not None and self._deferred is not None:
            return  # a fork has begun meanwhile; `go_on_after_fork` calls again
        pending = self._stop.take_pending()
        if pending is not None:
            number, end_s = pending
            if self._stopped(number, end_s, frame):
                _end_here(number)
            return
        for missing in self._missing:
            if _may_be_taken(signal.getsignal(missing), self._handler):
                self._take(missing)


class DefaultActions:
    """
    Watches for default actions that are restored; nothing is wrapped before `install`.

    uvicorn and many handlers restore the default action and raise the signal again, sooner than any thread looks. `signal.signal`
    does, answers and raises what it did, and is looked at afterwards. Who took the function itself earlier is seen by the helper only.

    Args:
        restored: Called with the number of the signal, in the thread that has restored its default action, which is the main thread.
    """

    def __init__(self, restored: Callable[[int], object]) -> None:
        self._restored = restored
        self._below: Callable[..., Any] | None = None
        self._wrapper: Callable[..., Any] | None = None

    def install(self) -> None:
        """Wrap `signal.signal`; safe twice."""
        if self._wrapper is None:
            self._below = signal.signal
            self._wrapper = signal.signal = self._wrapped(self._below)

    def close(self) -> None:
        """Put back what was wrapped, where nobody has wrapped it since; safe before `install`, twice, and in any thread."""
        if self._wrapper is not None and signal.signal is self._wrapper:
            signal.signal = self._below  # type: ignore[assignment]
        self._wrapper = None

    def _wrapped(self, below: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(below)
        def set_and_look(signalnum: Any, handler: Any) -> Any:
            before = below(signalnum, handler)
            if self._wrapper is set_and_look:
                with guard.guarded("lifecycle.signals", "a default action that was restored could not be looked at"):
                    if handler == signal.SIG_DFL:
                        self._restored(int(signalnum))
            return before

        return set_and_look


def _may_be_taken(present: Any, ours: Any) -> bool:
    if present is ours:
        return False
    return present is signal.SIG_DFL or str(getattr(present, "__module__", "")).startswith(_LOOPS)


def _end_here(number: int) -> None:
    """End this process by a signal's default action, from the main thread."""
    _set_handler(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _end_by_default(number: int) -> None:
    """End this process by a signal's default action, from a thread that may not install handlers."""
    with guard.guarded("lifecycle.signals", "the process could not be ended from a helper thread"):
        ctypes.CDLL(None).signal(number, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
