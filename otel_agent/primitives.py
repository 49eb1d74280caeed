"""
Threads, locks and waits that stay the operating system's, whatever the agent does to the standard library.

gevent and eventlet replace what `threading`, `queue`, `time` and `socket` offer by greenlets of the thread that asks for it. A helper
of ours that became one would run only while the agent waits, and the agent would be switched away from in the middle of our work.
So everything of ours that runs beside the agent, or is shared with it, is made of what stands here:

* the functions of the interpreter's own C modules, bound when this module is imported;
* where they had been replaced before that, a second copy of the C module, which nobody has changed.

`Event` and `Condition` wait on such locks. `Thread` is one of `threading`'s, and listed there under its name, until gevent or eventlet
is there: both begin by looking whether the agent has one thread only, and ours are not the agent's. Locks that the agent's own greenlets
wait for, such as those of a cached function, are not made of these: they have to let the others go on.
"""

import _thread
import os
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Collection
from contextvars import Context
from importlib import import_module
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any, Self

from otel_agent import signal_masks
from otel_agent.clock import monotonic_s

__all__ = [
    "GREEN",
    "TIMEOUT_MAX_S",
    "Condition",
    "Event",
    "Lock",
    "RLock",
    "SimpleQueue",
    "Thread",
    "count_others",
    "current",
    "get_ident",
    "is_green",
    "is_main_thread",
    "own_idents",
    "poll",
    "reinit_after_fork",
    "rename_current",
    "sleep",
    "start_new_thread",
    "unlist",
    "unpatched",
]

GREEN = ("gevent", "eventlet")
"""Packages that replace threads by greenlets."""

_running: dict[int, "Thread"] = {}
"""Threads of ours by identity; each writes its own entry only."""

_native_ids: set[int] = set()
"""What the operating system calls threads of ours that run."""

_ended_ids: deque[int] = deque(maxlen=64)
"""What it called those that have ended, which it may not have noticed yet."""

_beginning: list[None] = []
"""One for each thread of ours that was started, and has not said yet what it is called."""

_is_listing = not any(name in sys.modules for name in GREEN)
"""Whether new threads of ours are listed by `threading.enumerate`."""


def unpatched(module: str, name: str, *, is_apart: bool = False) -> Any:
    """
    Find a function or class of a C module as the interpreter made it.

    Args:
        module: Full name of the module, which is written in C.
        name: Name of the function or class.
        is_apart: Whether it is a class of our own, of which nobody else has instances.

    Returns:
        It, or None where the module has none of that name.
    """
    loaded = import_module(module)
    found = getattr(loaded, name, None)
    spec = loaded.__spec__
    is_pristine = isinstance(found, (type, types.BuiltinFunctionType)) and found.__module__ == module
    if (is_pristine and not is_apart) or spec is None or spec.loader is None:
        return found
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    return getattr(copy, name, None)


if TYPE_CHECKING:
    from queue import SimpleQueue
    from threading import Lock, RLock
    from time import sleep
else:
    Lock = unpatched("_thread", "allocate_lock")
    RLock = unpatched("_thread", "RLock", is_apart=True)  # eventlet looks for all of the class that it knows
    SimpleQueue = unpatched("_queue", "SimpleQueue")
    sleep = unpatched("time", "sleep")

poll: Any = unpatched("select", "poll")

get_ident: Callable[[], int] = unpatched("_thread", "get_ident")
start_new_thread: Callable[..., int] = unpatched("_thread", "start_new_thread")

TIMEOUT_MAX_S: float = _thread.TIMEOUT_MAX
"""The longest wait for a lock, in seconds."""

_native_id: Callable[[], int] = unpatched("_thread", "get_native_id")
_main_ident: Callable[[], int] | None = unpatched("_thread", "_get_main_thread_ident")  # from Python 3.13 on


def is_green() -> bool:
    """Whether `threading` starts something else than threads by now."""
    start = getattr(threading, "_start_joinable_thread", None) or getattr(threading, "_start_new_thread", None)
    return not isinstance(start, types.BuiltinFunctionType)


def unlist() -> None:
    """List threads of ours no longer, those that run and those to come; safe twice."""
    global _is_listing
    _is_listing = False
    for ident in list(_running):
        getattr(threading, "_active", {}).pop(ident, None)


def is_main_thread() -> bool:
    """Whether this is the thread in which signal handlers run."""
    if _main_ident is not None:
        return get_ident() == _main_ident()
    if is_green() and sys.platform == "linux":
        return _native_id() == os.getpid()  # the main thread's own identity is that of a greenlet then
    return threading.main_thread().ident == get_ident()


def own_idents() -> set[int]:
    """Identities of the threads of ours that run."""
    return set(_running)


def count_others(native_ids: Collection[int]) -> int:
    """
    Count the threads that are not ours.

    Args:
        native_ids: Threads of this process, as the operating system calls them.
    """
    beginning = len(_beginning)  # first: whoever is not beginning any more has said what it is called
    return len(set(native_ids) - _native_ids - set(_ended_ids)) - beginning


def current() -> "Thread | None":
    """The present thread where it is one of ours."""
    return _running.get(get_ident())


def rename_current(name: str) -> None:
    """
    Name the present thread anew where it is one of ours.

    Args:
        name: What the thread is about to do.
    """
    thread = current()
    if thread is not None:
        thread.rename(name)


def reinit_after_fork() -> None:
    """Forget the parent's threads in a forked child."""
    present = _running.get(get_ident())
    _running.clear()
    _native_ids.clear()
    _beginning.clear()
    if present is not None:
        _running[get_ident()] = present


class Event:
    """A flag that can be waited for, as `threading.Event`; safe to set inside a signal handler."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[Lock] = []

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Let everybody who waits go on; safe twice."""
        self._is_set = True
        _release_all(self._waiting)

    def clear(self) -> None:
        """Let those who come wait again."""
        self._is_set = False

    def wait(self, timeout_s: float | None = None) -> bool:
        """
        Wait until it is set.

        Args:
            timeout_s: At most, in seconds; None waits for ever.

        Returns:
            Whether it was set.
        """
        if self.is_set() or (timeout_s is not None and timeout_s <= 0):
            return self.is_set()
        lock = _closed(self._waiting)
        try:
            # Set between the first look and the line above: whoever set it may not have seen this lock.
            return self.is_set() or _acquire(lock, timeout_s) or self.is_set()
        finally:
            self._waiting.remove(lock)


class Condition:
    """A lock, and waiting for a change of what it guards, as `threading.Condition`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[Lock] = []

    def __enter__(self) -> Self:
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout_s: float | None = None) -> bool:
        """
        Give the lock back, wait for a change, and take the lock again.

        Args:
            timeout_s: At most, in seconds; None waits for ever.

        Returns:
            Whether there was one.
        """
        lock = _closed(self._waiting)
        self._lock.release()
        try:
            return _acquire(lock, timeout_s)
        finally:
            self._lock.acquire()
            if lock in self._waiting:
                self._waiting.remove(lock)

    def wait_for(self, is_so: Callable[[], object], timeout_s: float | None = None) -> bool:
        """
        Wait until something is so; the lock is held.

        Args:
            is_so: Asked at first and after each change.
            timeout_s: At most, in seconds; None waits for ever.

        Returns:
            Whether it is so.
        """
        end_s = None if timeout_s is None else monotonic_s() + timeout_s
        while not is_so():
            left_s = None if end_s is None else end_s - monotonic_s()
            if left_s is not None and left_s <= 0:
                return False
            self.wait(left_s)
        return True

    def notify(self) -> None:
        """Let one of those who wait go on; the lock is held."""
        if self._waiting:
            _release_all([self._waiting.pop(0)])

    def notify_all(self) -> None:
        """Let everybody who waits go on; the lock is held."""
        _release_all(self._waiting)
        self._waiting.clear()


class Thread:
    """
    A daemon thread of ours. It begins in an empty context, so that nothing of its starter's stays with it.

    Args:
        target: Called once.
        name: Begins with "otel-agent-".
        args: Arguments of the call.
    """

    def __init__(self, target: Callable[..., object], name: str, args: tuple[Any, ...] = ()) -> None:
        self.name = name
        self._target = target
        self._arguments = args
        self._listed: threading.Thread | None = None
        self.mask: Collection[int] | None = None  # see `signal_masks`
        self._ident: int | None = None
        self._pid = 0
        self._is_over = Event()

    def start(self) -> None:
        """
        Begin; once.

        Raises:
            RuntimeError: No thread can be started.
        """
        self._pid = os.getpid()
        _beginning.append(None)
        try:
            if _is_listing and not is_green():
                self._listed = threading.Thread(target=self._run, name=self.name, daemon=True)
                Context().run(self._listed.start)
            else:
                start_new_thread(self._run, ())
        except BaseException:
            _beginning.pop()
            self._pid = 0
            raise

    def join(self, timeout_s: float | None = None) -> None:
        """
        Wait for its end.

        Args:
            timeout_s: At most, in seconds; None waits for ever.
        """
        is_over = self._pid == os.getpid() and self._is_over.wait(timeout_s)
        if is_over and self._listed is not None and _is_listing and not is_green():
            self._listed.join(timeout_s)

    def is_alive(self) -> bool:
        """Whether it was started in this process and has not ended."""
        return self._pid == os.getpid() and not self._is_over.is_set()

    def is_current(self) -> bool:
        """Whether it is the present thread."""
        return self._ident == get_ident() and self.is_alive()

    def rename(self, name: str) -> None:
        """
        Name it anew.

        Args:
            name: Begins with "otel-agent-".
        """
        self.name = name
        if self._listed is not None:
            self._listed.name = name

    def _run(self) -> None:
        self.mask = signal_masks.block()
        self._ident, native_id = get_ident(), _native_id()
        _running[self._ident] = self
        _native_ids.add(native_id)
        _beginning.pop()
        try:
            self._target(*self._arguments)
        finally:
            _running.pop(self._ident, None)
            _ended_ids.append(native_id)
            _native_ids.discard(native_id)
            self._leave_list(self._ident)
            self._is_over.set()

    def _leave_list(self, ident: int) -> None:
        """Have `threading` find what it takes off its list, by the identity that it knows now; or nothing at all."""
        active: dict[int, Any] = getattr(threading, "_active", {})
        if self._listed is None:
            active.pop(ident, None)  # a stand-in, for whoever has asked in here for the current thread
        elif is_green() or ident not in active:
            active.pop(ident, None)
            active[threading.get_ident()] = self._listed


def _closed(waiting: "list[Lock]") -> "Lock":
    lock = Lock()
    lock.acquire()
    waiting.append(lock)
    return lock


def _acquire(lock: "Lock", timeout_s: float | None) -> bool:
    return lock.acquire(timeout=-1 if timeout_s is None else max(0.0, min(timeout_s, TIMEOUT_MAX_S)))


def _release_all(waiting: "list[Lock]") -> None:
    for lock in list(waiting):
        try:
            lock.release()
        except RuntimeError:  # released twice
            continue
