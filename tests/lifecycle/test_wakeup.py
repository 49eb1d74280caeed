"""The helper thread that hears of signals."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
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


def test_descriptors_that_the_agent_has_closed_are_the_agent_s(
    wakeup: Wakeup, heard: list[int], tmp_path: Path
) -> None:
    """As daemons do: what it opens under their numbers is neither read, written nor closed, and bytes are heard by new ones."""
    before = wakeup._pipe
    assert before is not None
    (tmp_path / "file").write_text("of the agent")
    for descriptor in before:
        file = os.open(tmp_path / "file", os.O_RDWR)
        os.dup2(file, descriptor)
        os.close(file)
    until(lambda: wakeup._pipe, lambda present: present != before)
    wakeup.write(15)

    assert until(lambda: heard) == [15]
    assert [b"of the agent"] * 2 == [os.read(descriptor, 99) for descriptor in before]
    for descriptor in before:
        os.close(descriptor)


def ignore(_number: int, _frame: FrameType | None) -> None:
    """Content."""


@pytest.fixture
def handler() -> Iterator[None]:
    """A Python handler of SIGUSR1, in place for as long as a test runs."""
    previous = signal.signal(signal.SIGUSR1, ignore)
    yield
    signal.signal(signal.SIGUSR1, previous)


@pytest.mark.usefixtures("handler")
def test_a_signal_is_heard_by_its_number(wakeup: Wakeup, heard: list[int]) -> None:
    """Once for each time it comes, whatever the main thread is doing, and its handler runs as ever."""
    wakeup.watch(signal.SIGUSR1)
    for times in (1, 2, 3):
        os.kill(os.getpid(), signal.SIGUSR1)

        assert until(lambda times=times: len(heard) == times)  # type: ignore[misc]
    assert [signal.SIGUSR1] * 3 == heard


@pytest.mark.usefixtures("handler")
def test_what_is_not_watched_is_not_heard(wakeup: Wakeup, heard: list[int]) -> None:
    """The handler is the only one that hears of it."""
    wakeup.watch(signal.SIGUSR2)
    os.kill(os.getpid(), signal.SIGUSR1)
    wakeup.write(99)

    assert until(lambda: heard)
    assert [99] == heard


@pytest.mark.usefixtures("handler")
def test_a_signal_is_heard_whoever_has_installed_its_handler(wakeup: Wakeup, heard: list[int]) -> None:
    """As event loops do and undo."""
    wakeup.watch(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, ignore)
    os.kill(os.getpid(), signal.SIGUSR1)

    assert until(lambda: heard)
    assert [signal.SIGUSR1] == heard


@pytest.mark.usefixtures("handler")
def test_a_child_hears_of_its_own_signals(wakeup: Wakeup, heard: list[int]) -> None:
    """And its parent of none of them."""
    wakeup.watch(signal.SIGUSR1)
    pid = os.fork()
    if pid == 0:
        own: list[int] = []
        mine = Wakeup(own.append, lambda: None)
        mine.replace(wakeup)
        os.kill(os.getpid(), signal.SIGUSR1)
        os._exit(0 if until(lambda: own) == [signal.SIGUSR1] else 1)

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    wakeup.write(99)
    assert until(lambda: heard)
    assert [99] == heard


@pytest.mark.usefixtures("handler")
def test_the_wake_up_descriptor_is_left_to_whoever_wants_it(wakeup: Wakeup, heard: list[int]) -> None:
    """They find that nobody had it, and hear of signals until they give it up; then it is ours again."""
    theirs, ours = os.pipe()
    os.set_blocking(ours, False)
    wakeup.watch(signal.SIGUSR1)

    assert -1 == signal.set_wakeup_fd(ours)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert bytes([signal.SIGUSR1]) == os.read(theirs, 9)
    assert ours == signal.set_wakeup_fd(-1)
    assert -1 == signal.set_wakeup_fd(-1)
    os.kill(os.getpid(), signal.SIGUSR1)
    assert until(lambda: heard)
    assert [signal.SIGUSR1] == heard
    os.close(theirs)
    os.close(ours)


@pytest.mark.usefixtures("handler")
def test_who_has_the_descriptor_already_keeps_it(heard: list[int]) -> None:
    """An agent may be observed from within an event loop."""
    theirs, ours = os.pipe()
    os.set_blocking(ours, False)
    signal.set_wakeup_fd(ours)
    wakeup = Wakeup(heard.append, lambda: None)
    wakeup.start()
    wakeup.watch(signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
    wakeup.close()

    assert bytes([signal.SIGUSR1]) == os.read(theirs, 9)
    assert ours == signal.set_wakeup_fd(-1)
    os.close(theirs)
    os.close(ours)


def test_setting_the_descriptor_raises_what_it_did(wakeup: Wakeup) -> None:
    """Numbers that are none, and wrong arguments."""
    before = signal.set_wakeup_fd
    wakeup.watch(signal.SIGUSR1)

    assert before is not signal.set_wakeup_fd
    for arguments, error in (((10**6,), (OSError, ValueError)), (("x",), TypeError), ((), TypeError)):
        with pytest.raises(error):
            signal.set_wakeup_fd(*arguments)
    wakeup.close()
    assert before is signal.set_wakeup_fd


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
