"""
What the spool has given up: noted while its lock is held, said and told afterwards.

Nothing is called out to under a lock, so losses are noted where they happen and told by whoever has released the lock next.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path

from otel_agent.guard import shared

__all__ = ["AGED", "DAMAGED", "FULL", "Loss", "SpoolLosses"]

FULL = "spool_full"
"""Reason of what was given up because the spool had reached its size."""
AGED = "spool_age"
"""Reason of what was given up because it was too old."""
DAMAGED = "spool_damaged"
"""Reason of what the disk did not give back as it was."""

Loss = tuple[str, int, str]
"""Signal, number of items, reason."""


class SpoolLosses:
    """
    Losses of one spool that were noted and not told yet.

    Args:
        directory: Directory of the service, for messages.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._noted: deque[Loss] = deque()
        self.callback: Callable[[str, int, str], object] = lambda _signal, _items, _reason: None
        """Called with signal, number of items and reason; must not raise."""

    def note(self, signal: str, items: int, reason: str) -> None:
        """
        Remember a loss.

        Args:
            signal: "traces", "metrics" or "logs".
            items: Number of items that were given up; none is no loss.
            reason: One of the reasons above.
        """
        if items:
            self._noted.append((signal, items, reason))

    def tell(self) -> None:
        """Log what was noted and call back; never while the spool's lock is held."""
        while self._noted:
            try:
                signal, items, reason = self._noted.popleft()
            except IndexError:  # another thread was faster
                return
            shared.report(
                f"spool.{reason}", f"the spool has given up {items} of the {signal} ({reason}): {self._directory}"
            )
            self.callback(signal, items, reason)

    def forget(self) -> None:
        """Leave what was not told to the parent, in a forked child."""
        self._noted.clear()
