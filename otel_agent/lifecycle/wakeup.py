"""
A helper thread that hears of signals at once, whatever the main thread is doing.

A Python handler runs when the main thread gets to it, which may be minutes later. What runs at once is the interpreter's C code, which
writes the number of the signal to the wake-up descriptor. That is a pipe of ours while nobody else wants it (`wakeup_descriptor`); whoever
has it hears of signals instead, and we when the handler runs. `faulthandler` could tell of a signal as well. But it reads the frames of
the main thread while that changes them, and crashes the process once in some hundreds of signals.

Daemons close all descriptors, and the numbers of ours may be those of the agent's files afterwards. So before a descriptor is read,
written or closed it is looked whether it is still the pipe that was made; where it is not, there are new pipes. The one that C code
writes to has a high number, which nobody is given by chance.
"""

import fcntl
import os
import resource
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from otel_agent import guard, primitives
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.threads import begin_thread
from otel_agent.lifecycle.wakeup_descriptor import WakeupDescriptor

if TYPE_CHECKING:
    import ctypes
else:
    ctypes = late_module("ctypes")  # for agents that close all descriptors

__all__ = ["LOOK_S", "Wakeup"]

LOOK_S = 0.25
"""How often the helper looks around when it hears nothing, in seconds."""

_read: Callable[[int, int], bytes] = primitives.unpatched(os.name, "read")
_write: Callable[[int, bytes], int] = primitives.unpatched(os.name, "write")
_POLLIN: int = 1
_HIGHEST = 1024
"""Numbers from here on are too high for `select` and for tables of that size."""


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
        """Its ends for reading and for writing: what is written by hand."""
        self._signals: tuple[int, int] | None = None
        """The same for what C code writes: numbers of signals."""
        self._numbers: set[int] = set()
        self._descriptor = WakeupDescriptor()
        self._given_up: list[int] = []
        self._pending: object = None
        self._is_closed = False

    def start(self) -> None:
        """Begin to listen; safe twice."""
        if self._pipe is not None:
            return
        self._pipe = _open_pipe()
        begin_thread("signals", self._run)  # without one, signals are answered by the handler alone

    def watch(self, number: int) -> None:
        """
        Hear of a signal; call it after `start`, from the main thread, whenever a Python handler of it has been installed.

        Args:
            number: Number of the signal.
        """
        if self._pipe is None or self._is_closed or primitives.poll is None:
            return
        self._numbers.add(number)
        if self._signals is None:
            self._signals = _open_pipe(is_high=True)
            self.write(0)  # the helper has one more to listen to
        self._descriptor.take(self._signals[1])

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
        pipes = inherited._pipe, inherited._signals  # noqa: SLF001 - of this class
        inherited._pipe = inherited._signals = None  # noqa: SLF001 - of this class
        if pipes[0] is None:
            return
        self.start()
        inherited._descriptor.unwrap()  # noqa: SLF001 - of this class
        for number in inherited._numbers:  # noqa: SLF001 - of this class
            self.watch(number)
        for ends in pipes:
            for end in ends or ():
                _close(end)

    def close(self) -> None:
        """
        End; safe before `start`, twice, and after a fork.

        What C code writes to stays open where this is not the main thread: its number must not be given to somebody else's file.
        """
        if self._pipe is None or self._is_closed:
            return
        self._numbers.clear()
        signals, self._signals = self._signals, None
        if signals is not None and self._descriptor.release():
            _close(signals[1])
            self._given_up.append(signals[0])  # the helper may be waiting for it
        self.write(0)
        self._is_closed = True
        _close(self._pipe[1])

    def _run(self) -> None:
        try:
            self._listen()
        finally:
            if self._pipe is not None:
                self._given_up.append(self._pipe[0])
            self._close_given_up()

    def _listen(self) -> None:
        while not self._is_closed and self._pipe is not None:
            try:
                self._close_given_up()
                if not _is_ours(self._pipe[0]):
                    self._renew()
                ready = self._ready(self._pipe[0])
                if not ready:
                    with guard.guarded("lifecycle.signals", "the signal handlers could not be looked after"):
                        self._look()
                for descriptor in ready:
                    self._hear(descriptor)
            except OSError:  # closed: the process has forked or is ending
                return
            except Exception as error:  # noqa: BLE001 - top of a thread
                guard.shared.report("lifecycle.signals", "a signal could not be answered", error)

    def _close_given_up(self) -> None:
        while self._given_up:
            _close(self._given_up.pop())

    def _renew(self) -> None:
        """Have new pipes: the agent has closed those that there were, and may count on the numbers of what it opens next."""
        primitives.sleep(LOOK_S)
        self._pipe = _open_pipe()
        if self._signals is not None:
            self._signals = signals = _open_pipe(is_high=True)

            def take(_: object) -> int:
                if not self._is_closed:
                    self._descriptor.take(signals[1])
                return 0

            # In the main thread, and without a signal, whose number would be written to who knows what.
            self._pending = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(take)
            ctypes.pythonapi.Py_AddPendingCall(self._pending, None)

    def _ready(self, pipe: int) -> list[int]:
        """Descriptors of pipes with something to read."""
        poll = primitives.poll()
        poll.register(pipe, _POLLIN)
        if self._signals is not None:
            poll.register(self._signals[0], _POLLIN)
        return [descriptor for descriptor, _ in poll.poll(LOOK_S * 1e3)]

    def _hear(self, descriptor: int) -> None:
        if not _is_ours(descriptor):
            return
        is_by_hand = self._pipe is not None and descriptor == self._pipe[0]
        for byte in _read(descriptor, 65_536):
            if byte and (is_by_hand or byte in self._numbers):
                self._note(byte)


def _open_pipe(*, is_high: bool = False) -> tuple[int, int]:
    """A pipe; its end for writing does not block, and may have a number that nobody is given by chance."""
    near, far = os.pipe()
    if is_high:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        with suppress(OSError, ValueError):  # there is no such number
            least = (min(limit, _HIGHEST) if limit > 0 else _HIGHEST) * 3 // 4
            low, far = far, fcntl.fcntl(far, fcntl.F_DUPFD_CLOEXEC, least)
            os.close(low)
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
    is_ours = _is_ours(descriptor)
    _made.pop(descriptor, None)  # before: another thread may be given the number as soon as it is free
    if is_ours:
        with suppress(OSError):
            os.close(descriptor)
