"""
Hooks: functions of the agent's that are called at the end, each with a deadline of its own.

A hook runs on a thread of its own, so that one that hangs costs its deadline and no more. It may be a coroutine function:
under `async with` it runs on the agent's own loop, otherwise on one made for it.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_agent.late_imports import late_module
from otel_agent.lifecycle.tasks import Task
from otel_agent.lifecycle.threads import with_signals

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = late_module("asyncio")

__all__ = ["Hook"]


class Hook(NamedTuple):
    """A function to call, and how long it may take."""

    name: str
    function: Callable[[], object]
    """Takes nothing; may be a coroutine function."""
    timeout_s: float
    """At most, in seconds; above 0."""

    def begin(self, loop: "asyncio.AbstractEventLoop | None" = None) -> Task:
        """
        Begin the call.

        Args:
            loop: Event loop on which a coroutine runs; it must not be the caller's own. None makes one.

        Returns:
            The call on its thread, to wait for.
        """
        return Task(f"hook-{self.name}", lambda: with_signals(lambda: _call(self.function, loop))).start()

    def problem(self, task: Task, allowed_s: float) -> str | None:
        """
        What went wrong, after the wait.

        Args:
            task: The call, from `begin`.
            allowed_s: How long it was waited for, in seconds.

        Returns:
            What went wrong, in a sentence, or None.
        """
        if not task.is_done():
            return f"hook {self.name!r} did not end within {allowed_s:.3g} s and was left behind"
        if task.error is not None:
            return f"hook {self.name!r} failed ({type(task.error).__name__}: {task.error})"
        return None


def _call(function: Callable[[], object], loop: "asyncio.AbstractEventLoop | None") -> None:
    answer = function()
    if not isinstance(answer, Coroutine):
        return
    coroutine: Coroutine[Any, Any, object] = answer
    if loop is None:
        asyncio.run(coroutine)
    else:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result()
