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

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

__all__ = ["Delivery", "SignalAccount", "Tally"]


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
        self._lock = threading.Lock()

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
    """Where the items of one signal are. Thread-safe; `_lock` guards every number and nothing is called under it."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Start from zero: at first, and in a forked child."""
        self._lock = threading.Lock()
        self._accepted = 0
        self._hand = 0
        self._delivered = 0
        self._spooled = 0
        self._adopted = 0
        self._dropped: Counter[str] = Counter()

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

    def spool(self, items: int) -> None:
        """Out of our hands, onto the disk."""
        with self._lock:
            self._hand -= items
            self._spooled += items

    def adopt(self, items: int) -> None:
        """From a process that is gone: its items are ours now."""
        with self._lock:
            self._accepted += items
            self._adopted += items
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

    @property
    def in_hand(self) -> int:
        """Items taken out of the queue that are neither delivered nor spooled nor dropped."""
        with self._lock:
            return self._hand

    def is_clear(self) -> bool:
        """Whether none are in hand or spooled."""
        with self._lock:
            return not self._hand and not self._spooled

    @property
    def adopted(self) -> int:
        """Items taken over from processes that are gone; part of what was accepted."""
        with self._lock:
            return self._adopted

    def snapshot(self, waiting: int, turned_away: Mapping[str, int], journaled: int = 0) -> dict[str, Any]:
        """
        Every place and its number.

        Args:
            waiting: Items in the queue, read while nobody takes any out of it.
            turned_away: Items the queue dropped itself, by reason.
            journaled: Items that went from their producers straight onto the disk.

        Returns:
            "accepted", "queued", "delivered", "spooled" as numbers, "dropped" as numbers by reason.
        """
        with self._lock:
            dropped = dict(self._dropped)
            for reason, number in turned_away.items():
                dropped[reason] = dropped.get(reason, 0) + number
            return {
                "accepted": self._accepted + waiting + sum(turned_away.values()) + journaled,
                "queued": self._hand + waiting,
                "delivered": self._delivered,
                "spooled": self._spooled + journaled,
                "dropped": {reason: number for reason, number in dropped.items() if number},
            }
