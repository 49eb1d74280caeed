"""
SIGHUP asks a program that has no terminal to read its configuration again.

The signal once said that the line to the terminal was lost, and still says so where there is a terminal; a program without one
has long been asked by it to read its files again. The handler runs between any two instructions of the main thread, so it only
hands over to a thread that is there or is started without a lock.

Source: https://www.freedesktop.org/software/systemd/man/latest/daemon.html ("SIGHUP: reload the configuration files")
"""

import os
import signal
from collections.abc import Callable
from functools import partial

from otel_agent import guard, primitives
from otel_agent.lifecycle import idle_threads

__all__ = ["HANGUP", "ReloadSignal", "has_terminal"]

HANGUP: int | None = getattr(signal, "SIGHUP", None)
"""The signal; None on systems without it."""


def has_terminal() -> bool:
    """Whether the process has a terminal that it could lose."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True


class ReloadSignal:
    """
    Answers SIGHUP; nothing is installed before `install`.

    Args:
        reload: Called on a thread of ours for each signal; several may be called at once.
    """

    def __init__(self, reload: Callable[[], object]) -> None:
        self._reload = reload
        self._handler = self._handle  # one object: what is in place is recognised by identity

    def install(self) -> None:
        """Answer from now on, unless the agent answers or ignores the signal itself; only the main thread can. Safe twice."""
        if HANGUP is None or not primitives.is_main_thread():
            return
        if signal.getsignal(HANGUP) is signal.SIG_DFL:
            signal.signal(HANGUP, self._handler)

    def close(self) -> None:
        """Answer no longer. Safe twice."""
        if HANGUP is None or not primitives.is_main_thread():
            return
        if signal.getsignal(HANGUP) is self._handler:
            signal.signal(HANGUP, signal.SIG_DFL)

    def _handle(self, _number: int, _frame: object) -> None:
        run = partial(guard.swallow, "config.reload", "the configuration could not be read again", self._reload)
        if not idle_threads.shared.lend_spare(run):
            try:
                primitives.start_new_thread(run, ())  # not `Thread`, whose locks the interrupted main thread may hold
            except RuntimeError:
                return
