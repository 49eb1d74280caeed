"""
Threads that wait for the next call.

Starting a thread costs as much as a hundred spans, and whoever flushes often would pay for it each time: so a thread that has
made its call stays for the next one. From 3.12.0 to 3.12.2 none can be started at all from the moment the program has
returned, before any exit function runs; there, as many as the end needs wait from the beginning on.

Source: https://github.com/python/cpython/pull/117029
"""

import sys
import weakref
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from otel_agent import guard, primitives
from otel_agent.lifecycle.forks import follow_forks

__all__ = ["NEEDED", "SPARE", "IdleThreads", "is_the_end", "shared"]

NEEDED = 8 if (3, 12) <= sys.version_info < (3, 12, 3) else 0
"""How many wait from the beginning on: the shutdown, what closes, its three signals, and some for what hangs."""

SPARE = 4
"""How many stay beyond these: a flush of three signals, and one more."""

NAME = "otel-agent-standby"

JOIN_S = 0.1
"""How long a thread that is told to go is waited for, in seconds: a subinterpreter cannot end before it is gone."""

_Calls = primitives.SimpleQueue[Callable[[], object] | None]


class IdleThreads:
    """
    Threads that wait for one call after the other. Safe inside a signal handler: no lock is shared.

    Args:
        ready: How many wait from the beginning on, for the end.
        spare: How many more may stay when they have made a call; one or two more when several end at the same moment.
    """

    def __init__(self, ready: int = NEEDED, spare: int = SPARE) -> None:
        self._ready = ready
        self._most = ready + spare
        self._idle: list[tuple[_Calls, primitives.Thread]] = []
        self._owners: weakref.WeakSet[Any] = weakref.WeakSet()

    def keep(self, owner: object) -> None:
        """
        Let threads stay, and have those ready that are needed from the beginning; fewer where no more can be had. Safe twice.

        Args:
            owner: Who wants them until it gives them back.
        """
        self._owners.add(owner)
        follow_forks(self, is_outermost=True)
        self._fill()

    def give_back(self, owner: object) -> None:
        """
        Let them go once nobody wants them any more. Safe twice.

        Args:
            owner: Whoever called `keep` with it.
        """
        self._owners.discard(owner)
        gone = []
        while not self._owners:
            try:
                calls, thread = self._idle.pop()
            except IndexError:
                break
            calls.put(None)
            gone.append(thread)
        for thread in gone:
            thread.join(JOIN_S)

    def lend(self, function: Callable[[], object]) -> bool:
        """
        Have something called on a thread that waits; returns at once.

        Args:
            function: Called once, without arguments, in the context that the caller has now.

        Returns:
            Whether there was one.
        """
        try:
            calls, _ = self._idle.pop()
        except IndexError:
            return False
        calls.put(partial(copy_context().run, function))
        return True

    def lend_spare(self, function: Callable[[], object]) -> bool:
        """
        Have something called on a thread that waits and is not kept for the end; returns at once.

        Args:
            function: Called once, without arguments, in the context that the caller has now.

        Returns:
            Whether there was one to spare.
        """
        return len(self._idle) > self._ready and self.lend(function)

    def begin(self, function: Callable[[], object]) -> None:
        """
        Have something called on a new thread, which stays for other calls while anybody wants it and not enough wait already.

        Args:
            function: Called once, without arguments, in the context that the caller has now.

        Raises:
            RuntimeError: No thread can be started.
        """
        self._begin(partial(copy_context().run, function))

    def hold_for_fork(self) -> None:
        """Nothing is held."""

    def go_on_after_fork(self) -> None:
        """Nothing was held."""

    def reinit_after_fork(self) -> None:
        """Threads of its own for the child."""
        self._idle = []
        if self._owners:
            self._fill()

    def _fill(self) -> None:
        while len(self._idle) < self._ready:
            try:
                self._idle.append(self._begin())
            except RuntimeError:  # threads are exhausted, or it is the end already
                return

    def _begin(self, function: Callable[[], object] | None = None) -> tuple[_Calls, primitives.Thread]:
        calls: _Calls = primitives.SimpleQueue()
        if function is not None:
            calls.put(function)
        # Begins in an empty context: what instruments threads would have it carry that of its first caller for ever.
        thread = primitives.Thread(self._serve, NAME, (calls, self._idle))
        thread.start()
        return calls, thread

    def _serve(self, calls: _Calls, idle: list[Any]) -> None:
        while (function := calls.get()) is not None:
            guard.swallow("lifecycle.standby", "what was left to a thread that waits for calls failed", function)
            function = None  # what it held is free while this waits
            primitives.rename_current(NAME)
            if not self._stays(calls, idle):
                return

    def _stays(self, calls: _Calls, idle: list[Any]) -> bool:
        # After a fork inside the call, in the child, nobody would ever put anything into `calls`.
        if idle is not self._idle or not self._owners or len(idle) >= self._most:
            return False
        thread = primitives.current()
        if thread is None:
            return False
        place = calls, thread
        idle.append(place)
        if not self._owners:  # given back meanwhile, perhaps before this one was seen
            try:
                idle.remove(place)
            except ValueError:  # it was seen
                return True
            return False
        return True


def is_the_end(error: BaseException) -> bool:
    """
    Whether a thread could not be started because the interpreter is ending, and not because there are too many.

    Args:
        error: What `Thread.start` has raised.
    """
    return isinstance(error, RuntimeError) and "interpreter shutdown" in str(error)


shared = IdleThreads()
