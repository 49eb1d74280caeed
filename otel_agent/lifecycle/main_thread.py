"""
Calls into the main thread: only there may signal handlers be installed, and only there do they run.

SIGURG brings it, also out of a wait: nothing else uses that signal, and its default is to be ignored. Go's runtime uses it for the
same reason.
"""

import signal
from collections.abc import Callable
from types import FrameType

from otel_agent import primitives
from otel_agent.lifecycle import idle_threads

__all__ = ["MainThreadCalls"]

PAUSE_S = 0.002
"""How long `call_soon` lets the main thread go on, in seconds; what it does under a lock takes some millionths."""

_CALL: int | None = getattr(signal, "SIGURG", None)
"""The signal; None on systems without it."""


class MainThreadCalls:
    """
    Has one function called in the main thread, between any two instructions of it.

    Args:
        function: Called with the signal's number and the frame that was interrupted.
    """

    def __init__(self, function: Callable[[int, FrameType | None], object]) -> None:
        self._function = function  # one object: what is in place is recognised by identity
        self._ident: int | None = None

    def install(self) -> None:
        """Take the signal, unless the agent has a use for it. Call it from the main thread."""
        if _CALL is not None and signal.getsignal(_CALL) is signal.SIG_DFL:
            signal.signal(_CALL, self._function)
        self._ident = primitives.get_ident()

    def reinit_after_fork(self) -> None:
        """In a forked child the thread that has forked is the main one."""
        if self._ident is not None:
            self._ident = primitives.get_ident()

    def is_installed(self) -> bool:
        """Whether `call` reaches the function."""
        return _CALL is not None and signal.getsignal(_CALL) is self._function

    def close(self) -> None:
        """Give the signal back; safe before `install` and twice. Call it from the main thread."""
        if _CALL is not None and self.is_installed():
            signal.signal(_CALL, signal.SIG_DFL)

    def call(self) -> None:
        """Call now; does nothing before `install`."""
        if _CALL is not None and self._ident is not None:
            signal.pthread_kill(self._ident, _CALL)

    def call_soon(self) -> bool:
        """
        Call when the main thread has gone on for a moment; safe in a signal handler.

        Returns:
            Whether it will be called: there is a thread to do it, and the signal is still ours.
        """
        if not self.is_installed():
            return False
        try:
            primitives.start_new_thread(self._call_after_pause, ())  # not `Thread`, whose locks may be what is missing
        except RuntimeError:
            return idle_threads.shared.lend(self._call_after_pause)
        return True

    def _call_after_pause(self) -> None:
        primitives.sleep(PAUSE_S)
        self.call()
