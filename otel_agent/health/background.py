"""
Foreign code beside the monitor: readings, listeners and files may hang without holding up a single check.

Each of these uses at most one thread at a time, and only while there is something to do.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from otel_agent import guard
from otel_agent.lifecycle.tasks import Task

__all__ = ["ChangeListener", "LatestAnswer"]

T = TypeVar("T")
WAITING = 256
"""Messages kept for a listener that is slow; beyond this many the oldest is dropped and counted."""


class LatestAnswer(Generic[T]):
    """The newest answer of a question that is asked again and again, and never waited for."""

    def __init__(self, name: str, question: Callable[[], T], failure: str) -> None:
        """
        Ask nothing yet.

        Args:
            name: Of the thread, and of the kind of failure in the guard: "health.<name>".
            question: Takes nothing; while one call hangs no other is made.
            failure: What is said when it raises, in a sentence.
        """
        self._name = name
        self._question = question
        self._failure = failure
        self._task: Task | None = None
        self._answer: T | None = None
        self._is_new = False

    def ask(self) -> T | None:
        """
        Ask again, unless the last question is still open.

        Returns:
            What was answered last; None before the first answer.
        """
        if self._task is None or self._task.is_done():
            self._task = Task(self._name, self._run).start()
        return self._answer

    def fresh(self) -> T | None:
        """
        Ask again, unless the last question is still open.

        Returns:
            What was answered since the last call; None when nothing was.
        """
        is_new, self._is_new = self._is_new, False
        answer = self.ask()
        return answer if is_new else None

    def wait(self, timeout_s: float) -> bool:
        """
        Wait for the answer to the last question.

        Args:
            timeout_s: At most, in seconds.

        Returns:
            Whether it has come.
        """
        return self._task is None or self._task.wait(timeout_s)

    def _run(self) -> None:
        with guard.guarded(f"health.{self._name}", self._failure):
            self._answer = self._question()
            self._is_new = True


class ChangeListener(Generic[T]):
    """A listener that hears every message once and in order, on a thread that ends when there is nothing to tell."""

    def __init__(self, name: str, listener: Callable[[T], object]) -> None:
        """
        Tell nothing yet.

        Args:
            name: Of the thread, and of the kind of failure in the guard: "health.<name>".
            listener: Takes a message; its failure is reported and the next message follows.
        """
        self._name = name
        self._listener = listener
        self._waiting: deque[T] = deque()
        self._task: Task | None = None

    def tell(self, message: T) -> None:
        """
        Hand over a message; returns at once. Called from one thread.

        Args:
            message: Told after those before it.
        """
        if len(self._waiting) >= WAITING:
            self._waiting.popleft()
            guard.shared.report(
                f"health.{self._name}", "a listener to changes of health is too slow; a change was dropped"
            )
        self._waiting.append(message)
        self.go_on()

    def go_on(self) -> None:
        """Make sure that somebody tells what waits; returns at once. Called from the same thread as `tell`."""
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
