"""
The bounded queue between the agent's threads and ours.

The agent's side is one comparison and one append, which the recording code does itself, in line:
`if len(items) < limit: items.append(item) else: overflow(item)`. Nothing is locked and nobody is woken; the delivery thread
looks every fifth of a second.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from otel_agent.delivery.accounting import Tally

__all__ = ["CLOSED", "QUEUE_FULL", "STRETCH", "SignalQueue"]

QUEUE_FULL = "queue_full"
"""Reason of what is dropped because neither memory nor disk took it."""

CLOSED = "closed"
"""Reason of what came after the end, when there was no disk to put it on."""


STRETCH = 2
"""A queue holds up to so many times its limit while room is being made on a disk."""


class SignalQueue:
    """What one signal's producers append to; `items` stays the same object for the life of the process."""

    __slots__ = ("_elsewhere", "_reason", "_turned_away", "capacity", "items", "limit")

    def __init__(self, limit: int) -> None:
        """
        Begin empty.

        Args:
            limit: Most items held; at least 1.
        """
        self.items: deque[Any] = deque()
        self.capacity = limit
        self.limit = limit
        self._reason = QUEUE_FULL
        self._turned_away = {QUEUE_FULL: Tally(), CLOSED: Tally()}
        self._elsewhere: Callable[[Any], bool] | None = None

    def overflow(self, item: Any) -> None:
        """
        Take an item there is no room for: elsewhere when somebody offered that, otherwise it is counted as dropped.

        Args:
            item: As it would have been appended.
        """
        if self._elsewhere is None or not self._elsewhere(item):
            self._turned_away[self._reason].add()

    def on_overflow(self, elsewhere: Callable[[Any], bool] | None) -> None:
        """
        Offer another place to items there is no room for.

        Args:
            elsewhere: Called on the producer's thread, also from within signal handlers; answers whether it took the item.
                Must not raise. `None` takes the offer back.
        """
        self._elsewhere = elsewhere

    def divert(self, elsewhere: Callable[[Any], bool]) -> None:
        """
        Send every item elsewhere from now on, past the queue.

        Args:
            elsewhere: As for `on_overflow`.
        """
        self._elsewhere = elsewhere
        self.limit = 0

    def close(self) -> None:
        """Take nothing any more; what comes is counted as dropped because it came after the end."""
        self._reason = CLOSED
        self._elsewhere = None
        self.limit = 0

    def take(self, most: int) -> list[Any]:
        """
        Take the oldest items out.

        Args:
            most: Not more than these.
        """
        popleft = self.items.popleft
        taken = []
        try:
            for _ in range(min(most, len(self.items))):
                taken.append(popleft())  # noqa: PERF401 - a comprehension would lose what it holds when a fork empties the deque
        except IndexError:
            pass
        return taken

    @property
    def turned_away(self) -> dict[str, int]:
        """Items dropped at the door, by reason."""
        return {reason: tally.value() for reason, tally in self._turned_away.items()}

    def reinit_after_fork(self) -> None:
        """Forget, in a child, what belongs to the parent."""
        self.items.clear()
        self._turned_away = {QUEUE_FULL: Tally(), CLOSED: Tally()}
