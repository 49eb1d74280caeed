"""
From the queue to requests: take, count, select, show to observers; what bytes become of the items is the encoder's business.

One thread at a time does it, so that observers see items in the order in which they ended and requests are made in that order.
An observer that fails has missed a batch, and that is all.

What observers have seen waits in `_pending` and is redacted a slice at a time. A text made to be dear holds one slice up and
no more: between two slices the other signals, the sender and the end of the process have their turn, and the end takes what
is still pending away from whoever works on it. What cannot even then be redacted in time is dropped and counted as `exit`:
nothing leaves unredacted, and nothing vanishes.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.accounting import EXIT, NOT_EXPORTED, SignalAccount
from otel_agent.delivery.encoding import EMPTY, Redact, RequestEncoder
from otel_agent.delivery.pace import ItemPace
from otel_agent.delivery.payloads import Payload
from otel_agent.delivery.queues import SignalQueue
from otel_agent.guard import guarded, shared

__all__ = ["Accept", "Intake", "Observer", "Select", "is_recorded_only"]

Accept = Callable[[Payload], object]
"""Takes a request whose items are counted as in hand. Called under the order lock; must not raise."""

Observer = Callable[[list[Any]], object]
"""Sees a batch as it was taken from the queue, on the delivery thread. Must not block."""

Select = Callable[[list[Any]], list[Any]]
"""A batch in; what of it, and of what was held back before, is to be sent now. Quick, and does not raise."""

OBSERVER_PATIENCE_S = 0.3
"""So long observers are waited for, in seconds, when there is no room or no time any more."""

STEP_S = 0.25
"""So long requests are made before what there is goes on its way, in seconds."""

LAST_S = 0.2
"""What takes no longer than this, in seconds, is redacted after the end too: only the machine is slow then, not the texts."""

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
    Makes requests of what one signal's queue holds, and counts its items. Thread-safe.

    `_order_lock` is held from the first item taken to the last request made, so batches keep their order; observers and
    redaction are called under it. `_take_lock` is held while items go from the queue into the account's hands and while both
    are read, so that no reader misses one; nothing foreign is called under it.

    Args:
        signal: "traces", "metrics" or "logs".
        queue: Items are taken from here.
        observers: See every item.
        redact: Decides what may leave.
        request_bytes: Larger requests are cut in halves, in bytes.
        leads_to: Where items go from here: to a receiver or the disk, to the observers and no further, which counts as delivered,
            or nowhere, which counts as not exported.
        select: Chooses what is to be sent of a batch; by default spans with the sampled flag, and everything else.
        clock: Its monotonic face ends the work.
    """

    def __init__(
        self,
        signal: str,
        queue: SignalQueue,
        *,
        observers: Sequence[Observer] = (),
        redact: Redact | None = None,
        request_bytes: int,
        leads_to: Literal["receiver", "observers", "nowhere"] = "receiver",
        select: Select | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self.signal = signal
        self.queue = queue
        self.account = SignalAccount()
        self._is_kept = leads_to == "receiver"
        self._is_received = leads_to == "observers"
        self._observers = tuple(observers)
        self._select = select or (_sampled if signal == "traces" else _everything)
        self._encoder = RequestEncoder(signal, redact, request_bytes)
        self._clock = clock
        self._pace = ItemPace()
        self._end_s = float("inf")
        """When nothing is redacted any more."""
        self._in_work: list[Any] | None = None
        """What observers are looking at."""
        self._pending: deque[Any] = deque()
        """What they have seen and no request holds yet; in hand."""
        self._unshown: deque[Any] = deque()
        """What went past the queue, for observers to look at later."""
        self._is_held = False
        self._begin()

    def collect(self, most: int, accept: Accept) -> int:
        """
        Take the oldest items and make requests of them, however long the observers take, and for about `STEP_S`.

        Args:
            most: Not more items than these.
            accept: Gets each request.

        Returns:
            How many items wait no more.
        """
        with self._order_lock:
            return self._collect(most, accept)

    def collect_in_time(self, most: int, accept: Accept) -> None:
        """
        Take the oldest items and make requests of them, also while somebody else does not come to an end with it.

        What observers have been looking at for too long is taken from them, and what comes behind it they miss.

        Args:
            most: Not more items than these, beyond those taken over.
            accept: Gets each request.
        """
        if self._order_lock.acquire(timeout=OBSERVER_PATIENCE_S):
            try:
                self._collect(most, accept)
            finally:
                self._order_lock.release()
            return
        with self._take_lock:
            kept, self._in_work = self._in_work or [], None
            if self._is_kept:
                self._pending.extend(kept)
        if not self._is_kept:
            self._end_here(len(kept))
        self._collect(most, accept, is_shown=False)

    def waiting(self) -> int:
        """Items of which requests are still to be made."""
        return len(self.queue.items) + len(self._pending)

    def work_s(self) -> float:
        """What making requests of all that waits will take, in seconds, as far as is known."""
        return self.waiting() * self._pace.item_s

    def end_at(self, end_s: float) -> None:
        """
        Redact nothing dear any more from a moment on; what is still pending then is dropped.

        Args:
            end_s: Of the monotonic clock.
        """
        self._end_s = min(self._end_s, end_s)

    def settle(self, timeout_s: float) -> None:
        """
        Wait for whoever makes requests.

        Args:
            timeout_s: At most, in seconds.
        """
        if self._order_lock.acquire(timeout=max(0.0, timeout_s)):
            self._order_lock.release()

    def close(self) -> None:
        """The end of all: what is not on its way or on the disk by now is dropped, and the account says so from now on."""
        with self._take_lock:
            left = self.queue.take(len(self.queue.items))
            self.account.take(len(left if self.signal != "traces" else _sampled(left)))
            self._pending.clear()
            self.account.close()

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
            if self._observers and len(self._unshown) < self.queue.capacity:
                self._unshown.append(item)
            if self.signal == "traces" and is_recorded_only(item):
                return True
            body, reason = self._encoder.record(item)
            if not body:
                self.account.drop_journaled(reason)
                return True
            # Counted first: nobody can find it on the disk before it is counted.
            self.account.journal()
            if keep(body):
                return True
            self.account.unjournal()
        except Exception as error:  # noqa: BLE001 - this runs in the agent's own code
            shared.report(f"delivery.{self.signal}", f"one of the {self.signal} could not be journaled", error)
        return not self.account.is_closed and self.queue.admit(item)

    def show_journaled(self) -> None:
        """Let the observers see what went past the queue."""
        if self._unshown:
            with self._order_lock:
                seen = []
                while self._unshown:
                    seen.append(self._unshown.popleft())
                self._show(seen)

    def look_at_waiting(self, look: Callable[[list[Any]], object], timeout_s: float) -> None:
        """
        Show what observers have not seen yet to one of them, at the end of its time; everything stays where it is.

        Args:
            look: Called once, with everything that waits.
            timeout_s: How long whoever makes requests is waited for, in seconds.
        """
        is_ours = self._order_lock.acquire(timeout=max(0.0, timeout_s))
        try:
            look([*self._unshown, *self.queue.copied()])
        finally:
            if is_ours:
                self._order_lock.release()

    def snapshot(self) -> dict[str, Any]:
        """Where every item of the signal is; see `DeliveryEngine.status`."""
        with self._take_lock:
            return self.account.snapshot(self._waiting(), self.queue.turned_away)

    def is_clear(self) -> bool:
        """Whether nothing of the signal waits, is in hand, or lies on the disk."""
        with self._take_lock:
            return self.account.is_clear() and not self._waiting()

    def hold_for_fork(self, timeout_s: float) -> None:
        """
        Let nobody take items until the fork is over.

        Args:
            timeout_s: How long whoever does is waited for, in seconds.
        """
        self._is_held = self._order_lock.acquire(timeout=timeout_s)

    def go_on_after_fork(self) -> None:
        """Let items be taken again, in the parent."""
        if self._is_held:
            self._is_held = False
            self._order_lock.release()

    def reinit_after_fork(self) -> None:
        """Start from nothing in a forked child."""
        self.queue.reinit_after_fork()
        self.account.reset()
        self._begin()

    def _begin(self) -> None:
        self._order_lock = primitives.Lock()
        self._take_lock = primitives.Lock()
        self._is_held = False
        self._unshown = deque()
        self._in_work = None
        self._pending = deque()
        self._end_s = float("inf")

    def _waiting(self) -> int:
        """Items in the queue that count; the caller holds `_take_lock`."""
        items = self.queue.items
        if self.signal != "traces":
            return len(items)
        for _ in range(3):
            try:
                return len(_sampled(list(items)))
            except RuntimeError:  # the agent appended meanwhile
                continue
        return len(items)

    def _collect(self, most: int, accept: Accept, *, is_shown: bool = True) -> int:
        """Take and encode; the caller holds `_order_lock`, or has lost patience with who keeps it: then not `is_shown`."""
        if self._pending and is_shown:
            return self._encode(accept)
        with self._take_lock:
            taken = self.queue.take(min(most, self._encoder.affordable()))
            kept = self._select(taken)
            self.account.take(len(kept))
            if is_shown:
                self._in_work = kept
            elif self._is_kept:
                self._pending.extend(kept)
        if is_shown:
            self._show(taken)
            with self._take_lock:
                if self._in_work is not kept:
                    return len(taken)  # somebody has lost patience with the observers and taken them over
                self._in_work = None
                if self._is_kept:
                    self._pending.extend(kept)
        if not self._is_kept:
            self._end_here(len(kept))
            return len(taken)
        return len(taken) - len(kept) + self._encode(accept)

    def _end_here(self, items: int) -> None:
        """Count items that go nowhere from here."""
        if self._is_received:
            self.account.deliver(items)
        else:
            self.account.drop(items, NOT_EXPORTED)

    def _show(self, items: list[Any]) -> None:
        if items:
            for observer in self._observers:
                with guarded(f"observe.{self.signal}", f"what watches the {self.signal} failed and has missed a batch"):
                    observer(items)

    def _encode(self, accept: Accept) -> int:
        """Make requests of what is pending, slice by slice, for about `STEP_S`; how many items are pending no more."""
        begun_s = before_s = self._clock.monotonic_s()
        dropped: Counter[str] = Counter()
        safe: list[Any] = []
        done = 0
        while items := self._slice():
            done += len(items)
            if before_s >= self._end_s and len(items) * self._pace.item_s + self.work_s() > LAST_S:
                dropped[EXIT] += len(items)
                continue
            safe += self._encoder.redacted(items, dropped)
            now_s = self._clock.monotonic_s()
            self._pace.took(len(items), now_s - before_s)
            before_s = now_s
            if now_s - begun_s >= STEP_S or len(safe) >= self._encoder.affordable():
                break
        for request in self._encoder.encoded(safe, dropped):
            accept(request)
        self.account.deliver(dropped.pop(EMPTY, 0))
        for reason, items_dropped in dropped.items():
            self.account.drop(items_dropped, reason)
        return done

    def _slice(self) -> list[Any]:
        """The oldest pending items; the end may be taking them at the same time."""
        pending = self._pending
        with self._take_lock:
            return [pending.popleft() for _ in range(min(self._pace.slice_items(), len(pending)))]
