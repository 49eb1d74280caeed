"""Waiting for others without ever sharing a lock with them."""

import os
import signal
import threading
from types import FrameType

import pytest

from otel_agent.clock import monotonic_s
from otel_agent.lifecycle import idle_threads
from otel_agent.lifecycle.idle_threads import IdleThreads
from otel_agent.lifecycle.tasks import Latch, Task


def _refuse(thread: threading.Thread) -> None:
    raise RuntimeError("can't create new thread at interpreter shutdown")


def test_a_latch_opens_once_for_everybody_now_and_later() -> None:
    """Opening is safe twice."""
    latch = Latch()
    through: list[bool] = []
    threads = [threading.Thread(target=lambda: through.append(latch.wait(20))) for _ in range(5)]
    for thread in threads:
        thread.start()

    assert not latch.wait(0)
    assert not latch.wait(0.01)

    latch.open()
    latch.open()
    for thread in threads:
        thread.join(20)

    assert [True] * 5 == through
    assert latch.wait(0)


def test_a_latch_can_be_waited_for_inside_a_handler_that_interrupted_its_waiter() -> None:
    """Neither waiter holds what the other needs."""
    latch, inner = Latch(), Latch()
    seen: list[bool] = []

    def handler(number: int, frame: FrameType | None) -> None:
        threading.Timer(0.05, inner.open).start()
        seen.append(inner.wait(20))
        threading.Timer(0.05, latch.open).start()

    previous = signal.signal(signal.SIGUSR1, handler)
    try:
        threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR1]).start()
        seen.append(latch.wait(20))
    finally:
        signal.signal(signal.SIGUSR1, previous)

    assert [True, True] == seen


def test_a_task_keeps_what_its_call_raised() -> None:
    """SystemExit too: somebody waits for it."""

    def leave() -> None:
        raise SystemExit(3)

    then: list[str] = []
    task = Task("test", leave).start(lambda: then.append("then"))

    assert task.wait(20)
    assert task.is_done()
    assert isinstance(task.error, SystemExit)


def test_a_task_that_hangs_is_waited_for_no_longer_than_wanted() -> None:
    """And the caller goes on."""
    forever = threading.Event()
    task = Task("test", forever.wait).start()
    began_s = monotonic_s()

    assert not task.wait(0.05)
    assert monotonic_s() - began_s < 10
    assert not task.is_done()
    forever.set()


def test_where_no_thread_can_be_had_the_call_is_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As while the interpreter ends: what must be saved is saved by whoever asks for it."""
    monkeypatch.setattr(threading.Thread, "start", _refuse)
    monkeypatch.setattr(idle_threads, "shared", IdleThreads(0))
    callers: list[int] = []
    task = Task("test", lambda: callers.append(threading.get_ident())).start()

    assert task.is_done()
    assert [threading.get_ident()] == callers


def test_a_thread_kept_ready_makes_the_call_where_none_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what hangs at the end is not waited for."""
    ready, owner, forever = IdleThreads(1), Latch(), threading.Event()
    ready.keep(owner)
    monkeypatch.setattr(threading.Thread, "start", _refuse)
    monkeypatch.setattr(idle_threads, "shared", ready)

    assert not Task("test", forever.wait).start().wait(0.05)
    forever.set()
