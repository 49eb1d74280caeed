"""
The delivery engine: one for traces, metrics and logs.

    agent's threads ──► SignalQueue ──► Intake: observe, redact, encode ──► Lane ──► Courier ──► receiver
                            │ full                                            │ failed     ▲
                            └────────────────────────► spool ◄────────────────┘────────────┘ later, or by the next process

One thread, `otel-agent-delivery`, looks into the queues every fifth of a second, or at once while one is more than half full.
At a flush and at the end each signal has a short-lived thread of its own, so that all have the whole time. When the
interpreter starts no threads any more, the calling thread does the work.

Locks are taken in this order: `lane.sending`, `intake.turn`, `intake.door` or `lane.lock`, the ledger's. Nothing foreign is
called under the last three.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.accounting import Delivery, Ledger
from otel_agent.delivery.answers import Sender
from otel_agent.delivery.courier import Courier
from otel_agent.delivery.intake import Intake, Observer, Redact
from otel_agent.delivery.lane import Lane
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.settings import SIGNALS, DeliverySettings
from otel_agent.delivery.spool.frames import RECORD
from otel_agent.delivery.spool.spool import Spool
from otel_agent.guard import guarded, shared

__all__ = ["DeliveryEngine"]

NO_END_S = float("inf")
ADOPT_INTERVAL_S = 10.0
"""How often it is looked for what other processes left, in seconds."""

TEND_INTERVAL_S = 1.0
"""How much a power failure may cost, in seconds."""

_FORK_PATIENCE_S = 0.5
_SPILL_BASE_S = 0.1
_SPILL_ITEM_S = 6e-6
"""What encoding one item and writing it takes on a slow machine."""


class DeliveryEngine:
    """Takes what is put into its queues to a receiver, or to the disk; see the module."""

    def __init__(
        self,
        sender: Sender | None,
        *,
        spool: Spool | None = None,
        observers: Mapping[str, Sequence[Observer]] | None = None,
        redact: Redact | None = None,
        clock: Clock = SYSTEM,
        settings: DeliverySettings | None = None,
    ) -> None:
        """
        Build an engine; nothing runs before `start`, but the queues take items at once.

        Args:
            sender: Reaches the receiver. `None`: items go to the spool; without one they end with the observers, and count
                as delivered to them.
            spool: Keeps on the disk what cannot be sent; `None`: memory only.
            observers: By signal: called with each batch as it was taken from the queue, before redaction, on the delivery
                thread.
            redact: Called with a signal and items before they are encoded; answers with what may leave.
            clock: Its monotonic face rules waits between attempts.
            settings: Sizes and times.
        """
        self.settings = settings or DeliverySettings()
        self.queues = {signal: SignalQueue(self.settings.queue_limit(signal)) for signal in SIGNALS}
        self._sender = sender
        self._spool = spool
        self._clock = clock
        self._lanes = {
            signal: Lane(
                signal,
                Intake(
                    signal,
                    queue,
                    Ledger(),
                    observers=(observers or {}).get(signal, ()),
                    redact=redact,
                    request_bytes=self.settings.request_bytes,
                    is_kept=sender is not None or spool is not None,
                ),
                self.settings,
            )
            for signal, queue in self.queues.items()
        }
        self._courier = Courier(sender, spool, self.settings, clock, _quietly)
        self._adopt_at_s = self._tend_at_s = clock.monotonic_s()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._pid = os.getpid()
        self._held: list[threading.Lock] = []
        self._begin()
        if spool is not None:
            spool.on_loss(self._lost)
            for lane in self._lanes.values():
                self._connect(lane, spool)

    def start(self) -> None:
        """Begin to deliver; safe twice, and without effect after `close`."""
        if self._thread is None and not self._is_closed:
            self._run_thread()

    def flush(self, timeout_s: float) -> Delivery:
        """
        Send what was put in so far, and what waits on the disk.

        Args:
            timeout_s: When to come back at the latest, in seconds. It comes back earlier when the receiver cannot be reached.

        Returns:
            What became of everything since the start; true when the receiver has all of it.
        """
        end_s = self._clock.monotonic_s() + max(0.0, timeout_s)
        if not self._is_closed:
            self._adopt(end_s)
            self._each_lane(lambda lane: self._send(lane, end_s), end_s)
        return self._delivery()

    def close(self, timeout_s: float) -> Delivery:
        """
        Send what can be sent in time, put the rest onto the disk, and end; safe before `start`, and twice.

        Args:
            timeout_s: For all of it, in seconds.

        Returns:
            What became of everything since the start. Nothing is queued any more unless even the disk was too slow.
        """
        if self._is_closed:
            return self._delivery()
        self._is_closed = True
        end_s = self._clock.monotonic_s() + max(0.0, timeout_s)
        self._end.set()
        self._wake.set()
        self._adopt(end_s - timeout_s / 2)
        self._each_lane(lambda lane: self._finish(lane, end_s), end_s)
        if self._spool is not None:
            self._spool.close()
        if self._sender is not None:
            with guarded("delivery.close", "connections could not be closed"):
                self._sender.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(max(0.0, end_s - self._clock.monotonic_s()))
        return self._delivery()

    def status(self) -> dict[str, dict[str, Any]]:
        """
        Where everything is, by signal.

        Returns:
            "accepted", "queued", "delivered", "spooled" as numbers, "dropped" as numbers by reason; the first is the sum of
            the others.
        """
        return {signal: lane.intake.snapshot() for signal, lane in self._lanes.items()}

    def is_healthy(self) -> bool:
        """Whether telemetry gets through, as far as is known."""
        return self.trouble() is None

    def trouble(self) -> str | None:
        """What is wrong and what to do about it, in one sentence; `None` when nothing is."""
        for lane in self._lanes.values():
            trouble = lane.trouble
            if trouble is not None:
                return trouble.message or trouble.problem
        found: str | None = self._spool.trouble() if self._spool is not None else None
        return found

    def hold_for_fork(self) -> None:
        """Come to a rest before a fork, so that the child inherits nothing half done; waits half a second at most."""
        end_s = self._clock.monotonic_s() + _FORK_PATIENCE_S
        for lane in self._lanes.values():
            if lane.intake.turn.acquire(timeout=max(0.0, end_s - self._clock.monotonic_s())):
                self._held.append(lane.intake.turn)
        for part in (self._sender, self._spool):
            if part is not None:
                part.hold_for_fork()

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        for part in (self._spool, self._sender):
            if part is not None:
                part.go_on_after_fork()
        while self._held:
            self._held.pop().release()

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child: own thread, locks, connections; what the parent held stays the parent's. Safe twice."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._held = []
        for queue in self.queues.values():
            queue.reinit_after_fork()
        for lane in self._lanes.values():
            lane.intake.begin()
            lane.begin()
        for part in (self._sender, self._spool):
            if part is not None:
                part.reinit_after_fork()
        self._begin()
        if self._thread is not None and not self._is_closed:
            self._run_thread()

    def _begin(self) -> None:
        self._end = threading.Event()
        self._wake = threading.Event()
        self._relief = threading.Lock()

    def _connect(self, lane: Lane, spool: Spool) -> None:
        """Give a queue the disk: for everything when it is a journal, otherwise for what there is no room for."""
        queue = lane.intake.queue
        if spool.is_journaling(lane.signal):
            queue.divert(lambda item: _journal(lane, spool, item))
            return
        most = queue.capacity * 2

        def make_room(item: Any) -> bool:
            if len(queue.items) >= most or spool.trouble() is not None:
                return False
            queue.items.append(item)
            self._start_relief()
            return True

        queue.on_overflow(make_room)

    def _start_relief(self) -> None:
        """Empty crowded queues onto the disk while the delivery thread waits for an answer; one thread at a time."""
        if self._relief.acquire(blocking=False):
            try:
                threading.Thread(target=self._relieve, name="otel-agent-relief", daemon=True).start()
            except RuntimeError:
                self._relief.release()

    def _relieve(self) -> None:
        try:
            for lane in self._lanes.values():
                queue = lane.intake.queue
                with guarded("delivery.relief", "crowded queues could not be emptied onto the disk"):
                    while len(queue.items) * 2 > queue.capacity and self._courier.relieve(lane):
                        pass
        finally:
            self._relief.release()

    def _lost(self, signal: str, items: int, reason: str) -> None:
        ledger = self._lanes[signal].ledger
        ledger.unspool(items)
        ledger.drop(items, reason)

    def _adopt(self, end_s: float) -> None:
        """Take over what processes that are gone have left on the disk, until the time is over."""
        with guarded("spool.adopt", "what other processes left on the disk could not be taken over"):
            while self._spool is not None and (found := self._spool.adopt()):
                for signal, items in found:
                    self._lanes[signal].ledger.adopt(items)
                if self._clock.monotonic_s() >= end_s:
                    return

    def _run_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="otel-agent-delivery", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no threads here: a subinterpreter, or the end of this one
            shared.report("delivery.thread", "telemetry is sent at the end only: no thread could be started", error)
            return
        self._thread = thread

    def _run(self) -> None:
        end, wake = self._end, self._wake
        while not end.is_set():
            if not self._is_pressed():
                wake.wait(self.settings.delay_s)
                wake.clear()
            self._keep_house()
            for lane in self._lanes.values():
                with guarded(f"delivery.{lane.signal}", f"{lane.signal} could not be worked on this time"):
                    self._round(lane)

    def _keep_house(self) -> None:
        """See to the disk: now and then look for what others left, every second make it safe."""
        if self._spool is None:
            return
        now_s = self._clock.monotonic_s()
        if now_s >= self._adopt_at_s:
            self._adopt_at_s = now_s + ADOPT_INTERVAL_S
            self._adopt(now_s)
        if now_s >= self._tend_at_s:
            self._tend_at_s = now_s + TEND_INTERVAL_S
            with guarded("spool.tend", "the spool could not be looked after"):
                self._spool.tend()

    def _is_pressed(self) -> bool:
        """Whether a queue that can be emptied is more than half full."""
        return any(
            len(lane.intake.queue.items) * 2 > lane.intake.queue.capacity
            and lane.outbox_bytes < self.settings.memory_bytes
            for lane in self._lanes.values()
        )

    def _round(self, lane: Lane) -> None:
        if not self._end.is_set() and lane.sending.acquire(blocking=False):
            try:
                self._courier.work(lane, NO_END_S)
            finally:
                lane.sending.release()

    def _send(self, lane: Lane, end_s: float) -> None:
        if lane.sending.acquire(timeout=max(0.0, end_s - self._clock.monotonic_s())):
            try:
                self._try_until(lane, end_s)
            finally:
                lane.sending.release()

    def _finish(self, lane: Lane, end_s: float) -> None:
        """The end of one signal: send until just enough time is left to put the rest onto the disk."""
        left_s = max(0.0, end_s - self._clock.monotonic_s())
        reserve_s = min(left_s / 2, _SPILL_BASE_S + _SPILL_ITEM_S * len(lane.intake.queue.items))
        with guarded(f"delivery.{lane.signal}", f"{lane.signal} could not be sent at the end"):
            self._send(lane, end_s - reserve_s)
        self._shut(lane)
        self._courier.spill(lane)

    def _shut(self, lane: Lane) -> None:
        """What still comes is too late for the queue: the disk takes it, or it is counted as dropped."""
        queue, spool = lane.intake.queue, self._spool
        if spool is None:
            queue.close()
        else:
            queue.divert(lambda item: _journal(lane, spool, item))

    def _try_until(self, lane: Lane, end_s: float) -> None:
        """Send; where nothing but memory keeps what cannot be sent, try again until the time is over."""
        pause_s = 0.1
        while not self._courier.work(lane, end_s, is_awaited=True) and self._spool is None and self._sender is not None:
            now_s = self._clock.monotonic_s()
            if now_s + pause_s >= end_s or not lane.may_ask(now_s + pause_s):
                return
            threading.Event().wait(pause_s)
            pause_s = min(1.0, pause_s * 2)

    def _each_lane(self, action: Callable[[Lane], None], end_s: float) -> None:
        """Do something for all signals at once; comes back at the end of the time whether or not all is done."""
        threads = []
        for lane in self._lanes.values():
            thread = threading.Thread(target=action, args=(lane,), name=f"otel-agent-{lane.signal}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is ending and starts no thread any more
                with guarded(f"delivery.{lane.signal}", f"{lane.signal} could not be sent at the end"):
                    action(lane)
            else:
                threads.append(thread)
        for thread in threads:
            thread.join(max(0.0, end_s - self._clock.monotonic_s()))

    def _delivery(self) -> Delivery:
        by_signal = self.status()
        return Delivery(
            delivered=sum(each["delivered"] for each in by_signal.values()),
            spooled=sum(each["spooled"] for each in by_signal.values()),
            dropped=sum(sum(each["dropped"].values()) for each in by_signal.values()),
            queued=sum(each["queued"] for each in by_signal.values()),
            by_signal=by_signal,
        )


def _journal(lane: Lane, spool: Spool, item: Any) -> bool:
    """Put one item straight onto the disk."""
    return lane.intake.journal(item, lambda body: spool.append(lane.signal, body, 1, RECORD))


def _quietly() -> AbstractContextManager[object]:
    """A context in which instrumented libraries make no spans of what we do."""
    from opentelemetry.instrumentation.utils import suppress_instrumentation

    context: AbstractContextManager[object] = suppress_instrumentation()
    return context
