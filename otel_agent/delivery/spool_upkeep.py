"""
The spool's upkeep: what others left is taken over, what was written is made safe, what is lost is counted.

Losses are noted where they happen, which may be a producer's thread in the middle of anything, and counted later by whoever
reads or moves numbers next: noting is one append, and takes no lock.
"""

from collections import deque
from collections.abc import Mapping

from otel_agent.clock import Clock
from otel_agent.delivery.accounting import SignalAccount
from otel_agent.delivery.spool.losses import Loss
from otel_agent.delivery.spool.spool import Spool
from otel_agent.guard import guarded

__all__ = ["SpoolUpkeep"]

ADOPT_INTERVAL_S = 10.0
"""How often it is looked for what other processes left, in seconds."""

TEND_INTERVAL_S = 1.0
"""How much a power failure may cost, in seconds."""


class SpoolUpkeep:
    """
    Keeps one spool and the accounts together; it listens for losses at once, and looks for nothing yet.

    Args:
        spool: The spool of one engine.
        accounts: By signal: where what is taken over or lost is counted.
        clock: Its monotonic clock spaces the upkeep.
    """

    def __init__(self, spool: Spool, accounts: Mapping[str, SignalAccount], clock: Clock) -> None:
        self._spool = spool
        self._accounts = accounts
        self._clock = clock
        self._adopt_at_s = self._tend_at_s = clock.monotonic_s()
        self._losses: deque[Loss] = deque()
        spool.on_loss(lambda signal, items, reason: self._losses.append((signal, items, reason)))

    def look_after(self) -> None:
        """Do what is due; called several times a second by the delivery thread."""
        now_s = self._clock.monotonic_s()
        if now_s >= self._adopt_at_s:
            self._adopt_at_s = now_s + (TEND_INTERVAL_S if self._spool.is_crowded() else ADOPT_INTERVAL_S)
            self.adopt(now_s)
        if now_s >= self._tend_at_s:
            self._tend_at_s = now_s + TEND_INTERVAL_S
            with guarded("spool.tend", "the spool could not be looked after"):
                self._spool.tend()
        self.settle()

    def adopt(self, end_s: float) -> None:
        """
        Take over what processes that are gone have left.

        Args:
            end_s: On the monotonic clock: when to leave the rest for later; a first piece is always taken.
        """
        with guarded("spool.adopt", "what other processes left on the disk could not be taken over"):
            while found := self._spool.adopt():
                for signal, items in found:
                    self._accounts[signal].adopt(items)
                if self._clock.monotonic_s() >= end_s:
                    self._adopt_at_s = 0.0
                    return

    def is_crowded(self) -> bool:
        """Whether there may be more that was left than is taken over at a time."""
        return self._spool.is_crowded()

    def settle(self) -> None:
        """Count what was lost meanwhile."""
        while self._losses:
            try:
                signal, items, reason = self._losses.popleft()
            except IndexError:  # another thread was faster
                return
            self._accounts[signal].lose(items, reason)

    def reinit_after_fork(self) -> None:
        """Leave the parent's losses to the parent."""
        self._losses.clear()
        self._adopt_at_s = self._tend_at_s = self._clock.monotonic_s()
