"""
From the queue to requests: take, show to whoever watches, redact, encode, cut to size.

Everything here is done by one thread at a time, so that observers see items in the order in which they ended and requests
are made in that order. What observers and redaction raise is counted and costs nobody else anything: an observer that fails
has missed a batch; an item that cannot be redacted is dropped, because it must not leave unredacted.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from otel_agent.delivery.accounting import Ledger, Tally
from otel_agent.delivery.payloads import count_records, split
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans
from otel_agent.guard import guarded, shared

__all__ = ["REDACTION", "UNENCODABLE", "Intake", "Observer", "Payload", "Redact", "Select", "is_recorded_only"]

REDACTION = "redaction"
"""Reason of what is dropped because it could not be redacted."""

UNENCODABLE = "unencodable"
"""Reason of what no repair could bring onto the wire."""

Observer = Callable[[list[Any]], object]
"""Sees a batch as it was taken from the queue, on the delivery thread. Must not block."""

Redact = Callable[[str, list[Any]], Sequence[Any]]
"""Signal and items in, items that may leave out."""

Select = Callable[[list[Any]], list[Any]]
"""A batch in; what of it, and of what was held back before, is to be sent now. Quick, and does not raise."""

_SAMPLED = 1


class Payload:
    """One encoded request and how many items of its ledger it stands for."""

    __slots__ = ("backlog", "body", "items")

    def __init__(self, body: bytes, items: int, backlog: object = None) -> None:
        """
        Hold a request.

        Args:
            body: Its bytes.
            items: Spans, log records, or collections of metrics in it.
            backlog: What it is on the disk, when it is there; the same for its halves.
        """
        self.body = body
        self.items = items
        self.backlog = backlog

    def halves(self, signal: str) -> tuple["Payload", "Payload"] | None:
        """
        The same in two requests, or `None` when it holds one record only.

        Args:
            signal: A collection of metrics that is cut is counted with its second half.

        Raises:
            ValueError: These are not the bytes of a request.
        """
        parts = split(self.body)
        if parts is None:
            return None
        first = 0 if signal == "metrics" else count_records(parts[0])
        first = min(first, self.items)
        return Payload(parts[0], first, self.backlog), Payload(parts[1], self.items - first, self.backlog)


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
        ledger: Ledger,
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
        self._redact = redact
        self._request_bytes = request_bytes
        self.begin()

    def begin(self) -> None:
        """Start from nothing: at first, and in a forked child."""
        self.turn = threading.Lock()
        self.door = threading.Lock()
        self.ledger.begin()
        self.journaled, self.unjournaled, self.spoiled = Tally(), Tally(), Tally()
        self.witnessed: deque[Any] = deque()
        self._item_bytes = 1.0

    def snapshot(self) -> dict[str, Any]:
        """Where every item of the signal is; see `DeliveryEngine.status`."""
        with self.door:
            turned_away = self.queue.turned_away
            turned_away[REDACTION] = self.spoiled.value()
            on_disk = self.journaled.value() - self.unjournaled.value()
            return self.ledger.snapshot(self.waiting(), turned_away, on_disk)

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

    def collect(self, most: int) -> list[Payload]:
        """
        Take the oldest items and make requests of them; the caller holds `turn`.

        Args:
            most: Not more items than these.
        """
        counted = self.is_kept or bool(self._observers)
        with self.door:
            taken = self.queue.take(min(most, self._affordable()))
            kept = self._select(taken)
            if counted:
                self.ledger.take(len(kept))
        self.show(taken)
        if not self.is_kept:
            if counted:
                self.ledger.deliver(len(kept))
            return []
        return [each for payload in self._encoded(self._redacted(kept)) for each in self._cut(payload)]

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
            safe = [item] if self._redact is None else self._redact_each([item])
            body = _ENCODERS[self.signal](safe) if safe else b""
            if not body:
                self.spoiled.add()
                return True
            # Counted first: nobody can find it on the disk before it is counted.
            self.journaled.add()
            if keep(body):
                return True
            self.unjournaled.add()
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

    def _affordable(self) -> int:
        return max(1, int(self._request_bytes / self._item_bytes))

    def _redacted(self, items: list[Any]) -> list[Any]:
        if self._redact is None or not items:
            return items
        try:
            safe = list(self._redact(self.signal, items))
        except Exception:  # noqa: BLE001 - one item is to blame; found by looking at each
            safe = self._redact_each(items)
        self.ledger.drop(len(items) - len(safe), REDACTION)
        return safe

    def _redact_each(self, items: list[Any]) -> list[Any]:
        safe: list[Any] = []
        for item in items:
            try:
                safe += self._redact(self.signal, [item]) if self._redact else [item]
            except Exception as error:  # noqa: BLE001 - what cannot be redacted must not leave
                shared.report(
                    f"redact.{self.signal}", f"one of the {self.signal} could not be redacted and was dropped", error
                )
        return safe

    def _encoded(self, items: list[Any]) -> list[Payload]:
        if not items:
            return []
        if self.signal == "metrics":
            made = [Payload(encode_metrics(item), 1) for item in items]
            empty = sum(not payload.body for payload in made)
            self.ledger.deliver(empty)  # a collection without a single point: there is nothing to send
            return [payload for payload in made if payload.body]
        kind = f"wire.{'spans' if self.signal == 'traces' else self.signal}"
        before = shared.counts().get(kind, 0)
        body = _ENCODERS[self.signal](items)
        whole = len(items)
        if shared.counts().get(kind, 0) != before:
            whole = count_records(body)
            self.ledger.drop(len(items) - whole, UNENCODABLE)
        if not whole:
            return []
        self._item_bytes = max(1.0, len(body) / whole)
        return [Payload(body, whole)]

    def _cut(self, payload: Payload) -> list[Payload]:
        if len(payload.body) <= self._request_bytes:
            return [payload]
        halves = payload.halves(self.signal)
        return [payload] if halves is None else [*self._cut(halves[0]), *self._cut(halves[1])]


_ENCODERS: dict[str, Callable[[Any], bytes]] = {"traces": encode_spans, "logs": encode_logs, "metrics": encode_metrics}
