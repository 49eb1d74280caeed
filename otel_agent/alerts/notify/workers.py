"""
Workers that send notifications: one thread for each receiver, so that one that hangs keeps nobody else waiting.

The queue is bounded: when it is full the oldest message that is not critical goes, counted. A message that fails is tried
again after pauses that grow, with chance in them; after some failures in a row the receiver is left alone for a while.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from otel_agent import guard, primitives
from otel_agent.alerts.notify.acknowledgement import Acknowledgement
from otel_agent.alerts.notify.boundary import NotificationBoundary
from otel_agent.alerts.notify.notification import Notification, Receiver
from otel_agent.clock import SYSTEM, Clock
from otel_agent.lifecycle.tasks import Task
from otel_agent.lifecycle.threads import begin_thread, with_signals

__all__ = ["ReceiverWorker"]

QUEUE_LIMIT = 1000
"""Messages of one receiver that wait at most."""
ATTEMPTS = 4
"""How often a message is tried."""
PAUSE_S, PAUSE_LIMIT_S = 1.0, 30.0
"""First pause between two attempts, and the longest, in seconds."""
BREAK_AFTER, BREAK_S = 8, 60.0
"""Failures in a row after which the receiver is left alone, and how long, in seconds."""


@dataclass(frozen=True, eq=False)
class _PendingCall:
    """A call of a receiver that waits."""

    function: Callable[[], object]
    """Makes the call."""
    is_critical: bool
    """Whether it goes last when the queue is full."""


class ReceiverWorker:
    """
    Sends messages to one receiver, in order.

    Thread-safe. `_changed` guards the queue and the counters; the receiver is never called while it is held.

    Args:
        receiver: The receiver.
        boundary: What the receiver is told has passed it.
        limit: Messages that wait at most.
        clock: Times the end.
        pause_s: First pause between two attempts, in seconds.
    """

    def __init__(
        self,
        receiver: Receiver,
        boundary: NotificationBoundary | None = None,
        *,
        limit: int = QUEUE_LIMIT,
        clock: Clock = SYSTEM,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.receiver = receiver
        self._boundary = boundary or NotificationBoundary()
        self._limit = limit
        self._clock = clock
        self._pause_s = pause_s
        self._changed = primitives.Condition()
        self._queue: deque[_PendingCall] = deque()
        self._thread: primitives.Thread | None = None
        self._name = f"notify-{receiver.name}"
        self._is_beginning = self._is_closing = False
        self._is_busy = False
        self._failures_in_a_row = 0
        self.sent_count = 0
        self.failed_count = 0
        self.dropped_count = 0
        self.attempt_failed_count = 0

    def offer(self, notification: Notification) -> None:
        """
        Queue a message. Never blocks.

        Args:
            notification: The notification.
        """
        self._call(partial(self._tell, notification), is_critical=notification.severity == "critical")

    def silence(self, acknowledgement: Acknowledgement) -> None:
        """
        Queue an acknowledgement for a receiver that keeps silences itself; others hear nothing. Never blocks.

        Args:
            acknowledgement: Who takes care of what.
        """
        silence = getattr(self.receiver, "silence", None)
        if silence is not None:
            self._call(lambda: silence(self._boundary.acknowledgement(acknowledgement)))

    def _tell(self, notification: Notification) -> None:
        told = self._boundary.notification(notification)
        with_signals(lambda: self.receiver.send(told))

    def _call(self, function: Callable[[], object], *, is_critical: bool = True) -> None:
        """
        Queue something else that the receiver has to do, with the same bounds and attempts.

        Args:
            function: Called in the receiver's thread; failed when it raises.
            is_critical: Whether it goes last when the queue is full.
        """
        with self._changed:
            if len(self._queue) >= self._limit:
                self._make_room()
            self._queue.append(_PendingCall(function, is_critical))
            begins = self._thread is None and not self._is_closing and not self._is_beginning
            self._is_beginning = self._is_beginning or begins
            self._changed.notify()
        if begins:
            thread = begin_thread(self._name, self._run)
            with self._changed:
                # None: by the next message, or by `close`.
                self._thread, self._is_beginning = thread, False

    def _make_room(self) -> None:
        victim = next((pending for pending in self._queue if not pending.is_critical), self._queue[0])
        self._queue.remove(victim)
        self.dropped_count += 1

    def close(self, timeout_s: float) -> None:
        """
        Send what waits, within a deadline, then stop.

        Args:
            timeout_s: Longest time to wait, in seconds.
        """
        deadline_s = self._clock.monotonic_s() + timeout_s
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
            thread, is_late = self._thread, self._thread is None and bool(self._queue)
        if is_late:
            Task(self._name, self._run).start().wait(timeout_s)
        elif thread is not None and not thread.is_current():
            thread.join(max(0.0, deadline_s - self._clock.monotonic_s()))

    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is being sent."""
        with self._changed:
            return not self._queue and not self._is_busy

    def counts(self) -> dict[str, int]:
        """Messages that wait, and those sent, failed and dropped since the start."""
        with self._changed:
            return {
                "queued": len(self._queue),
                "sent": self.sent_count,
                "failed": self.failed_count,
                "dropped": self.dropped_count,
            }

    def _run(self) -> None:
        while (pending := self._next()) is not None:
            is_sent = False
            with guard.guarded("alerts.notify", f"the receiver {self.receiver.name!r} could not be served"):
                is_sent = self._send(pending)
            with self._changed:
                self._is_busy = False
                self.sent_count += is_sent
                self.failed_count += not is_sent

    def _next(self) -> _PendingCall | None:
        with self._changed:
            while not self._queue:
                if self._is_closing:
                    return None
                self._changed.wait()
            self._is_busy = True
            return self._queue.popleft()

    def _send(self, pending: _PendingCall) -> bool:
        for attempt in range(ATTEMPTS):
            if self._failures_in_a_row >= BREAK_AFTER and not self._pause(BREAK_S):
                return False
            try:
                pending.function()
            except Exception as error:  # noqa: BLE001 - a receiver is foreign code; whatever it raises is a failed attempt
                self._failures_in_a_row += 1
                self.attempt_failed_count += 1
                guard.shared.report(
                    f"alerts.notify.{self.receiver.name}",
                    f"the receiver {self.receiver.name!r} could not be told",
                    error,
                )
                pause_s = min(PAUSE_LIMIT_S, self._pause_s * 2**attempt) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries
                if attempt == ATTEMPTS - 1 or not self._pause(pause_s):
                    return False
            else:
                self._failures_in_a_row = 0
                guard.shared.recovered(
                    f"alerts.notify.{self.receiver.name}", f"the receiver {self.receiver.name!r} is told again"
                )
                return True
        return False

    def _pause(self, seconds: float) -> bool:
        """Wait; false when the worker is closed meanwhile."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._is_closing, seconds)
