"""
Safe points: when a signal handler may stop the main thread for the end, and until when.

A handler runs between two instructions of the main thread, which may have been interrupted where it holds a lock that the end
needs: in code of ours, of OpenTelemetry, of `logging`, or while it starts a thread. So a handler that finds itself there returns:
the main thread goes on for a moment and is called back, until it stands in code of the agent's own, or waits. Only then does the
end begin, so that nothing comes after it. `lock_holders` says what such a place is, and `main_thread` calls back.
"""

from types import FrameType

from otel_agent.clock import monotonic_s
from otel_agent.lifecycle.lock_holders import may_hold_locks
from otel_agent.lifecycle.main_thread import MainThreadCalls
from otel_agent.lifecycle.tasks import Latch

__all__ = ["SAVED_S", "SETTLE_S", "MainThreadStop"]

TRIES = 10
"""A main thread that has not moved as often is waiting for something."""

PATIENCE_S = 0.5
"""How often it is let go on then, in seconds."""

SETTLE_S = 0.5
"""
How long the end waits for the main thread to reach a safe point, in seconds; longer than a module takes to be loaded.
C code may keep it for minutes.
"""

REACH_S = 0.1
"""How long the main thread has to be stopped once the data is safe, in seconds."""

SAVED_S = 2.1
"""How long a second signal waits at most for the data to be saved, in seconds; it takes some hundredths."""


class MainThreadStop:
    """
    Stops the main thread at a safe point until the end is over; one for each process and its end.

    `stop` runs in the main thread, everything else on the thread that makes the end. They share latches alone, because an
    interrupted main thread could keep any lock.

    Args:
        calls: Brings the main thread back to whoever calls `stop` again.
    """

    def __init__(self, calls: MainThreadCalls) -> None:
        self.pending: tuple[int, float] | None = None
        """Signal and last moment of a stop that was put off; whoever is called back takes it away and calls `stop` again."""
        self._calls = calls
        self._is_settled = Latch()
        self._is_reached = Latch()
        self._is_safe = Latch()
        self._place: tuple[int, int] | None = None
        self._tries = 0
        self._settle_at_s = 0.0

    def stop(self, number: int, end_s: float, frame: FrameType | None) -> bool:
        """
        Wait here until the end is over; unless the main thread may hold it up here, and is called back in a moment.

        Args:
            number: Signal that ends the process.
            end_s: Latest moment, on the monotonic clock.
            frame: Where the main thread was interrupted.

        Returns:
            Whether the end is over or its time is. False: `pending` says what was put off, and the main thread goes on.
        """
        if frame is not None and may_hold_locks(frame):
            now_s = monotonic_s()
            patience_s = min(PATIENCE_S, end_s - now_s) if self._is_waiting(frame, now_s) else 0
            if not self._is_safe.wait(patience_s) and now_s < end_s and self._put_off(number, end_s):
                return False
        self._is_settled.open()
        self._is_reached.open()
        self._is_safe.wait(end_s - monotonic_s())
        return True

    def wait_saved(self) -> None:
        """In the main thread: wait for what can be saved now, wherever this is; somebody is in a hurry."""
        self._is_reached.open()
        self._is_safe.wait(SAVED_S)

    def take_pending(self) -> tuple[int, float] | None:
        """What was put off, once."""
        pending, self.pending = self.pending, None
        return pending

    def wait_settled(self) -> None:
        """Before the end: wait until the main thread stands at a safe point, or has been let go on for long enough."""
        self._is_settled.wait(SETTLE_S)

    def settle(self) -> None:
        """Let the end begin wherever the main thread is; safe twice."""
        self._is_settled.open()

    def release(self) -> bool:
        """
        After the end: let the main thread go on, which ends the process.

        Returns:
            Whether it was stopped, or was within a moment. Otherwise it is deep in C code and does not know of the signal.
        """
        self._is_safe.open()
        return self._is_reached.wait(REACH_S)

    def _is_waiting(self, frame: FrameType, now_s: float) -> bool:
        """Whether the main thread does not move from where it is, or has been let go on for too long; then the end begins."""
        place = id(frame), frame.f_lasti
        self._tries = self._tries + 1 if place == self._place else 0
        if self._place is None:
            self._settle_at_s = now_s + SETTLE_S
        self._place = place
        if self._tries < TRIES and now_s < self._settle_at_s:
            return False
        self._is_settled.open()
        return True

    def _put_off(self, number: int, end_s: float) -> bool:
        self.pending = number, end_s  # before the call, which may come at once
        if not self._calls.call_soon():
            self.pending = None
        return self.pending is not None
