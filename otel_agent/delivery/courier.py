"""
Carries requests to the receiver, and decides what becomes of each by what the receiver answers.

    delivered   counted; what the receiver left out is dropped as `rejected`
    refused     cut in halves and sent again, down to the one record that is refused alone: that is dropped as `rejected`
    later       kept, in memory or on the disk, and tried again after a wait that doubles
    held        kept likewise, and tried seldom, because somebody has to change something first

Whoever calls holds `lane.sending`.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from otel_agent.clock import Clock
from otel_agent.delivery.lane import MAX_REFUSALS, Lane
from otel_agent.delivery.outcomes import ExportOutcome, Sender, Verdict
from otel_agent.delivery.preparation import Payload
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.guard import shared

__all__ = ["EXIT", "REJECTED", "Backlog", "Courier", "SpoolInterface"]

REJECTED = "rejected"
"""Reason of what the receiver refused."""

EXIT = "exit"
"""Reason of what was still in memory at the end and could not be put on a disk."""

BACKLOG_SHARE = 0.3
"""Share of the time between two rounds that goes to what waits on the disk while there is live telemetry."""


JOURNAL_TURN_S = 1.0
"""A journal that is written faster than it is sent lets the other signals have their turn after this many seconds."""


TURN_PATIENCE_S = 0.3
"""So long the disk waits for observers, in seconds, when there is no room or no time any more."""


class Backlog(Protocol):
    """Requests read back from the disk, in one."""

    @property
    def body(self) -> bytes:
        """The bytes of one request."""
        ...

    @property
    def items(self) -> int:
        """How many items are in it."""
        ...


class SpoolInterface(Protocol):
    """What is needed of a spool; none of it raises."""

    def append(self, signal: str, body: bytes, items: int) -> bool:
        """Keep a request; answers whether it is kept."""
        ...

    def next(self, signal: str) -> Backlog | None:
        """What was kept first, without taking it off the disk."""
        ...

    def ack(self, backlog: Any) -> None:
        """Take it off the disk."""
        ...

    def release(self, backlog: Any) -> None:
        """Leave it on the disk."""
        ...

    def quarantine(self, signal: str, body: bytes, words: str) -> None:
        """Put a record apart that no receiver takes."""
        ...

    def is_journaling(self, signal: str) -> bool:
        """Whether everything of a signal goes this way."""
        ...


class Courier:
    """Sends for all lanes; has no state of its own but what has been said aloud, which `_lock` guards."""

    def __init__(
        self,
        sender: Sender | None,
        disk: SpoolInterface | None,
        settings: DeliverySettings,
        clock: Clock,
        quietly: Callable[[], AbstractContextManager[object]],
    ) -> None:
        """
        Know the way.

        Args:
            sender: Reaches the receiver; `None`: everything goes to the disk.
            disk: Keeps what cannot be sent.
            settings: Times and sizes.
            clock: Its monotonic face is read.
            quietly: Makes the context in which instrumented libraries make no spans.
        """
        self._sender = sender
        self._disk = disk
        self._settings = settings
        self._clock = clock
        self._quietly = quietly
        self._said: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def work(self, lane: Lane, end_s: float, *, is_awaited: bool = False) -> bool:
        """
        Send what waits now; what comes meanwhile is for the next round.

        Args:
            lane: Its `sending` is held by the caller.
            end_s: No attempt goes beyond this moment of the monotonic clock.
            is_awaited: Whether somebody waits for it: then our own waits between attempts do not count.

        Returns:
            Whether everything was sent.
        """
        if lane.intake.witnessed:
            with lane.intake.turn:
                lane.intake.show_witnessed()
        left = len(lane.intake.queue.items)
        is_open = self._is_open(lane, is_awaited=is_awaited)
        while True:
            left -= self._fill(lane, left)
            while is_open and not lane.is_idle():
                is_open = self._send_first(lane, end_s)
            if not is_open:
                self.store(lane)
            if left <= 0 or self._is_full(lane):
                break
        if is_open:
            is_open = self._send_backlog(lane, end_s, is_awaited=is_awaited)
        return is_open and lane.is_idle()

    def reinit_after_fork(self) -> None:
        """Make the lock anew in a forked child."""
        self._lock = threading.Lock()
        self._said = {}

    def store(self, lane: Lane) -> None:
        """
        Put requests that wait in memory onto the disk, as many as it takes.

        Args:
            lane: Whose.
        """
        while self._disk is not None and (payload := lane.pop()) is not None:
            if not self._keep(lane, payload):
                lane.put(payload, first=True)
                return

    def relieve(self, lane: Lane) -> bool:
        """
        Put a queue's oldest items onto the disk, past the receiver, because they come faster than they can be sent.

        Args:
            lane: Its `sending` may be held by somebody else.

        Returns:
            Whether the disk took them.
        """
        is_kept = True
        for payload in self._collected(lane):
            if not self._keep(lane, payload):
                lane.put(payload)
                is_kept = False
        return is_kept

    def spill(self, lane: Lane) -> None:
        """
        The end: everything in memory goes to the disk, also what is under way; without a disk it is given up.

        Args:
            lane: Need not be held.
        """
        for piece in lane.take_away():
            self._give_up(lane, piece)
        while (payload := lane.pop()) is not None:
            self._give_up(lane, payload)
        while True:
            for payload in self._collected(lane):
                self._give_up(lane, payload)
            if not lane.intake.queue.items:
                return

    def _collected(self, lane: Lane) -> list[Payload]:
        """Requests of a queue's oldest items, also while an observer keeps the `turn`: then it misses them."""
        intake = lane.intake
        if intake.turn.acquire(timeout=TURN_PATIENCE_S):
            try:
                return intake.collect(self._settings.batch)
            finally:
                intake.turn.release()
        return [*intake.take_over(), *intake.collect(self._settings.batch, is_shown=False)]

    def _give_up(self, lane: Lane, payload: Payload) -> None:
        if payload.backlog is not None:
            lane.ledger.spool(payload.items)
        elif not self._keep(lane, payload):
            lane.ledger.drop(payload.items, EXIT)

    def _keep(self, lane: Lane, payload: Payload) -> bool:
        if self._disk is None or not self._disk.append(lane.signal, payload.body, payload.items):
            return False
        lane.ledger.spool(payload.items)
        return True

    def _is_open(self, lane: Lane, *, is_awaited: bool) -> bool:
        if self._sender is None:
            return False
        now_s = self._clock.monotonic_s()
        return lane.may_ask(now_s) if is_awaited else lane.may_try(now_s)

    def _is_full(self, lane: Lane) -> bool:
        return lane.outbox_bytes >= self._settings.memory_bytes

    def _fill(self, lane: Lane, most: int) -> int:
        """Make requests of the queue's oldest items; how many were taken."""
        if most <= 0 or self._is_full(lane):
            return 0
        with lane.intake.turn:
            before = len(lane.intake.queue.items)
            for payload in lane.intake.collect(min(most, self._settings.batch)):
                lane.put(payload)
            # What was appended meanwhile makes the difference smaller, never larger.
            return max(1, before - len(lane.intake.queue.items))

    def _send_first(self, lane: Lane, end_s: float) -> bool:
        """Send the request that waits longest; whether the way is still open."""
        payload = lane.pop()
        if payload is None:
            return True
        left = self._deliver(lane, payload, end_s)
        if left is None:
            return False
        for piece in reversed(left):
            if lane.is_ending():
                self._give_up(lane, piece)
            else:
                lane.put(piece, first=True)
        return not left and not lane.is_ending()

    def _send_backlog(self, lane: Lane, end_s: float, *, is_awaited: bool) -> bool:
        disk = self._disk
        if disk is None or self._sender is None:
            return True
        is_shared = not is_awaited and not disk.is_journaling(lane.signal)
        pause_s = self._clock.monotonic_s() + (BACKLOG_SHARE * self._settings.delay_s if is_shared else JOURNAL_TURN_S)
        while not lane.is_ending() and (backlog := disk.next(lane.signal)) is not None:
            lane.ledger.unspool(backlog.items)
            payload = Payload(backlog.body, backlog.items, backlog)
            left = self._deliver(lane, payload, end_s)
            if left is None or (left and (left[0] is payload or lane.is_ending())):
                for piece in left or ():
                    lane.ledger.spool(piece.items)
                disk.release(backlog)
                return False
            # It was cut: what could not be sent is kept anew, so that the rest is not sent twice.
            for piece in reversed(left):
                piece.backlog = None
                lane.put(piece, first=True)
            self.store(lane)
            disk.ack(backlog)
            if left:
                return False
            if not is_awaited and self._clock.monotonic_s() >= pause_s:
                break
        return True

    def _deliver(self, lane: Lane, payload: Payload, end_s: float) -> list[Payload] | None:
        """Send a request, in pieces when it must be; the answer is what could not be sent, or `None` when it was taken away."""
        lane.load(payload)
        while (piece := lane.take_off()) is not None:
            timeout_s = min(self._settings.timeout_s, end_s - self._clock.monotonic_s())
            answer = self._send(lane.signal, piece.body, timeout_s) if timeout_s > 0 else None
            if not lane.land(piece):
                return None
            if answer is None:
                return [piece, *lane.unload()]
            if answer.verdict is Verdict.DELIVERED:
                self._delivered(lane, piece, answer)
            elif answer.verdict is Verdict.REFUSED and lane.refusals < MAX_REFUSALS:
                self._refused(lane, piece, answer)
            else:
                self._failed(lane, answer)
                return [piece, *lane.unload()]
        return []

    def _send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        if self._sender is None:
            return ExportOutcome(Verdict.HELD, "nowhere", "there is no receiver")
        try:
            with self._quietly():
                return self._sender.send(signal, body, timeout_s)
        except Exception as error:  # noqa: BLE001 - a sender of somebody else's may raise
            return ExportOutcome(Verdict.LATER, "sender", f"the sender failed ({type(error).__name__})")

    def _delivered(self, lane: Lane, piece: Payload, answer: ExportOutcome) -> None:
        rejected = min(answer.rejected, piece.items)
        if lane.signal == "metrics":
            rejected = 0  # counted in points there, in collections here
        lane.ledger.deliver(piece.items - rejected)
        lane.ledger.drop(rejected, REJECTED)
        if answer.rejected or answer.message:
            told = f": {answer.message}" if answer.message else ""
            shared.report(
                f"delivery.partial.{lane.signal}",
                f"the receiver took the {lane.signal} without {answer.rejected} of them{told}",
            )
        if lane.succeeded():
            self._recovered(lane)

    def _refused(self, lane: Lane, piece: Payload, answer: ExportOutcome) -> None:
        lane.refusals += 1
        try:
            halves = piece.halves(lane.signal)
        except ValueError:
            halves = None
        if halves is not None:
            lane.follow(*halves)
            return
        lane.ledger.drop(piece.items, REJECTED)
        if self._disk is not None:
            self._disk.quarantine(lane.signal, piece.body, answer.message)
        shared.report(
            f"delivery.rejected.{lane.signal}", f"one of the {lane.signal} was refused and dropped: {answer.message}"
        )

    def _failed(self, lane: Lane, answer: ExportOutcome) -> None:
        if answer.verdict is Verdict.REFUSED:
            answer = ExportOutcome(Verdict.HELD, answer.problem, f"{answer.message}, whatever is sent")
        lane.refusals = 0
        lane.failed(answer, self._clock.monotonic_s())
        kind = "delivery.unreachable" if answer.verdict is Verdict.LATER else f"delivery.{answer.problem}"
        with self._lock:
            self._said.setdefault(kind, set()).add(lane.signal)
        fate = "waits on the disk" if self._disk is not None else "waits in memory"
        shared.report(kind, f"telemetry {fate}: {answer.message}")

    def _recovered(self, lane: Lane) -> None:
        """Say that a trouble is over when it is over for the last signal that had it."""
        with self._lock:
            for signals in self._said.values():
                signals.discard(lane.signal)
            over = [kind for kind, signals in self._said.items() if not signals]
            for kind in over:
                del self._said[kind]
        where = self._sender.where(lane.signal) if self._sender is not None else ""
        for kind in over:
            shared.recovered(kind, f"telemetry is delivered again to {where}")
