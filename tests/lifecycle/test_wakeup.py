"""The helper thread that hears of signals."""

import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest
from waiting import until

from otel_agent.lifecycle.wakeup import Wakeup


@pytest.fixture
def heard() -> list[int]:
    """Bytes that arrived."""
    return []


@pytest.fixture
def wakeup(heard: list[int]) -> Iterator[Wakeup]:
    """Listening, and closed at the end."""
    wakeup = Wakeup(heard.append, lambda: None)
    wakeup.start()
    yield wakeup
    wakeup.close()
    assert -1 == signal.set_wakeup_fd(-1)


def test_bytes_that_are_written_are_heard_in_order(wakeup: Wakeup, heard: list[int]) -> None:
    """On another thread than the one that writes."""
    wakeup.write(15)
    wakeup.write(1)

    assert until(lambda: heard, lambda heard: len(heard) == 2)
    assert [15, 1] == heard


def test_a_signal_is_heard_by_its_number(wakeup: Wakeup, heard: list[int]) -> None:
    """The interpreter writes it, whatever the main thread is doing."""

    def ignore(_number: int, _frame: FrameType | None) -> None:
        """Content."""

    previous = signal.signal(signal.SIGUSR1, ignore)
    try:
        os.kill(os.getpid(), signal.SIGUSR1)

        assert until(lambda: heard)
        assert [signal.SIGUSR1] == heard
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_who_has_the_descriptor_keeps_it(heard: list[int]) -> None:
    """An event loop's is left in place; what is written by hand is heard all the same."""
    theirs, ours = os.pipe()
    os.set_blocking(ours, False)
    signal.set_wakeup_fd(ours)
    wakeup = Wakeup(heard.append, lambda: None)
    wakeup.start()
    wakeup.write(15)

    assert until(lambda: heard)
    wakeup.close()
    assert ours == signal.set_wakeup_fd(-1)
    os.close(theirs)
    os.close(ours)


def test_the_helper_looks_around_while_it_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that fails is not its last one."""
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        raise ValueError("a handler is odd")

    monkeypatch.setattr("otel_agent.lifecycle.wakeup.LOOK_S", 0.01)
    wakeup = Wakeup(lambda _: None, look)
    wakeup.start()

    assert until(lambda: len(looks) > 1)
    wakeup.close()


def test_closing_is_safe_before_the_start_and_twice(heard: list[int]) -> None:
    """What is written then goes nowhere."""
    wakeup = Wakeup(heard.append, lambda: None)
    wakeup.close()
    wakeup.write(15)

    assert [] == heard
    assert -1 == signal.set_wakeup_fd(-1)
