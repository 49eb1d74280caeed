"""
A helper thread that hears of signals at once, whatever the main thread is doing.

The interpreter's own C handler writes the number of every signal to one descriptor of the process, `set_wakeup_fd`. It is
taken only when nobody has it: event loops use it too, and then the Python handler's byte is all the helper gets.
"""

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from otel_agent import guard
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["LOOK_S", "Wakeup"]

LOOK_S = 1.0
"""How often the helper looks around when it hears nothing, in seconds."""

_NONE = -1


class Wakeup:
    """
    A pair of sockets, the thread at one end, signals at the other; nothing runs before `start`.

    Args:
        note: Called on the helper thread with every byte that arrives, at least 1.
        look: Called on the helper thread while it hears nothing.
    """

    def __init__(self, note: Callable[[int], object], look: Callable[[], object]) -> None:
        self._note = note
        self._look = look
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._is_closed = False

    def start(self) -> None:
        """Begin to listen; safe twice. Call it from the main thread."""
        if self._ends is not None:
            return
        near, far = socket.socketpair()
        near.settimeout(LOOK_S)
        far.setblocking(False)
        self._ends = near, far
        self.claim()
        begin_thread("signals", self._run, near)  # without one, signals are answered by the handler alone

    def claim(self) -> None:
        """Take the process's wake-up descriptor when nobody has it. Call it from the main thread."""
        if self._ends is None or self._is_closed:
            return
        ours = self._ends[1].fileno()
        with suppress(ValueError):
            theirs = signal.set_wakeup_fd(ours, warn_on_full_buffer=False)
            if theirs not in {_NONE, ours}:
                signal.set_wakeup_fd(theirs)

    def write(self, byte: int) -> None:
        """
        Tell the helper something; safe in a signal handler.

        Args:
            byte: A number from 1 to 255.
        """
        if self._ends is not None:
            with suppress(OSError):  # full: the helper has enough to read
                self._ends[1].send(bytes([byte]))

    def replace(self, inherited: "Wakeup") -> None:
        """
        Begin to listen in a forked child, instead of what it has inherited.

        Args:
            inherited: Its sockets are the parent's, and what is written to them is read there.
        """
        ends, inherited._ends = inherited._ends, None  # noqa: SLF001 - of this class
        if ends is None:
            return
        _give_back(ends[1].fileno())
        self.start()
        for end in ends:
            end.close()

    def close(self) -> None:
        """End; safe before `start`, twice, and after a fork. The descriptor is given back when called from the main thread."""
        if self._ends is None or self._is_closed:
            return
        self._is_closed = True
        with suppress(OSError):
            self._ends[1].send(b"\0")
        if threading.current_thread() is threading.main_thread():
            # From any other thread it stays open for good: its number must not be given to somebody else's file.
            _give_back(self._ends[1].fileno())
            self._ends[1].close()

    def _run(self, near: socket.socket) -> None:
        with near:
            self._listen(near)

    def _listen(self, near: socket.socket) -> None:
        while not self._is_closed:
            try:
                for byte in near.recv(256):
                    if byte:
                        self._note(byte)
            except TimeoutError:
                with guard.guarded("lifecycle.signals", "the signal handlers could not be looked after"):
                    self._look()
            except OSError:  # closed: the process has forked or is ending
                return
            except Exception as error:  # noqa: BLE001 - top of a thread
                guard.shared.report("lifecycle.signals", "a signal could not be answered", error)


def _give_back(ours: int) -> None:
    with suppress(ValueError):  # a subinterpreter, or not the main thread
        theirs = signal.set_wakeup_fd(_NONE)
        if theirs != ours:
            signal.set_wakeup_fd(theirs)
