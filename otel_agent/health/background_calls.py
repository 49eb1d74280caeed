"""
Background calls: foreign code beside the monitor, which may hang without holding up a single check.

Readings and files are a `CachedCall`, listeners a `ListenerQueue`. Each uses at most one thread at a time, and only while there is
something to do.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from otel_agent import guard
from otel_agent.lifecycle.tasks import Task

__all__ = ["CachedCall", "ListenerQueue"]

T = TypeVar("T")
WAITING = 256
"""Messages kept for a listener that is slow; beyond this many the oldest is dropped and counted."""


class CachedCall(Generic[T]):
    """
    A call that is made again and again on a background thread, and whose newest result is there without waiting.

    Args:
        name: Name of the thread, and kind of failure in the guard: "health.<name>".
        function: Takes nothing; while one call hangs no other is made.
        failure: What is said when it raises, in a sentence.
    """

    def __init__(self, name: str, function: Callable[[], T], failure: str) -> None:
        self._name = name
        self._function = function
        self._failure = failure
        self._task: Task | None = None
        self._result: T | None = None
        self._is_new = False

    def refresh(self) -> T | None:
        """
        Call again, unless the last call still runs.

        Returns:
            The newest result; None before the first.
        """
        if self._task is None or self._task.is_done():
            self._task = Task(self._name, self._run).start()
        return self._result

    def refresh_and_take(self) -> T | None:
        """
        Call again, unless the last call still runs, and take the newest result.

        Returns:
            The newest result; None when there was none since it was last taken.
        """
        is_new, self._is_new = self._is_new, False
        result = self.refresh()
        return result if is_new else None

    def wait(self, timeout_s: float) -> bool:
        """
        Wait for the end of the last call.

        Args:
            timeout_s: At most, in seconds.

        Returns:
            Whether it has ended.
        """
        return self._task is None or self._task.wait(timeout_s)

    def _run(self) -> None:
        with guard.guarded(f"health.{self._name}", self._failure):
            self._result = self._function()
            self._is_new = True


class ListenerQueue(Generic[T]):
    """
    Messages for a listener, which hears each once and in order, on a thread that ends when there is nothing to tell.

    Args:
        name: Name of the thread, and kind of failure in the guard: "health.<name>".
        listener: Takes a message; its failure is reported and the next message follows.
    """

    def __init__(self, name: str, listener: Callable[[T], object]) -> None:
        self._name = name
        self._listener = listener
        self._waiting: deque[T] = deque()
        self._task: Task | None = None

    def put(self, message: T) -> None:
        """
        Hand over a message; returns at once. Called from one thread.

        Args:
            message: Message that is told after those before it.
        """
        if len(self._waiting) >= WAITING:
            self._waiting.popleft()
            guard.shared.report(
                f"health.{self._name}", "a listener to changes of health is too slow; a change was dropped"
            )
        self._waiting.append(message)
        self.resume()

    def resume(self) -> None:
        """
        Make sure that what waits is told; returns at once. Called from the same thread as `put`, again and again.

        A message that is put while the thread is about to end would otherwise wait for the next one.
        """
        if self._waiting and (self._task is None or self._task.is_done()):
            self._task = Task(self._name, self._run).start()

    def wait(self, timeout_s: float) -> bool:
        """
        Wait until everything was told.

        Args:
            timeout_s: At most, in seconds.

        Returns:
            Whether it was.
        """
        return self._task is None or self._task.wait(timeout_s)

    def _run(self) -> None:
        while self._waiting:
            message = self._waiting.popleft()
            with guard.guarded(f"health.{self._name}", "a listener to changes of health failed"):
                self._listener(message)
