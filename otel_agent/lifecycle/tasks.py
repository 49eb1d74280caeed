"""
Foreign code on a thread of its own, so that whoever waits for it never waits longer than it wants to.

A signal handler may interrupt the main thread between any two instructions and then wait for another thread. So nothing here
takes a lock that two threads share: `Latch` gives every waiter a lock of its own, and its operations are single instructions
of the interpreter. An interrupted waiter can delay nobody but itself.
"""

from collections.abc import Callable

from otel_agent import primitives
from otel_agent.lifecycle import idle_threads

__all__ = ["Latch", "Task"]


class Latch:
    """A gate that opens once and stays open; safe to open and to wait for inside a signal handler."""

    def __init__(self) -> None:
        self._is_open = False
        self._waiting: list[primitives.Lock] = []

    def open(self) -> None:
        """Let everybody through, now and later; safe twice."""
        self._is_open = True
        for lock in list(self._waiting):
            try:
                lock.release()
            except RuntimeError:  # opened twice
                continue

    def is_open(self) -> bool:
        """Whether it was opened."""
        return self._is_open

    def wait(self, timeout_s: float) -> bool:
        """
        Wait until it is open.

        Args:
            timeout_s: At most, in seconds; 0 or less only looks.

        Returns:
            Whether it is open.
        """
        if self.is_open() or timeout_s <= 0:
            return self.is_open()
        lock = primitives.Lock()
        lock.acquire()
        self._waiting.append(lock)
        # Opened between the first look and the line above: the opener may not have seen this lock.
        return self.is_open() or lock.acquire(timeout=min(timeout_s, primitives.TIMEOUT_MAX_S)) or self.is_open()


class Task:
    """
    One call on a daemon thread that waits or is started, and on the caller's own only where there is none to be had.

    It is made in the caller's context. What it leaves in a `threading.local` is found by later calls on the same thread.

    Args:
        name: Name of the thread, behind "otel-agent-".
        function: Called once, without arguments.
    """

    def __init__(self, name: str, function: Callable[[], object]) -> None:
        self._name = name
        self._function = function
        self._done = Latch()
        self._then: Callable[[], object] | None = None
        self.error: BaseException | None = None
        """What the call raised; None while it runs and when it returned."""

    def start(self, then: Callable[[], object] | None = None) -> "Task":
        """
        Begin.

        Args:
            then: Called on the same thread when the call has ended, however it ended.

        Returns:
            Itself.
        """
        self._then = then
        if not idle_threads.shared.lend_spare(self._run_on_thread):
            try:
                idle_threads.shared.begin(self._run_on_thread)
            except RuntimeError:  # the interpreter is ending, or threads are exhausted
                if not idle_threads.shared.lend(self._run_on_thread):
                    self._run()
        return self

    def wait(self, timeout_s: float) -> bool:
        """
        Wait for its end.

        Args:
            timeout_s: At most, in seconds.

        Returns:
            Whether it has ended.
        """
        return self._done.wait(timeout_s)

    def is_done(self) -> bool:
        """Whether it has ended."""
        return self._done.is_open()

    def _run_on_thread(self) -> None:
        primitives.rename_current(f"otel-agent-{self._name}")
        self._run()

    def _run(self) -> None:
        try:
            self._function()
        except BaseException as error:  # noqa: BLE001 - SystemExit of a hook must not be lost either; the waiter reads it
            self.error = error
        self._done.open()
        if self._then is not None:
            self._then()
