"""
The delivery engine: one for traces, metrics and logs.

    agent's threads ──► SignalQueue ──► Intake: observe, redact, encode ──► Lane ──► Courier ──► receiver
                            │ crowded                                         │ failed     ▲
                            └────────────────────────► spool ◄────────────────┘────────────┘ later, or by the next process

One thread, `otel-agent-delivery`, looks into the queues every fifth of a second, or at once while one is more than half full.
At a flush and at the end each signal has a short-lived thread of its own, so that all have the whole time. When the
interpreter starts no threads any more, the calling thread does the work.

Locks are taken in this order: `lane.sending`, `intake.turn`, `intake.door` or `lane.lock`, the ledger's. Nothing foreign is
called under the last three.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.accounting import Delivery, SignalAccount
from otel_agent.delivery.courier import Courier
from otel_agent.delivery.intake import Intake, Observer, Select
from otel_agent.delivery.lane import Lane
from otel_agent.delivery.outcomes import Sender
from otel_agent.delivery.overflow import OverflowWorker
from otel_agent.delivery.preparation import Redact
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.settings import SIGNALS, DeliverySettings
from otel_agent.delivery.spool.frames import RECORD
from otel_agent.delivery.spool.spool import Spool
from otel_agent.delivery.spool_upkeep import SpoolUpkeep
from otel_agent.guard import guarded, shared, swallow
from otel_agent.late_imports import load
from otel_agent.lifecycle.idle_threads import is_the_end
from otel_agent.lifecycle.tasks import Task

__all__ = ["DeliveryEngine"]

NO_END_S = float("inf")

_FORK_PATIENCE_S = 0.5
_LOOK_S = 0.02
_SPILL_BASE_S = 0.3
_SPILL_ITEM_S = 1e-5
"""What encoding one item and writing it takes on a slow machine, in seconds."""
_SPILL_GRACE_S = 1.5
"""How long the disk is waited for beyond the end, in seconds: a machine that is overloaded must not cost data."""


class DeliveryEngine:
    """Takes what is put into its queues to a receiver, or to the disk; see the module."""

    def __init__(
        self,
        sender: Sender | None,
        *,
        spool: Spool | None = None,
        observers: Mapping[str, Sequence[Observer]] | None = None,
        redact: Redact | None = None,
        select: Select | None = None,
        clock: Clock = SYSTEM,
        settings: DeliverySettings | None = None,
        queues: Mapping[str, SignalQueue] | None = None,
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
            select: Chooses which ended spans are sent; by default those with the sampled flag.
            clock: Its monotonic face rules waits between attempts.
            settings: Sizes and times.
            queues: By signal: those that there are already; see `entrance`.
        """
        self.settings = settings or DeliverySettings()
        self.queues = queues or {signal: SignalQueue(self.settings.queue_limit(signal)) for signal in SIGNALS}
        self._sender = sender
        self._spool = spool
        self._clock = clock
        self._lanes = {
            signal: Lane(
                signal,
                Intake(
                    signal,
                    queue,
                    SignalAccount(),
                    observers=(observers or {}).get(signal, ()),
                    redact=redact,
                    request_bytes=self.settings.request_bytes,
                    is_kept=sender is not None or spool is not None,
                    select=select if signal == "traces" else None,
                ),
                self.settings,
            )
            for signal, queue in self.queues.items()
        }
        self._courier = Courier(sender, spool, self.settings, clock, _quietly)
        self._custody: SpoolUpkeep | None = None
        self._relief: OverflowWorker | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._pid = os.getpid()
        self._held: list[threading.Lock] = []
        self._begin()
        if spool is not None:
            self._connect(spool)
        elif queues is not None:
            for queue in queues.values():
                queue.on_overflow(None)

    def start(self) -> None:
        """Begin to deliver; safe twice, and without effect after `close`."""
        if self._thread is None and not self._is_closed:
            self._run_thread()
            if self._relief is not None:
                self._relief.start()

    def flush(self, timeout_s: float) -> Delivery:
        """
        Send what was put in so far, and what waits on the disk.

        Args:
            timeout_s: When to come back at the latest, in seconds; 0 only looks. It comes back earlier when the receiver
                cannot be reached.

        Returns:
            What became of everything since the start; true when the receiver has all of it.
        """
        if not self._is_closed and timeout_s > 0:
            end_s = self._clock.monotonic_s() + timeout_s
            is_over = False
            while not is_over:
                if self._custody is not None:
                    self._custody.adopt(end_s)
                # What others left is taken over in parts when it is in many places; the next when this one is delivered.
                is_over = self._custody is None or not self._custody.is_crowded()
                self._each_lane(
                    lambda lane: self._send(lane, end_s), end_s, [*filter(self._is_busy, self._lanes.values())]
                )
                is_over = is_over or not self._delivery() or self._clock.monotonic_s() >= end_s
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
        now_s = self._clock.monotonic_s()
        end_s = now_s + max(0.0, timeout_s)
        self._end.set()
        if self._custody is not None and timeout_s > 0:
            self._custody.adopt(now_s + timeout_s / 4)
        self._each_lane(lambda lane: self._finish(lane, end_s), end_s + _SPILL_GRACE_S)
        for part in (self._relief, self._spool, self._sender):
            if part is not None:
                with guarded("delivery.close", "the way out could not be left in order"):
                    part.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(max(0.0, min(end_s - self._clock.monotonic_s(), 10 * _LOOK_S)))
        return self._delivery()

    def hurry(self) -> None:
        """Put everything onto the disk now, also what a `close` is still trying to send; returns at once. Safe twice."""
        if not self._is_hurried.is_set():
            self._is_hurried.set()
            Task("hurry", self._spill_all).start()

    def status(self) -> dict[str, dict[str, Any]]:
        """
        Where everything is, by signal.

        Returns:
            "accepted", "queued", "delivered", "spooled" as numbers, "dropped" as numbers by reason; the first is the sum of
            the others.
        """
        if self._custody is not None:
            self._custody.settle()
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
        return self._spool.trouble() if self._spool is not None else None

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
        """Begin anew in a forked child: own threads, locks, connections; what the parent held stays the parent's. Safe twice."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._held = []
        for queue in self.queues.values():
            queue.reinit_after_fork()
        for lane in self._lanes.values():
            lane.intake.begin()
            lane.begin()
        for part in (self._sender, self._spool, self._custody, self._courier):
            if part is not None:
                part.reinit_after_fork()
        self._begin()
        if self._thread is not None and not self._is_closed:
            self._run_thread()
            if self._relief is not None:
                self._relief.reinit_after_fork()

    def _begin(self) -> None:
        self._end = threading.Event()
        self._is_hurried = threading.Event()
        self._is_spilled = threading.Event()

    def _connect(self, spool: Spool) -> None:
        """Give the queues the disk: for everything when it is a journal, otherwise for what there is no room for."""
        self._custody = SpoolUpkeep(spool, self._lanes, self._clock)
        self._relief = OverflowWorker(self._lanes, self._courier, lambda: spool.trouble() is None)
        for lane in self._lanes.values():
            if spool.is_journaling(lane.signal):
                lane.intake.queue.divert(_journal(lane, spool))
            else:
                lane.intake.queue.on_overflow(self._relief.door(lane))

    def _run_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="otel-agent-delivery", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no threads here: a subinterpreter, or the end of this one
            if not is_the_end(error):
                shared.report("delivery.thread", "telemetry is sent at the end only: no thread could be started", error)
            return
        self._thread = thread

    def _run(self) -> None:
        end = self._end
        while not end.is_set():
            if not self._is_pressed():
                end.wait(self.settings.delay_s)
            try:
                if self._custody is not None and not end.is_set():
                    self._custody.look_after()
                for lane in self._lanes.values():
                    self._round(lane)
            except BaseException as error:  # noqa: BLE001 - the top of the thread; even a sys.exit in a callback must not end it
                shared.report("delivery.thread", "telemetry could not be worked on this time", error)

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

    def _try_until(self, lane: Lane, end_s: float) -> None:
        """Send; where nothing but memory keeps what cannot be sent, try again until the time is over."""
        pause_s = 0.1
        is_worth_it = self._spool is None and self._sender is not None
        while not self._courier.work(lane, end_s, is_awaited=True) and is_worth_it:
            now_s = self._clock.monotonic_s()
            if now_s + pause_s >= end_s or not lane.may_ask(now_s + pause_s) or self._is_hurried.wait(pause_s):
                return
            pause_s = min(1.0, pause_s * 2)

    def _finish(self, lane: Lane, end_s: float) -> None:
        """The end of one signal: send until just enough time is left to put the rest onto the disk."""
        left_s = max(0.0, end_s - self._clock.monotonic_s())
        reserve_s = min(left_s / 2, _SPILL_BASE_S + _SPILL_ITEM_S * len(lane.intake.queue.items))
        with guarded(f"delivery.{lane.signal}", f"{lane.signal} could not be sent at the end"):
            self._send(lane, end_s - reserve_s)
        self._spill(lane)

    def _spill(self, lane: Lane) -> None:
        """Put what is left onto the disk; what still comes goes there too, or is counted as dropped."""
        if self._spool is None:
            lane.intake.queue.close()
        else:
            lane.intake.queue.divert(_journal(lane, self._spool))
        self._courier.spill(lane)
        if self._spool is not None:
            self._spool.sync(lane.signal)

    def _spill_all(self) -> None:
        for lane in self._lanes.values():
            with guarded(f"delivery.{lane.signal}", f"{lane.signal} could not be put onto the disk"):
                self._spill(lane)
        self._is_spilled.set()

    def _is_busy(self, lane: Lane) -> bool:
        """Whether there is anything to send, in the queue, in hand or on the disk."""
        return bool(lane.intake.queue.items) or not lane.is_idle() or not lane.intake.is_clear()

    def _each_lane(self, action: Callable[[Lane], None], end_s: float, lanes: Iterable[Lane] | None = None) -> None:
        """Do something for signals, all by default, at once; comes back at the end of the time whether or not all is done."""
        tasks = [
            Task(
                lane.signal,
                partial(swallow, f"delivery.{lane.signal}", f"{lane.signal} could not be sent", partial(action, lane)),
            ).start()
            for lane in (self._lanes.values() if lanes is None else lanes)
        ]
        for task in tasks:
            while not task.is_done() and (left_s := end_s - self._clock.monotonic_s()) > 0:
                task.wait(min(left_s, _LOOK_S) if self._is_closed else left_s)
                if self._is_hurried.is_set():
                    self._is_spilled.wait(_SPILL_GRACE_S)
                    return

    def _delivery(self) -> Delivery:
        by_signal = self.status()
        return Delivery(
            delivered=sum(each["delivered"] for each in by_signal.values()),
            spooled=sum(each["spooled"] for each in by_signal.values()),
            dropped=sum(sum(each["dropped"].values()) for each in by_signal.values()),
            queued=sum(each["queued"] for each in by_signal.values()),
            by_signal=by_signal,
        )


def _journal(lane: Lane, spool: Spool) -> Callable[[Any], bool]:
    """What puts one item straight onto the disk."""
    return lambda item: lane.intake.journal(item, lambda body: spool.append(lane.signal, body, 1, RECORD))


def _quietly() -> AbstractContextManager[object]:
    """A context in which instrumented libraries make no spans of what we do."""
    context: AbstractContextManager[object] = load("opentelemetry.instrumentation.utils").suppress_instrumentation()
    return context
