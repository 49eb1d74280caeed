"""
A helper thread that hears of signals at once, whatever the main thread is doing.

A Python handler runs when the main thread gets to it, which may be minutes later. What runs at once is C code, and there are two
pieces of it in the interpreter that tell somebody. One is the wake-up descriptor, `set_wakeup_fd`: there is one in a process, event
loops want it, and Trio warns of whoever has it. So it is left alone. The other is `faulthandler`, which can write the stack of the main
thread to a pipe and then call the handler that was there before. There is a pipe for each signal; that something arrives is the news.

Daemons close all descriptors, and the numbers of ours may be those of the agent's files afterwards. So before a descriptor is read,
written or closed it is looked whether it is still the pipe that was made; where it is not, there are new pipes.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from otel_agent import guard, primitives
from otel_agent.lifecycle.threads import begin_thread

try:
    import faulthandler
except ImportError:  # a subinterpreter, where signals are nobody's business
    faulthandler = None  # type: ignore[assignment]

__all__ = ["LOOK_S", "Wakeup"]

LOOK_S = 0.25
"""How often the helper looks around when it hears nothing, in seconds."""

HEADING = b"Stack (most recent call first):"
"""Stands once in what `faulthandler` writes for one signal."""

_register: Any = getattr(faulthandler, "register", None)
_unregister: Any = getattr(faulthandler, "unregister", None)
_read: Callable[[int, int], bytes] = primitives.unpatched(os.name, "read")
_write: Callable[[int, bytes], int] = primitives.unpatched(os.name, "write")
_POLLIN: int = 1


class Wakeup:
    """
    Pipes, the thread at one end, signals at the other; nothing runs before `start`.

    Args:
        note: Called on the helper thread with every byte that is written, at least 1, and with the number of every signal that is watched.
        look: Called on the helper thread while it hears nothing.
    """

    def __init__(self, note: Callable[[int], object], look: Callable[[], object]) -> None:
        self._note = note
        self._look = look
        self._pipe: tuple[int, int] | None = None
        """Its ends for reading and for writing."""
        self._of_signals: dict[int, tuple[int, int]] = {}
        self._unwatched: list[int] = []
        self._tails: dict[int, bytes] = {}
        self._is_closed = False

    def start(self) -> None:
        """Begin to listen; safe twice."""
        if self._pipe is not None:
            return
        self._pipe = _open_pipe()
        begin_thread("signals", self._run)  # without one, signals are answered by the handler alone

    def watch(self, number: int) -> None:
        """
        Hear of a signal; call it whenever its Python handler has been installed, after `start`, from the main thread.

        Args:
            number: Number of the signal.
        """
        if self._pipe is None or self._is_closed or _register is None or primitives.poll is None:
            return
        if number not in self._of_signals:
            self._of_signals[number] = _open_pipe()
            self.write(0)  # the helper has one more to listen to
        _unregister(number)  # what a new Python handler has replaced
        _register(number, file=self._of_signals[number][1], all_threads=False, chain=True)

    def unwatch(self, number: int) -> bool:
        """
        Hear of a signal no longer. Safe twice.

        Args:
            number: Number of the signal.

        Returns:
            Whether it was watched, and the Python handler has to be installed anew.
        """
        ends = self._of_signals.pop(number, None)
        if ends is None:
            return False
        _unregister(number)
        _close(ends[1])
        self._unwatched.append(ends[0])  # the helper may be waiting for it
        self.write(0)
        return True

    def write(self, byte: int) -> None:
        """
        Tell the helper something; safe in a signal handler.

        Args:
            byte: A number from 1 to 255.
        """
        if self._pipe is not None and not self._is_closed and _is_ours(self._pipe[1]):
            with suppress(OSError):  # full: the helper has enough to read
                _write(self._pipe[1], bytes([byte]))

    def replace(self, inherited: "Wakeup") -> None:
        """
        Begin to listen in a forked child, instead of what it has inherited.

        Args:
            inherited: Its pipes are the parent's, and what is written to them is read there.
        """
        pipe, inherited._pipe = inherited._pipe, None  # noqa: SLF001 - of this class
        if pipe is None:
            return
        self.start()
        ends = [*pipe]
        for number, of_signal in inherited._of_signals.items():  # noqa: SLF001 - of this class
            # What stands before our handler stays; only where it writes to is new.
            self._of_signals[number] = _open_pipe()
            _register(number, file=self._of_signals[number][1], all_threads=False, chain=True)
            ends += of_signal
        self.write(0)
        for end in ends:
            _close(end)

    def close(self) -> None:
        """
        End; safe before `start`, twice, and after a fork.

        What is watched by then stays open for good: its number must not be given to somebody else's file.
        """
        if self._pipe is None or self._is_closed:
            return
        self.write(0)
        self._is_closed = True
        _close(self._pipe[1])

    def _run(self) -> None:
        try:
            self._listen()
        finally:
            if self._pipe is not None:
                self._unwatched.append(self._pipe[0])
            self._close_unwatched()

    def _listen(self) -> None:
        while not self._is_closed and self._pipe is not None:
            try:
                self._close_unwatched()
                if not _is_ours(self._pipe[0]):
                    self._renew()
                ready = self._ready(self._pipe[0])
                if not ready:
                    with guard.guarded("lifecycle.signals", "the signal handlers could not be looked after"):
                        self._look()
                for descriptor, number in ready:
                    self._hear(descriptor, number)
            except OSError:  # closed: the process has forked or is ending
                return
            except Exception as error:  # noqa: BLE001 - top of a thread
                guard.shared.report("lifecycle.signals", "a signal could not be answered", error)

    def _close_unwatched(self) -> None:
        while self._unwatched:
            descriptor = self._unwatched.pop()
            self._tails.pop(descriptor, None)
            _close(descriptor)

    def _renew(self) -> None:
        """Have new pipes: the agent has closed those that there were, and may count on the numbers of what it opens next."""
        primitives.sleep(LOOK_S)
        self._pipe = _open_pipe()
        for number in list(self._of_signals):
            self._of_signals[number] = _open_pipe()
            _register(number, file=self._of_signals[number][1], all_threads=False, chain=True)

    def _ready(self, pipe: int) -> list[tuple[int, int]]:
        """Pipes with something to read, and the signal of each; 0 for what is written by hand."""
        numbers = {pipe: 0} | {ends[0]: number for number, ends in list(self._of_signals.items())}
        poll = primitives.poll()
        for descriptor in numbers:
            poll.register(descriptor, _POLLIN)
        return [(descriptor, numbers[descriptor]) for descriptor, _ in poll.poll(LOOK_S * 1e3)]

    def _hear(self, descriptor: int, number: int) -> None:
        if not _is_ours(descriptor):
            return
        text = _read(descriptor, 65_536)
        if number == 0:
            for byte in text:
                if byte:
                    self._note(byte)
        else:
            text = self._tails.get(descriptor, b"") + text
            self._tails[descriptor] = text[1 - len(HEADING) :]
            for _ in range(text.count(HEADING)):
                self._note(number)


def _open_pipe() -> tuple[int, int]:
    near, far = os.pipe()
    os.set_blocking(far, False)
    _made[near], _made[far] = _identity(near), _identity(far)
    return near, far


_made: dict[int, tuple[int, int] | None] = {}
"""Device and inode of the pipes that were made and not closed, by descriptor."""


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_ours(descriptor: int) -> bool:
    made = _made.get(descriptor)
    return made is not None and made == _identity(descriptor)


def _close(descriptor: int) -> None:
    if _is_ours(descriptor):
        with suppress(OSError):
            os.close(descriptor)
    _made.pop(descriptor, None)
