"""
From the queue to requests: take, count, show to whoever watches, make ready.

Everything here is done by one thread at a time, so that observers see items in the order in which they ended and requests
are made in that order. An observer that fails has missed a batch, and that is all.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from otel_agent.delivery.accounting import SignalAccount, Tally
from otel_agent.delivery.preparation import EMPTY, REDACTION, UNENCODABLE, Payload, Preparation, Redact
from otel_agent.delivery.queues import SignalQueue
from otel_agent.guard import guarded, shared

__all__ = ["Intake", "Observer", "Select", "is_recorded_only"]

Observer = Callable[[list[Any]], object]
"""Sees a batch as it was taken from the queue, on the delivery thread. Must not block."""

Select = Callable[[list[Any]], list[Any]]
"""A batch in; what of it, and of what was held back before, is to be sent now. Quick, and does not raise."""

_SAMPLED = 1


def is_recorded_only(item: Any) -> bool:
    """
    Whether a span was recorded to be looked at here and not to be sent, which is so without the sampled bit.

    Args:
        item: A span of ours or any `ReadableSpan`.
    """
    try:
        return not item.flags & _SAMPLED
    except AttributeError:
        try:
            return not item.context.trace_flags & _SAMPLED
        except AttributeError:
            return False


def _sampled(items: list[Any]) -> list[Any]:
    """Those that are to be sent."""
    try:
        return [item for item in items if item.flags & _SAMPLED]
    except AttributeError:  # not all are ours
        return [item for item in items if not is_recorded_only(item)]


def _everything(items: list[Any]) -> list[Any]:
    return items


class Intake:
    """
    Makes requests of what one signal's queue holds.

    `turn` is held from the first item taken to the last request made, so batches keep their order. `door` is held while
    items go from the queue to the ledger's hands and while both are read, so that no reader misses one; nothing foreign is
    called under it.
    """

    def __init__(
        self,
        signal: str,
        queue: SignalQueue,
        ledger: SignalAccount,
        *,
        observers: Sequence[Observer] = (),
        redact: Redact | None = None,
        request_bytes: int,
        is_kept: bool = True,
        select: Select | None = None,
    ) -> None:
        """
        Begin with nothing taken.

        Args:
            signal: "traces", "metrics" or "logs".
            queue: Items are taken from here.
            ledger: And counted here.
            observers: See every item.
            redact: Decides what may leave.
            request_bytes: Larger requests are cut in halves.
            is_kept: Whether there is anywhere to go. Otherwise items end with the observers and count as delivered to them;
                where there are none, items do not count at all.
            select: Chooses what is to be sent of a batch; by default spans with the sampled flag, and everything else.
        """
        self.signal = signal
        self.queue = queue
        self.ledger = ledger
        self.is_kept = is_kept
        self._observers = tuple(observers)
        self._select = select or (_sampled if signal == "traces" else _everything)
        self._preparation = Preparation(signal, redact, request_bytes)
        self.begin()

    def begin(self) -> None:
        """Start from nothing: at first, and in a forked child."""
        self.turn = threading.Lock()
        self.door = threading.Lock()
        self.ledger.begin()
        self._journaled, self._unjournaled = Tally(), Tally()
        self._spoiled = {REDACTION: Tally(), UNENCODABLE: Tally()}
        self.witnessed: deque[Any] = deque()
        self._in_work: list[Any] | None = None

    def snapshot(self) -> dict[str, Any]:
        """Where every item of the signal is; see `DeliveryEngine.status`."""
        with self.door:
            spoiled = {reason: tally.value() for reason, tally in self._spoiled.items()}
            turned_away = {**self.queue.turned_away, **spoiled}
            return self.ledger.snapshot(self.waiting(), turned_away, self._on_disk())

    def is_clear(self) -> bool:
        """Whether nothing of the signal waits, is in hand, or lies on the disk."""
        with self.door:
            return self.ledger.is_clear() and not self._on_disk() and not self.waiting()

    def waiting(self) -> int:
        """Items in the queue that count; the caller holds `door`."""
        items = self.queue.items
        if not self.is_kept and not self._observers:
            return 0
        if self.signal != "traces":
            return len(items)
        for _ in range(3):
            try:
                return len(_sampled(list(items)))
            except RuntimeError:  # the agent appended meanwhile
                continue
        return len(items)

    def _on_disk(self) -> int:
        return self._journaled.value() - self._unjournaled.value()

    def collect(self, most: int, *, is_shown: bool = True) -> list[Payload]:
        """
        Take the oldest items and make requests of them; the caller holds `turn`.

        Args:
            most: Not more items than these.
            is_shown: Whether observers see them. The one case in which they do not is an observer that keeps `turn` from
                everybody by not coming back.
        """
        counted = self.is_kept or bool(self._observers)
        with self.door:
            taken = self.queue.take(min(most, self._preparation.affordable()))
            kept = self._select(taken)
            if counted:
                self.ledger.take(len(kept))
            if is_shown:
                self._in_work = kept
        if is_shown:
            self.show(taken)
            with self.door:
                if self._in_work is not kept:
                    return []  # somebody has lost patience with the observers and taken them over
                self._in_work = None
        if not self.is_kept:
            if counted:
                self.ledger.deliver(len(kept))
            return []
        return self._made(kept)

    def take_over(self) -> list[Payload]:
        """Make requests of what observers have been looking at for too long; the caller does not hold `turn`."""
        with self.door:
            kept, self._in_work = self._in_work, None
        return self._made(kept) if kept and self.is_kept else []

    def show(self, items: list[Any]) -> None:
        """
        Let the observers see a batch.

        Args:
            items: As they were taken.
        """
        if items:
            for observer in self._observers:
                with guarded(f"observe.{self.signal}", f"what watches the {self.signal} failed and has missed a batch"):
                    observer(items)

    def _made(self, kept: list[Any]) -> list[Payload]:
        requests, dropped = self._preparation.requests(kept)
        self.ledger.deliver(dropped.pop(EMPTY, 0))
        for reason, items in dropped.items():
            self.ledger.drop(items, reason)
        return requests

    def journal(self, item: Any, keep: Callable[[bytes], bool]) -> bool:
        """
        Keep one item at once, on its producer's thread, and let the observers see it later. Never raises.

        Args:
            item: A span or a log record.
            keep: Called with the bytes of a request; answers whether it is kept.

        Returns:
            False when there is no room for it anywhere.
        """
        try:
            if self._observers and len(self.witnessed) < self.queue.capacity:
                self.witnessed.append(item)
            if self.signal == "traces" and is_recorded_only(item):
                return True
            body, reason = self._preparation.record(item)
            if not body:
                self._spoiled[reason].add()
                return True
            # Counted first: nobody can find it on the disk before it is counted.
            self._journaled.add()
            if keep(body):
                return True
            self._unjournaled.add()
        except Exception as error:  # noqa: BLE001 - this runs in the agent's own code
            shared.report(f"delivery.{self.signal}", f"one of the {self.signal} could not be journaled", error)
        if len(self.queue.items) >= self.queue.capacity:
            return False
        self.queue.items.append(item)
        return True

    def show_witnessed(self) -> None:
        """Let the observers see what went past the queue; the caller holds `turn`."""
        seen = []
        while self.witnessed:
            seen.append(self.witnessed.popleft())
        self.show(seen)
