"""
Carries one signal's requests to the receiver, and decides what becomes of each by its export outcome.

    delivered   counted; what the receiver left out is dropped as `rejected`
    refused     cut in halves and sent again, down to the one record that is refused alone: that is dropped as `rejected`
    later       kept, in memory or on the disk, and tried again after a wait that doubles
    held        kept in the same way, and tried seldom, because somebody has to change something first

`sending` is held by whoever sends, so that one request of a signal is under way at a time. What goes to the disk (`relieve`,
`spill`, `journal`) does not wait for it.
"""

from typing import Any

from otel_agent import primitives
from otel_agent.clock import Clock
from otel_agent.delivery.accounting import EXIT, REJECTED
from otel_agent.delivery.intake import Intake
from otel_agent.delivery.outbox import Outbox
from otel_agent.delivery.outcomes import ExportOutcome, Sender, Verdict
from otel_agent.delivery.payloads import Payload
from otel_agent.delivery.retries import RetrySchedule
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.spool.frames import RECORD
from otel_agent.delivery.spool.spool import Spool
from otel_agent.delivery.trouble_reports import TroubleReports
from otel_agent.guard import shared
from otel_agent.suppression import suppressed_instrumentation

__all__ = ["Courier"]

BACKLOG_SHARE = 0.3
"""Share of the time between two rounds that goes to what waits on the disk while there is live telemetry."""

JOURNAL_ROUND_S = 1.0
"""A journal that is written faster than it is sent lets the other signals have their turn after this many seconds."""


class Courier:
    """
    Sends for one signal; see the module.

    Args:
        intake: Makes the requests, and has the account.
        sender: Reaches the receiver; `None`: everything goes to the disk.
        spool: The disk, which keeps what cannot be sent; `None`: memory only.
        settings: Times and sizes.
        clock: Its monotonic clock is read.
        reports: Where troubles are said, shared by all signals.
    """

    def __init__(
        self,
        intake: Intake,
        sender: Sender | None,
        spool: Spool | None,
        settings: DeliverySettings,
        clock: Clock,
        reports: TroubleReports,
    ) -> None:
        self.signal = intake.signal
        self.intake = intake
        self.account = intake.account
        self._sender = sender
        self._spool = spool
        self._settings = settings
        self._clock = clock
        self._reports = reports
        self._begin()

    def work(self, end_s: float, *, is_awaited: bool = False) -> bool:
        """
        Send what waits now; what comes meanwhile is for the next round. The caller holds `sending`.

        Args:
            end_s: No attempt goes beyond this moment of the monotonic clock.
            is_awaited: Whether somebody waits for it: then our own waits between attempts do not count.

        Returns:
            Whether everything was sent.
        """
        self.intake.show_journaled()
        left = self.intake.waiting()
        is_open = self._sender is not None and self.retries.is_due(self._clock.monotonic_s(), is_awaited=is_awaited)
        while True:
            left -= self._fill(left)
            while is_open and not self.outbox.is_empty():
                is_open = self._send_first(end_s)
            if not is_open:
                self._store()
            if left <= 0 or self.is_full() or self.outbox.is_closed or self._clock.monotonic_s() >= end_s:
                break
        if is_open:
            is_open = self._send_backlog(end_s, is_awaited=is_awaited)
        return is_open and self.outbox.is_empty()

    def is_full(self) -> bool:
        """Whether as many requests wait in memory as may."""
        return self.outbox.size_bytes >= self._settings.memory_bytes

    def is_busy(self) -> bool:
        """Whether there is anything to send, in the queue, in hand or on the disk."""
        return bool(self.intake.queue.items) or not self.outbox.is_empty() or not self.intake.is_clear()

    def relieve(self) -> bool:
        """
        Put the queue's oldest items onto the disk, past the receiver, because they come faster than they can be sent.

        Returns:
            Whether the disk took them.
        """
        unkept: list[Payload] = []

        def keep(payload: Payload) -> None:
            if not self._keep(payload):
                unkept.append(payload)
                self._put(payload)

        self.intake.collect_in_time(self._settings.batch, keep)
        return not unkept

    def journal(self, item: Any) -> bool:
        """
        Put one item straight onto the disk, on its producer's thread. Never raises.

        Args:
            item: A span or a log record.

        Returns:
            False when there is no room for it anywhere.
        """
        spool = self._spool
        return spool is not None and self.intake.journal(item, lambda body: spool.append(self.signal, body, 1, RECORD))

    def spill(self) -> None:
        """The end: everything in memory goes to the disk, also what is under way, and so does what still comes; or it is dropped."""
        if self._spool is None:
            self.intake.queue.close()
        else:
            self.intake.queue.divert(self.journal)
        for payload in self.outbox.close():
            self._give_up(payload)
        while True:
            self.intake.collect_in_time(self._settings.batch, self._give_up)
            if not self.intake.waiting():
                break
        if self._spool is not None:
            self._spool.sync(self.signal)

    def reinit_after_fork(self) -> None:
        """Start from nothing in a forked child."""
        self.intake.reinit_after_fork()
        self._begin()

    def _begin(self) -> None:
        self.sending = primitives.Lock()
        self.outbox = Outbox()
        self.retries = RetrySchedule(self._settings)

    def _fill(self, most: int) -> int:
        """Make requests of the queue's oldest items; how many were taken, at least 1 so that every loop ends."""
        if most <= 0 or self.is_full():
            return 0
        return max(1, self.intake.collect(min(most, self._settings.batch), self._put))

    def _put(self, payload: Payload, *, first: bool = False) -> None:
        """Let a request wait in memory; once the end has begun it goes to the disk instead."""
        if not self.outbox.put(payload, first=first):
            self._give_up(payload)

    def _store(self) -> None:
        """Put requests that wait in memory onto the disk, as many as it takes."""
        while self._spool is not None and (payload := self.outbox.pop()) is not None:
            if not self._keep(payload):
                self._put(payload, first=True)
                return

    def _keep(self, payload: Payload) -> bool:
        if self._spool is None or not self.account.spool(payload.items):
            return False
        if self._spool.append(self.signal, payload.body, payload.items):
            return True
        self.account.unspool(payload.items)
        return False

    def _give_up(self, payload: Payload) -> None:
        if payload.backlog is not None:
            self.account.stay_spooled(payload.items)
        elif not self._keep(payload):
            self.account.drop(payload.items, EXIT)

    def _send_first(self, end_s: float) -> bool:
        """Send the request that waits longest; whether the way is still open."""
        payload = self.outbox.pop()
        if payload is None:
            return True
        left = self._deliver(payload, end_s)
        if left is None:
            return False
        for piece in reversed(left):
            self._put(piece, first=True)
        return not left and not self.outbox.is_closed

    def _send_backlog(self, end_s: float, *, is_awaited: bool) -> bool:
        """Send what waits on the disk; whether the way is still open."""
        spool = self._spool
        if spool is None or self._sender is None:
            return True
        is_shared = not is_awaited and not spool.is_journaling(self.signal)
        pause_s = self._clock.monotonic_s() + (BACKLOG_SHARE * self._settings.delay_s if is_shared else JOURNAL_ROUND_S)
        while not self.outbox.is_closed and (backlog := spool.next(self.signal)) is not None:
            self.account.unspool(backlog.items)
            payload = Payload(backlog.body, backlog.items, backlog)
            left = self._deliver(payload, end_s)
            if left is None or (left and (left[0] is payload or self.outbox.is_closed)):
                for piece in left or ():
                    self.account.stay_spooled(piece.items)
                spool.release(backlog)
                return False
            # It was cut: what could not be sent is kept anew, so that the rest is not sent twice.
            for piece in reversed(left):
                piece.backlog = None
                self._put(piece, first=True)
            self._store()
            spool.ack(backlog)
            if left:
                return False
            if not is_awaited and self._clock.monotonic_s() >= pause_s:
                break
        return True

    def _deliver(self, payload: Payload, end_s: float) -> list[Payload] | None:
        """Send a request, in pieces when it must be; returns what could not be sent, or `None` when the end has taken it away."""
        outbox = self.outbox
        outbox.start(payload)
        pieces = 1
        while pieces:
            piece = outbox.current()
            if piece is None:
                return None
            timeout_s = min(self._settings.timeout_s, end_s - self._clock.monotonic_s())
            if timeout_s <= 0:
                return outbox.recall() or None
            outcome = self._send(piece.body, timeout_s)
            if outcome.verdict is Verdict.DELIVERED:
                if not outbox.settle(piece):
                    return None
                self._delivered(piece, outcome)
                pieces -= 1
            elif outcome.verdict is Verdict.REFUSED and self.retries.refused():
                halves = self._halves(piece)
                if not outbox.settle(piece, *halves):
                    return None
                if not halves:
                    self._rejected(piece, outcome)
                pieces += len(halves) - 1
            else:
                left = outbox.recall()
                if left:
                    self._failed(outcome)
                return left or None
        return []

    def _send(self, body: bytes, timeout_s: float) -> ExportOutcome:
        if self._sender is None:
            return ExportOutcome(Verdict.HELD, "nowhere", "there is no receiver")
        try:
            with suppressed_instrumentation():
                return self._sender.send(self.signal, body, timeout_s)
        except Exception as error:  # noqa: BLE001 - a sender of somebody else's may raise
            return ExportOutcome(Verdict.LATER, "sender", f"the sender failed ({type(error).__name__})")

    def _halves(self, piece: Payload) -> tuple[Payload, ...]:
        """A refused request in two, or nothing when it holds one record or is no request."""
        try:
            return piece.halves(self.signal) or ()
        except ValueError:
            return ()

    def _delivered(self, piece: Payload, outcome: ExportOutcome) -> None:
        rejected = min(outcome.rejected, piece.items)
        if self.signal == "metrics":
            rejected = 0  # counted in points there, in collections here
        self.account.deliver(piece.items - rejected)
        self.account.drop(rejected, REJECTED)
        if outcome.rejected or outcome.message:
            told = f": {outcome.message}" if outcome.message else ""
            shared.report(
                f"delivery.partial.{self.signal}",
                f"the receiver took the {self.signal} without {outcome.rejected} of them{told}",
            )
        if self.retries.succeeded() and self._sender is not None:
            self._reports.recovered(self.signal, self._sender.where(self.signal))

    def _rejected(self, piece: Payload, outcome: ExportOutcome) -> None:
        self.account.drop(piece.items, REJECTED)
        if self._spool is not None:
            self._spool.quarantine(self.signal, piece.body, outcome.message)
        shared.report(
            f"delivery.rejected.{self.signal}", f"one of the {self.signal} was refused and dropped: {outcome.message}"
        )

    def _failed(self, outcome: ExportOutcome) -> None:
        told = self.retries.failed(outcome, self._clock.monotonic_s())
        self._reports.failed(self.signal, told, has_disk=self._spool is not None)
