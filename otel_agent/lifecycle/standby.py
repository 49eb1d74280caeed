"""
Threads kept ready for the end, where an interpreter that is ending starts none.

From 3.12.0 to 3.12.2 no thread can be started from the moment the program has returned, before any exit function runs. What has
to be bounded in time at the end needs one nevertheless: so a few wait from the beginning on. Everywhere else there are none.

Source: https://github.com/python/cpython/pull/117029
"""

import sys
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from otel_agent import guard
from otel_agent.lifecycle.forks import follow_forks

__all__ = ["NEEDED", "Standby", "is_the_end", "shared"]

NEEDED = 8 if (3, 12) <= sys.version_info < (3, 12, 3) else 0
"""How many are kept: the ending, what closes, its three signals, and some for what hangs."""


_Calls = SimpleQueue[Callable[[], object] | None]


class Standby:
    """Threads that wait for one call after the other. Safe inside a signal handler: no lock is shared."""

    def __init__(self, count: int = NEEDED) -> None:
        """
        Keep none yet.

        Args:
            count: How many there are to be, whether they wait or work, while anybody wants them.
        """
        self._wanted_count = count
        self._idle: list[_Calls] = []
        self._count = 0
        self._owners: weakref.WeakSet[Any] = weakref.WeakSet()

    def keep(self, owner: object) -> None:
        """
        Have threads ready; fewer where no more can be had. Safe twice.

        Args:
            owner: Who wants them until it gives them back.
        """
        self._owners.add(owner)
        if self._wanted_count:
            follow_forks(self, is_outermost=True)
            self._fill()

    def give_back(self, owner: object) -> None:
        """
        Let them go once nobody wants them any more. Safe twice.

        Args:
            owner: Who wanted them.
        """
        self._owners.discard(owner)
        while self._idle and not self._owners:
            self.lend(None)
            self._count -= 1

    def lend(self, function: Callable[[], object] | None) -> bool:
        """
        Have something called on a thread that waits; returns at once.

        Args:
            function: Called once, without arguments; None ends the thread.

        Returns:
            Whether there was one.
        """
        try:
            calls = self._idle.pop()
        except IndexError:
            return False
        calls.put(function)
        return True

    def hold_for_fork(self) -> None:
        """Nothing is held."""

    def go_on_after_fork(self) -> None:
        """Nothing was held."""

    def reinit_after_fork(self) -> None:
        """Threads of its own for the child."""
        self._count = 0
        self._idle = []
        if self._owners:
            self._fill()

    def _fill(self) -> None:
        while self._count < self._wanted_count:
            calls: _Calls = SimpleQueue()
            try:
                threading.Thread(target=_work, args=(calls, self._idle), name="otel-agent-standby", daemon=True).start()
            except RuntimeError:  # threads are exhausted, or it is the end already
                return
            self._idle.append(calls)
            self._count += 1


def _work(calls: _Calls, idle: list[_Calls]) -> None:
    while (function := calls.get()) is not None:
        guard.swallow("lifecycle.standby", "what was left to a thread kept ready failed", function)
        idle.append(calls)


def is_the_end(error: BaseException) -> bool:
    """
    Whether a thread could not be started because the interpreter is ending, and not because there are too many.

    Args:
        error: From `Thread.start`.
    """
    return isinstance(error, RuntimeError) and "interpreter shutdown" in str(error)


shared = Standby()
