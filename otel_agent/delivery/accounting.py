"""
The conservation law of one signal: accepted = queued + delivered + spooled + dropped, at every moment.

An item is always in exactly one place. It is moved, never set: each method of `SignalAccount` takes it out of one place and puts it
into another under one lock, so that no reader ever sees it twice or not at all.

    queue ──take──► hand ──deliver──► delivered
                    ▲  │ └──drop────► dropped(reason)
              unspool  spool
                    │  ▼
    a process    ┌──────────┐
    that is gone │ spooled  │ ◄──── journal: from the producer straight onto the disk, counted by a `Tally`
      ──adopt──► └──────────┘
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from otel_agent import primitives

__all__ = [
    "CLOSED",
    "EXIT",
    "NOT_EXPORTED",
    "QUEUE_FULL",
    "REDACTION",
    "REJECTED",
    "UNENCODABLE",
    "Delivery",
    "SignalAccount",
    "Tally",
]

QUEUE_FULL = "queue_full"
"""Reason of what is dropped because neither memory nor disk took it."""

CLOSED = "closed"
"""Reason of what came after the end, when there was no disk to put it on."""

REDACTION = "redaction"
"""Reason of what is dropped because it could not be redacted."""

UNENCODABLE = "unencodable"
"""Reason of what no repair could bring onto the wire."""

REJECTED = "rejected"
"""Reason of what the receiver refused."""

EXIT = "exit"
"""Reason of what was still in memory at the end and could not be put on a disk."""


NOT_EXPORTED = "not_exported"
"""Reason of what nobody was to receive: `export` names no place for the signal. Nothing is lost by it."""


@dataclass(frozen=True)
class Delivery:
    """What became of everything that was accepted since the start, at the moment of asking."""

    delivered: int
    """Items the receiver has confirmed: spans, log records, and collections of metrics."""
    spooled: int
    """Items on disk, which this process or the next one sends."""
    dropped: int
    """Items given up, for whatever reason."""
    queued: int = 0
    """Items still in memory: the time was over before the receiver answered. 0 after the end."""
    by_signal: dict[str, dict[str, Any]] = field(default_factory=dict, compare=False)
    """The same by signal, as in `status()["delivery"]`."""

    @classmethod
    def summed(cls, by_signal: dict[str, dict[str, Any]]) -> "Delivery":
        """
        The sum over all signals.

        Args:
            by_signal: What `SignalAccount.snapshot` returned for each signal.
        """
        return cls(
            delivered=sum(each["delivered"] for each in by_signal.values()),
            spooled=sum(each["spooled"] for each in by_signal.values()),
            dropped=sum(sum(each["dropped"].values()) for each in by_signal.values()),
            queued=sum(each["queued"] for each in by_signal.values()),
            by_signal=by_signal,
        )

    def __bool__(self) -> bool:
        """Whether the receiver has everything."""
        return not (self.queued or self.spooled or self.dropped)


class Tally:
    """
    A count that any thread, and a signal handler in the middle of another count, can add to without a lock.

    `itertools.count` moves on in one step of the interpreter; reading moves it on as well, so readings are subtracted.
    """

    def __init__(self) -> None:
        self._next = count().__next__
        self._readings = 0
        self._lock = primitives.Lock()

    def add(self) -> None:
        """Count one."""
        self._next()

    def value(self) -> int:
        """Everything counted so far."""
        with self._lock:
            value = self._next() - self._readings
            self._readings += 1
            return value


class SignalAccount:
    """
    Where the items of one signal are. Thread-safe.

    `_lock` guards every number but the tallies, and is held while those are read; nothing foreign is called under it. What
    producers count (`journal`, `unjournal`, `drop_journaled`) takes no lock, because it may happen within a signal handler.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start from zero: at first, and in a forked child."""
        self._lock = primitives.Lock()
        self.is_closed = False
        """Whether all is over: what is still in hand counts as given up."""
        self._accepted = 0
        self._hand = 0
        self._delivered = 0
        self._spooled = 0
        self._dropped: Counter[str] = Counter()
        self._journaled, self._unjournaled = Tally(), Tally()
        self._unfit = {REDACTION: Tally(), UNENCODABLE: Tally()}

    def take(self, items: int) -> None:
        """Out of the queue, into our hands."""
        with self._lock:
            self._accepted += items
            self._hand += items

    def deliver(self, items: int) -> None:
        """Out of our hands: the receiver has them."""
        with self._lock:
            self._hand -= items
            self._delivered += items

    def drop(self, items: int, reason: str) -> None:
        """Out of our hands: given up."""
        if items:
            with self._lock:
                self._hand -= items
                self._dropped[reason] += items

    def spool(self, items: int) -> bool:
        """
        Out of our hands, onto the disk. Counted first, so that nobody finds on the disk what is not counted.

        Args:
            items: Number of items.

        Returns:
            False when all is over: they have been counted as given up, and must not be found on the disk later.
        """
        with self._lock:
            if self.is_closed:
                return False
            self._hand -= items
            self._spooled += items
            return True

    def stay_spooled(self, items: int) -> None:
        """Out of our hands, back to the disk, which has had them all the time."""
        with self._lock:
            self._hand -= items
            self._spooled += items

    def close(self) -> None:
        """All is over: what is in hand counts as dropped from now on, because of `EXIT`, unless the receiver has it after all."""
        with self._lock:
            self.is_closed = True

    def adopt(self, items: int) -> None:
        """From a process that is gone: its items are ours now."""
        with self._lock:
            self._accepted += items
            self._spooled += items

    def unspool(self, items: int) -> None:
        """From the disk back into our hands."""
        with self._lock:
            self._spooled -= items
            self._hand += items

    def lose(self, items: int, reason: str) -> None:
        """Off the disk without having been delivered: given up."""
        with self._lock:
            self._spooled -= items
            self._dropped[reason] += items

    def journal(self) -> None:
        """One from its producer straight onto the disk."""
        self._journaled.add()

    def unjournal(self) -> None:
        """One that `journal` counted and the disk did not take: it is counted anew wherever it goes."""
        self._unjournaled.add()

    def drop_journaled(self, reason: str) -> None:
        """
        One that its producer would have put onto the disk and that cannot leave: given up.

        Args:
            reason: `REDACTION` or `UNENCODABLE`.
        """
        self._unfit[reason].add()

    def is_clear(self) -> bool:
        """Whether none are in hand or on the disk."""
        with self._lock:
            return not self._hand and not self._spooled + self._net_journaled()

    def snapshot(self, waiting: int, turned_away: Mapping[str, int]) -> dict[str, Any]:
        """
        Every place and its number.

        Args:
            waiting: Items in the queue, read while nobody takes any out of it.
            turned_away: Items the queue dropped itself, by reason.

        Returns:
            "accepted", "queued", "delivered", "spooled" as numbers, "dropped" as numbers by reason.
        """
        with self._lock:
            uncounted = Counter(turned_away)
            uncounted.update({reason: tally.value() for reason, tally in self._unfit.items()})
            dropped = self._dropped + uncounted
            hand = self._hand
            if self.is_closed:
                dropped, hand = dropped + Counter({EXIT: hand}), 0
            journaled = self._net_journaled()
            return {
                "accepted": self._accepted + waiting + uncounted.total() + journaled,
                "queued": hand + waiting,
                "delivered": self._delivered,
                "spooled": self._spooled + journaled,
                "dropped": dict(dropped),
            }

    def _net_journaled(self) -> int:
        """Items on the disk by `journal`; what was taken back is read first, so that the number is never below the truth."""
        unjournaled = self._unjournaled.value()
        return self._journaled.value() - unjournaled
