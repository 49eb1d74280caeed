"""
The bounded queue between the agent's threads and ours.

The agent's side is one comparison and one append, which the recording code does itself, in line:
`if len(items) < limit: items.append(item) else: overflow(item)`; where an instruction more does not matter, `put` does it.
Nothing is locked and nobody is woken; the delivery thread looks every fifth of a second.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from otel_agent.delivery.accounting import CLOSED, QUEUE_FULL, Tally

__all__ = ["STRETCH", "OverflowHook", "SignalQueue"]

STRETCH = 2
"""A queue holds up to so many times its limit while room is being made on a disk."""

OverflowHook = Callable[[Any], bool]
"""
Takes an item there is no room for; answers whether it did. Called on the producer's thread, also from within signal handlers.
Must not raise.
"""


class SignalQueue:
    """
    What one signal's producers append to; `items` stays the same object for the life of the process.

    Args:
        limit: Most items held; at least 1.
    """

    __slots__ = ("_hook", "_on_first", "_reason", "_tells_first", "_turned_away", "capacity", "items", "limit")

    def __init__(self, limit: int) -> None:
        self.items: deque[Any] = deque()
        self.capacity = limit
        self.limit = limit
        self._reason = QUEUE_FULL
        self._turned_away = {QUEUE_FULL: Tally(), CLOSED: Tally()}
        self._hook: OverflowHook | None = None
        self._on_first: Callable[[], object] | None = None
        self._tells_first = False

    def put(self, item: Any) -> None:
        """
        Append an item, or let it overflow when there is no room.

        Args:
            item: A span, a log record, or a collection of metrics.
        """
        if len(self.items) < self.limit:
            self.items.append(item)
        else:
            self.overflow(item)

    def overflow(self, item: Any) -> None:
        """
        Take an item there is no room for: the overflow hook gets it; without one, or refused there, it is counted as dropped.

        Args:
            item: The item that would have been appended.
        """
        if self._on_first is not None:
            self.limit = self.capacity  # before the next line: another thread may be here, too
            on_first, self._on_first = self._on_first, None
            if on_first is not None:
                on_first()
        if self._tells_first and len(self.items) < self.limit:
            self.items.append(item)
        elif self._hook is None or not self._hook(item):
            self._turned_away[self._reason].add()

    def tell_first(self, on_first: Callable[[], object]) -> None:
        """
        Call a function before the next item is appended. No effect where items are sent elsewhere, and after the end.

        Args:
            on_first: Called on the producer's thread, once or, when several come at the same moment, a few times. Must not raise.
        """
        if self.limit:
            self._tells_first = True
            self._on_first = on_first
            self.limit = 0

    def on_overflow(self, hook: OverflowHook | None) -> None:
        """
        Offer another place to items there is no room for.

        Args:
            hook: Gets each such item. `None` takes the offer back.
        """
        self._hook = hook

    def admit(self, item: Any, times: int = 1) -> bool:
        """
        Append an item past the limit, while there are fewer than so many times the capacity; for overflow hooks.

        Args:
            item: The item there was no room for.
            times: 1, or `STRETCH` while somebody makes room.

        Returns:
            Whether it was appended.
        """
        if len(self.items) >= self.capacity * times:
            return False
        self.items.append(item)
        return True

    def divert(self, hook: OverflowHook) -> None:
        """
        Send every item elsewhere from now on, past the queue.

        Args:
            hook: Gets each item.
        """
        self._hook = hook
        self._on_first = None
        self.limit = 0

    def close(self) -> None:
        """Take nothing any more; what comes is counted as dropped because it came after the end."""
        self._reason = CLOSED
        self._hook = self._on_first = None
        self.limit = 0

    def copied(self) -> list[Any]:
        """What waits, oldest first; it goes on waiting."""
        for _ in range(3):
            try:
                return list(self.items)
            except RuntimeError:  # the agent appended meanwhile
                continue
        return []

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

    def is_crowded(self) -> bool:
        """Whether it is more than half full."""
        return len(self.items) * 2 > self.capacity

    @property
    def turned_away(self) -> dict[str, int]:
        """Items dropped because there was no place for them, by reason."""
        return {reason: tally.value() for reason, tally in self._turned_away.items()}

    def reinit_after_fork(self) -> None:
        """Forget, in a child, what belongs to the parent."""
        self.items.clear()
        self._turned_away = {QUEUE_FULL: Tally(), CLOSED: Tally()}
