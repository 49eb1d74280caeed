"""
The delivery engine: one for traces, metrics and logs.

    agent's threads ──► SignalQueue ──► Intake: observe, redact, encode ──► Outbox ──► Courier ──► Sender ──► receiver
                            │ crowded                                                    │ failed     ▲
                            └────────────────────────► Spool ◄───────────────────────────┘────────────┘ later, or by the next process

All but the sender and the spool there is once for each signal; a courier has the others. `docs/explanation/how-a-span-travels.md` names
every holder in order.

One thread, `otel-agent-delivery`, looks into the queues every fifth of a second, or at once while one is more than half full.
At a flush and at the end each signal has a short-lived thread of its own, so that all have the whole time. When the
interpreter starts no threads any more, the calling thread does the work.

Locks are taken in this order: the courier's `sending`, the intake's order lock, the intake's take lock or the outbox's, the
account's, a tally's. Observers, redaction and the sender are called under the first two, and nothing foreign under the others.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.accounting import Delivery
from otel_agent.delivery.courier import Courier
from otel_agent.delivery.encoding import Redact
from otel_agent.delivery.intake import Intake, Observer, Select
from otel_agent.delivery.outcomes import Sender
from otel_agent.delivery.overflow import OverflowWorker
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.settings import SIGNALS, DeliverySettings
from otel_agent.delivery.spool.spool import Spool
from otel_agent.delivery.spool_upkeep import SpoolUpkeep
from otel_agent.delivery.trouble_reports import TroubleReports
from otel_agent.guard import guarded, shared, swallow
from otel_agent.lifecycle.tasks import Task
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["DeliveryEngine"]

NO_END_S = float("inf")

_FORK_PATIENCE_S = 0.5
_LOOK_S = 0.02
_SPILL_BASE_S = 0.3
_SPILL_ITEM_S = 1e-5
"""What encoding one item and writing it takes on a slow machine, in seconds."""
_SPILL_GRACE_S = 1.5
"""How long the disk is waited for beyond the end, in seconds: a machine that is overloaded must not cost data."""
_REDACTION_GRACE_S = 0.75
"""
How long redaction may go on beyond the end, in seconds. What is not redacted by then is dropped and counted, because nothing
leaves unredacted; what is redacted has the rest of the grace to reach the disk.
"""


class DeliveryEngine:
    """
    Takes what is put into its queues to a receiver, or to the disk; see the module.

    Nothing runs before `start`, but the queues take items at once.

    Args:
        sender: Reaches the receiver. `None`: items go to the spool; without one they end with the observers, and count as
            delivered to them.
        spool: Keeps on the disk what cannot be sent; `None`: memory only.
        observers: By signal: called with each batch as it was taken from the queue, before redaction, on the delivery thread.
        redact: Called with a signal and items before they are encoded; returns what may leave.
        select: Chooses which ended spans are sent; by default those with the sampled flag.
        clock: Its monotonic clock rules waits between attempts.
        settings: Sizes and times.
        queues: By signal: those that there are already; see `late_engine`.
    """

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
        self.settings = settings or DeliverySettings()
        self.queues = queues or {signal: SignalQueue(self.settings.queue_limit(signal)) for signal in SIGNALS}
        self._sender = sender
        self._spool = spool
        self._clock = clock
        self._reports = TroubleReports()
        self._couriers: dict[str, Courier] = {}
        is_end = sender is None and spool is None
        for signal, queue in self.queues.items():
            intake = Intake(
                signal,
                queue,
                observers=(observers or {}).get(signal, ()),
                redact=redact,
                request_bytes=self.settings.request_bytes,
                leads_to="nowhere" if signal in self.settings.unwanted else "observers" if is_end else "receiver",
                select=select if signal == "traces" else None,
                clock=clock,
            )
            self._couriers[signal] = Courier(intake, sender, spool, self.settings, clock, self._reports)
        self._upkeep: SpoolUpkeep | None = None
        self._overflow: OverflowWorker | None = None
        self._thread: primitives.Thread | None = None
        self._after_round: Callable[[], object] | None = None
        self._is_started = self._is_closed = False
        self._pid = os.getpid()
        self._begin()
        if spool is not None:
            self._connect(spool)
        elif queues is not None:
            for queue in queues.values():
                queue.on_overflow(None)

    def start(self) -> None:
        """Begin to deliver; safe twice, and without effect after `close`."""
        self._is_started = True
        if self._thread is None and not self._is_closed:
            self._run_thread()
            if self._overflow is not None:
                self._overflow.start()

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
            if self._thread is None and self._is_started:
                self._run_thread()  # none could be had before
            end_s = self._clock.monotonic_s() + timeout_s
            is_over = False
            while not is_over:
                if self._upkeep is not None:
                    self._upkeep.adopt(end_s)
                # What others left is taken over in parts when it is in many places; the next when this one is delivered.
                is_over = self._upkeep is None or not self._upkeep.is_crowded()
                busy = [courier for courier in self._couriers.values() if courier.is_busy()]
                self._each(busy, lambda courier: self._send(courier, end_s), end_s)
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
        self._redact_until(end_s + _REDACTION_GRACE_S)
        if self._upkeep is not None and timeout_s > 0:
            self._upkeep.adopt(now_s + timeout_s / 4)
        self._each(self._couriers.values(), lambda courier: self._finish(courier, end_s), end_s + _SPILL_GRACE_S)
        for courier in self._couriers.values():
            courier.intake.close()
        for part in (self._overflow, self._spool, self._sender):
            if part is not None:
                with guarded("delivery.close", "the way out could not be left in order"):
                    part.close()
        if self._thread is not None and not self._thread.is_current():
            self._thread.join(max(0.0, min(end_s - self._clock.monotonic_s(), 10 * _LOOK_S)))
        return self._delivery()

    def hurry(self) -> None:
        """Put everything onto the disk now, also what a `close` is still trying to send; returns at once. Safe twice."""
        if not self._is_hurried.is_set():
            self._is_hurried.set()
            self._redact_until(self._clock.monotonic_s() + _REDACTION_GRACE_S)
            Task("hurry", self._spill_all).start()

    def status(self) -> dict[str, dict[str, Any]]:
        """
        Where everything is, by signal.

        Returns:
            "accepted", "queued", "delivered", "spooled" as numbers, "dropped" as numbers by reason; the first is the sum of
            the others.
        """
        if self._upkeep is not None:
            self._upkeep.settle()
        return {signal: courier.intake.snapshot() for signal, courier in self._couriers.items()}

    def look_at_waiting(self, signal: str, look: Callable[[list[Any]], object], timeout_s: float) -> None:
        """
        Show what of a signal no observer has seen yet; see `Intake.look_at_waiting`.

        Args:
            signal: "traces", "metrics" or "logs".
            look: Called once, with everything that waits.
            timeout_s: How long whoever makes requests is waited for, in seconds.
        """
        self._couriers[signal].intake.look_at_waiting(look, timeout_s)

    def is_empty(self) -> bool:
        """Whether the receiver or the disk has everything."""
        return not any(courier.intake.snapshot()["queued"] for courier in self._couriers.values())

    def after_round(self, function: Callable[[], object]) -> None:
        """
        Have something looked at after each look into the queues.

        Args:
            function: Called on the delivery thread; must not block.
        """
        self._after_round = function

    def trouble(self) -> str | None:
        """What is wrong and what to do about it, in one sentence; `None` when nothing is."""
        for courier in self._couriers.values():
            trouble = courier.retries.trouble
            if trouble is not None:
                return trouble.message or trouble.problem
        return self._spool.trouble() if self._spool is not None else None

    def hold_for_fork(self) -> None:
        """Come to a rest before a fork, so that the child inherits nothing half done; waits half a second at most."""
        end_s = self._clock.monotonic_s() + _FORK_PATIENCE_S
        for courier in self._couriers.values():
            courier.intake.hold_for_fork(max(0.0, end_s - self._clock.monotonic_s()))
        for part in (self._sender, self._spool):
            if part is not None:
                part.hold_for_fork()

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        for part in (self._spool, self._sender):
            if part is not None:
                part.go_on_after_fork()
        for courier in self._couriers.values():
            courier.intake.go_on_after_fork()

    def reinit_after_fork(self) -> None:
        """
        Begin anew in a forked child: own threads, locks, connections; what the parent held stays the parent's. Safe twice.

        Also where the parent was ending: who has forked the child need not know of it yet.
        """
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        for part in (*self._couriers.values(), self._sender, self._spool, self._upkeep, self._reports):
            if part is not None:
                part.reinit_after_fork()
        self._begin()
        self._is_closed = False
        if self._overflow is not None:
            self._overflow.reinit_after_fork()
        if self._is_started:
            self._run_thread()
            if self._overflow is not None:
                self._overflow.start()

    def _begin(self) -> None:
        self._end = primitives.Event()
        self._is_hurried = primitives.Event()
        self._is_spilled = primitives.Event()

    def _connect(self, spool: Spool) -> None:
        """Give the queues the disk: for everything when it is a journal, otherwise for what there is no room for."""
        self._upkeep = SpoolUpkeep(
            spool, {signal: courier.account for signal, courier in self._couriers.items()}, self._clock
        )
        self._overflow = OverflowWorker(list(self._couriers.values()), lambda: spool.trouble() is None)
        for signal, courier in self._couriers.items():
            queue = self.queues[signal]
            if spool.is_journaling(signal):
                queue.divert(courier.journal)
            else:
                queue.on_overflow(self._overflow.hook(courier))

    def _run_thread(self) -> None:
        self._thread = begin_thread("delivery", self._run)

    def _run(self) -> None:
        end = self._end
        while not end.is_set():
            if not self._is_pressed():
                end.wait(self.settings.delay_s)
            try:
                if self._upkeep is not None and not end.is_set():
                    self._upkeep.look_after()
                for courier in self._couriers.values():
                    self._round(courier)
                if self._after_round is not None:
                    self._after_round()
            except BaseException as error:  # noqa: BLE001 - the top of the thread; even a sys.exit in a callback must not end it
                shared.report("delivery.thread", "telemetry could not be worked on this time", error)

    def _is_pressed(self) -> bool:
        """Whether a queue that can be emptied is more than half full."""
        return any(courier.intake.queue.is_crowded() and not courier.is_full() for courier in self._couriers.values())

    def _round(self, courier: Courier) -> None:
        if not self._end.is_set() and courier.sending.acquire(blocking=False):
            try:
                courier.work(NO_END_S)
            finally:
                courier.sending.release()

    def _send(self, courier: Courier, end_s: float) -> None:
        if courier.sending.acquire(timeout=max(0.0, end_s - self._clock.monotonic_s())):
            try:
                self._try_until(courier, end_s)
            finally:
                courier.sending.release()

    def _try_until(self, courier: Courier, end_s: float) -> None:
        """Send; where nothing but memory keeps what cannot be sent, try again until the time is over."""
        pause_s = 0.1
        is_worth_it = self._spool is None and self._sender is not None
        while not courier.work(end_s, is_awaited=True) and is_worth_it:
            next_s = self._clock.monotonic_s() + pause_s
            if next_s >= end_s or not courier.retries.is_due(next_s, is_awaited=True) or self._is_hurried.wait(pause_s):
                return
            pause_s = min(1.0, pause_s * 2)

    def _finish(self, courier: Courier, end_s: float) -> None:
        """The end of one signal: send until just enough time is left to put the rest onto the disk."""
        left_s = max(0.0, end_s - self._clock.monotonic_s())
        intake = courier.intake
        reserve_s = min(left_s / 2, _SPILL_BASE_S + _SPILL_ITEM_S * intake.waiting() + intake.work_s())
        with guarded(f"delivery.{courier.signal}", f"{courier.signal} could not be sent at the end"):
            self._send(courier, end_s - reserve_s)
        courier.spill()
        # Whoever else is making requests just now puts them onto the disk as well, and has the time for it.
        intake.settle(end_s + _SPILL_GRACE_S - self._clock.monotonic_s())

    def _redact_until(self, end_s: float) -> None:
        for courier in self._couriers.values():
            courier.intake.end_at(end_s)

    def _spill_all(self) -> None:
        for signal, courier in self._couriers.items():
            with guarded(f"delivery.{signal}", f"{signal} could not be put onto the disk"):
                courier.spill()
        self._is_spilled.set()

    def _each(self, couriers: Iterable[Courier], action: Callable[[Courier], None], end_s: float) -> None:
        """Do something for signals at once; comes back at the end of the time whether or not all is done."""
        tasks = []
        for courier in couriers:
            kind, message = f"delivery.{courier.signal}", f"{courier.signal} could not be sent"
            tasks.append(Task(courier.signal, partial(swallow, kind, message, partial(action, courier))).start())
        for task in tasks:
            while not task.is_done() and (left_s := end_s - self._clock.monotonic_s()) > 0:
                task.wait(min(left_s, _LOOK_S) if self._is_closed else left_s)
                if self._is_hurried.is_set():
                    self._is_spilled.wait(_SPILL_GRACE_S)
                    return

    def _delivery(self) -> Delivery:
        return Delivery.summed(self.status())
