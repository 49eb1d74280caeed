"""
The spool's lock: nobody waits for it for ever, and nobody waits for a slow disk again and again.

A signal handler that ends a span in the middle of an `append` of its own thread must not wait for itself. And a disk that
keeps another thread for long must not be felt by this one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from otel_agent import primitives

__all__ = ["LOCK_PATIENCE_S", "SpoolLock"]

LOCK_PATIENCE_S = 0.5
"""How long a thread waits for another, in seconds."""


class SpoolLock:
    """
    A lock that is refused to the thread that holds it, and to one that has waited for too long.

    Args:
        on_slow: Called after another thread has kept the lock for longer than `LOCK_PATIENCE_S`.
    """

    def __init__(self, on_slow: Callable[[], object]) -> None:
        self._lock = primitives.Lock()
        self._on_slow = on_slow
        self._owner = 0
        self._is_held_for_fork = False

    def acquire(self) -> bool:
        """Take the lock; `False` when this thread holds it already, or another one keeps it."""
        thread = primitives.get_ident()
        if self._owner == thread:
            return False
        if not self._lock.acquire(timeout=LOCK_PATIENCE_S):
            self._on_slow()
            return False
        self._owner = thread
        return True

    def release(self) -> None:
        """Give the lock back; only after `acquire` has said yes."""
        self._owner = 0
        self._lock.release()

    @contextmanager
    def held(self) -> Iterator[bool]:
        """The lock for a `with` statement; says whether it was taken."""
        is_taken = self.acquire()
        try:
            yield is_taken
        finally:
            if is_taken:
                self.release()

    def hold_for_fork(self) -> None:
        """Let a write end before a fork, and begin none until it is over."""
        self._is_held_for_fork = self._lock.acquire(timeout=LOCK_PATIENCE_S)

    def go_on_after_fork(self) -> None:
        """Let writes begin again, in the parent."""
        if self._is_held_for_fork:
            self._is_held_for_fork = False
            self._lock.release()
