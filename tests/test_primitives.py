"""Threads, locks and waits of ours."""

import _thread
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from types import FrameType
from typing import Any

import pytest
from waiting import until

from otel_agent import primitives

_place: ContextVar[str] = ContextVar("place", default="")


def test_what_is_bound_is_the_interpreters_own() -> None:
    """Where nobody has replaced anything, there is one module of each kind."""
    assert _thread.allocate_lock is primitives.Lock
    assert _thread.get_ident is primitives.get_ident
    assert time.sleep is primitives.sleep
    assert queue.SimpleQueue is primitives.SimpleQueue


def test_what_was_replaced_is_found_in_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module that everybody else uses stays as it was left."""

    def green(*_: object) -> None:
        """What a library puts in its place."""

    monkeypatch.setattr(_thread, "get_ident", green)
    found = primitives.unpatched("_thread", "get_ident")

    assert threading.get_ident() == found()
    assert green is vars(_thread)["get_ident"]


def test_a_name_that_a_module_does_not_have_is_nothing() -> None:
    """As `poll` on some systems."""
    assert primitives.unpatched("select", "no_such_wait") is None


def test_locks_that_are_taken_again_are_of_a_class_of_their_own() -> None:
    """Whoever looks for every lock of the class that `threading` uses finds none of ours."""
    lock: Any = primitives.RLock()

    assert not isinstance(lock, type(threading.RLock()))
    with lock, lock:
        assert lock.acquire(blocking=False)
        lock.release()


def test_an_event_lets_everybody_through_who_waits() -> None:
    """Now and later, until it is cleared."""
    event, through = primitives.Event(), primitives.SimpleQueue[bool]()
    threads = [primitives.Thread(lambda: through.put(event.wait(20)), "otel-agent-test") for _ in range(3)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(event._waiting) == 3)
    event.set()

    assert [True] * 3 == [through.get(timeout=20) for _ in threads]
    assert event.wait(0)
    event.clear()
    assert not event.wait(0.001)


def test_an_event_may_be_set_by_a_signal_handler_that_interrupts_its_waiter() -> None:
    """No lock is shared between the two."""
    event = primitives.Event()

    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        event.set()

    previous = signal.signal(signal.SIGALRM, on_alarm)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)

        assert event.wait(20)
    finally:
        signal.signal(signal.SIGALRM, previous)


def test_a_condition_tells_of_a_change() -> None:
    """To one who waits, or to all, and says when none came in time."""
    changed, seen = primitives.Condition(), list[int]()
    went_on: primitives.SimpleQueue[bool] = primitives.SimpleQueue()

    def wait() -> None:
        with changed:
            went_on.put(changed.wait_for(lambda: seen, 20))

    threads = [primitives.Thread(wait, "otel-agent-test") for _ in range(2)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(changed._waiting) == 2)
    with changed:
        changed.notify()  # nothing has changed for whoever hears of it, who waits again
    with changed:
        seen.append(1)
        changed.notify_all()

    assert [True, True] == [went_on.get(timeout=20) for _ in threads]
    with changed:
        assert not changed.wait_for(lambda: False, 0.001)


def test_a_thread_is_listed_and_named_and_begins_in_an_empty_context() -> None:
    """What its starter carries does not stay with it."""
    told: primitives.SimpleQueue[object] = primitives.SimpleQueue()
    go_on = primitives.Event()

    def work() -> None:
        told.put((threading.current_thread().name, _place.get()))
        primitives.rename_current("otel-agent-renamed")
        told.put(threading.current_thread().name)
        go_on.wait(20)

    token = _place.set("starter")
    thread = primitives.Thread(work, "otel-agent-test")
    thread.start()
    _place.reset(token)

    assert ("otel-agent-test", "") == told.get(timeout=20)
    assert "otel-agent-renamed" == told.get(timeout=20) == thread.name
    assert thread.is_alive()
    assert not thread.is_current()
    go_on.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_thread_that_cannot_be_started_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wanted it hears why."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    thread = primitives.Thread(print, "otel-agent-test")
    with pytest.raises(RuntimeError, match="can't start"):
        thread.start()

    assert not thread.is_alive()
    thread.join(0.01)


def test_threads_that_are_not_listed_work_as_well() -> None:
    """Those that run leave the list at once, end in silence, and leave no stand-in behind."""
    program = """
import threading
from otel_agent import primitives
go_on, names = primitives.Event(), []
def work():
    go_on.wait(20)
    names.append(threading.current_thread().name)
early = primitives.Thread(work, "otel-agent-early")
early.start()
primitives.unlist()
late = primitives.Thread(work, "otel-agent-late")
late.start()
print([thread.name for thread in threading.enumerate()])
go_on.set()
for thread in (early, late):
    thread.join(20)
while len(threading.enumerate()) > 1:
    primitives.sleep(0.001)
print(len(names))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (0, "['MainThread']\n2\n", "") == (done.returncode, done.stdout, done.stderr)


def test_the_main_thread_is_known() -> None:
    """Also in a child that another thread has forked, which becomes its main one."""
    told: primitives.SimpleQueue[object] = primitives.SimpleQueue()

    def work() -> None:
        told.put(primitives.is_main_thread())
        pid = os.fork()
        if pid == 0:
            os._exit(0 if primitives.is_main_thread() else 1)
        told.put(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)

    assert primitives.is_main_thread()
    assert (False, 0) == (told.get(timeout=20), told.get(timeout=20))
