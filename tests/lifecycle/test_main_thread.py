"""Calls into the main thread, by a signal that nobody else uses."""

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest
from waiting import until

from otel_agent.lifecycle.main_thread import MainThreadCalls


class Called:
    """Remembers the threads it was called on."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def call(self, _number: int, frame: FrameType | None) -> None:
        assert frame is not None
        self.threads.append(threading.current_thread())


@pytest.fixture
def called() -> Called:
    """Not called yet."""
    return Called()


@pytest.fixture
def calls(called: Called) -> Iterator[MainThreadCalls]:
    """Installed, and taken back."""
    calls = MainThreadCalls(called.call)
    calls.install()
    yield calls
    calls.close()
    assert signal.SIG_DFL == signal.getsignal(signal.SIGURG)


def test_another_thread_has_something_called_in_the_main_thread(calls: MainThreadCalls, called: Called) -> None:
    """Between two of its instructions."""
    caller = threading.Thread(target=calls.call)
    caller.start()
    caller.join()

    assert until(lambda: called.threads)
    assert [threading.main_thread()] == called.threads


def test_a_call_reaches_a_main_thread_that_waits(calls: MainThreadCalls, called: Called) -> None:
    """The wait goes on after it."""
    done = threading.Event()

    def call_and_let_go() -> None:
        calls.call()
        until(lambda: called.threads)
        done.set()

    caller = threading.Thread(target=call_and_let_go)
    caller.start()

    assert done.wait(60)
    assert [threading.main_thread()] == called.threads
    caller.join()


def test_a_call_that_comes_soon_lets_the_main_thread_go_on_first(calls: MainThreadCalls, called: Called) -> None:
    """It may be asked for in a signal handler, and in the main thread itself."""
    assert calls.call_soon()
    assert until(lambda: called.threads)
    assert [threading.main_thread()] == called.threads


def test_what_is_not_installed_calls_nobody(called: Called) -> None:
    """Before `install` and after `close` there is nothing that would be called."""
    calls = MainThreadCalls(called.call)

    assert not calls.call_soon()
    calls.install()
    calls.close()
    calls.close()
    assert not calls.is_installed()
    assert not calls.call_soon()


def test_a_handler_of_the_agent_s_own_is_left_alone(called: Called) -> None:
    """Whoever uses the signal keeps it."""
    own = signal.signal(signal.SIGURG, signal.SIG_IGN)
    try:
        calls = MainThreadCalls(called.call)
        calls.install()
        calls.close()

        assert signal.SIG_IGN == signal.getsignal(signal.SIGURG)
        assert not calls.is_installed()
    finally:
        signal.signal(signal.SIGURG, own)
