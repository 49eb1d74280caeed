"""
One shutdown: hooks, then components in reverse, each on a thread of its own, all before one moment.

A component that does not come back in its time is left behind and the next one is closed. A small reserve is kept for those
that save data, and never given to the others; where none says that it does, it is kept for the last.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from otel_agent import guard
from otel_agent.clock import Clock
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.hooks import Hook
from otel_agent.lifecycle.tasks import Latch, Task

if TYPE_CHECKING:
    import asyncio  # for types alone

__all__ = ["Shutdown"]

GRACE_S = 0.25
"""What the end may take beyond its deadline, in seconds, so that what saves data can write to disk."""

SAVING_S = 1.75
"""What a component that saves data may take beyond the deadline while it is still at it, in seconds: used on a machine that is
overloaded, and there it is the data's."""

HURRY_S = 0.05
"""What the component that is closing may take when there is no more time, in seconds; what saves data has longer."""

LOOK_S = 0.02
"""How often a waiting end looks whether it should hurry, in seconds."""


class Shutdown:
    """
    Runs once, on a thread of its own; everybody may wait for it. Its deadline counts from when it is made.

    Args:
        timeout_s: Time for everything, in seconds.
        clock: Its monotonic face counts.
        components: Closed one after the other, in this order.
    """

    def __init__(self, timeout_s: float, clock: Clock, components: Sequence[Component] = ()) -> None:
        self.problems: list[str] = []
        """What failed or took too long, in order."""
        self._slow: list[str] = []
        """Those that only took too long: a busy machine, and no news for the agent's standard error."""
        self._clock = clock
        self._end_s = clock.monotonic_s() + timeout_s
        self._reserve_s = min(GRACE_S, timeout_s / 4)
        self._done = Latch()
        self._is_hurried = False
        self._open, self._untouched = list(components), list(components)
        """The first: those that have not closed; the second: those that have not begun to."""
        self._savers = [component for component in components if component.saves_data] or components[-1:]

    def start(
        self,
        hooks: Sequence[Hook],
        loop: "asyncio.AbstractEventLoop | None",
        then: Callable[[], object],
    ) -> None:
        """
        Begin.

        Args:
            hooks: Run one after the other, before the components close.
            loop: Event loop on which coroutine hooks run; None makes one for each.
            then: Called last, before everybody who waits is told.
        """

        def end() -> None:
            then()
            self._done.open()

        Task("end", lambda: self._run(hooks, loop)).start(end)

    def wait(self) -> bool:
        """
        Wait for the end, at most until the deadline and a moment more.

        Returns:
            Whether it has come.
        """
        while not self._done.wait(LOOK_S):
            if self._clock.monotonic_s() >= self._end_s + SAVING_S + GRACE_S:
                return self._done.is_open()
        return True

    def left_s(self) -> float:
        """Seconds that are left until the deadline; never negative."""
        return max(0.0, self._end_s - self._clock.monotonic_s())

    def left_to_child(self) -> list[Component]:
        """
        In a forked child: this end is its parent's, and nobody goes on with it here.

        Returns:
            Components that the child has, in the order in which they close: those that had not begun to, and what saves data even
            where it had; none once the data is saved.
        """
        self._done.open()
        if not all(saver in self._open for saver in self._savers):
            return []
        return [component for component in self._open if component in (*self._untouched, *self._savers)]

    def hurry(self) -> None:
        """Move the deadline to now; safe twice and from any thread."""
        if self._is_hurried:
            return
        self._is_hurried = True
        self._end_s = min(self._end_s, self._clock.monotonic_s() + 2 * HURRY_S)
        for component in list(self._open):
            if component.hurry is not None:
                guard.swallow("lifecycle.hurry", f"{component.name} could not be hurried", component.hurry)

    def _run(self, hooks: Sequence[Hook], loop: "asyncio.AbstractEventLoop | None") -> None:
        for hook in hooks:
            allowed_s = max(0.0, min(hook.timeout_s, self.left_s() - self._reserve_s))
            task = hook.begin(loop)
            self._wait_for(task, allowed_s)
            problem = hook.problem(task, allowed_s)
            if problem is not None:
                self.problems.append(problem)
        while self._untouched:
            component, *self._untouched = self._untouched
            problem = self._close(component, saves_data=component in self._savers)
            if problem is not None:
                self.problems.append(problem)
            self._open.remove(component)
        # Said last: the main thread may be held in a signal handler while it owns a lock of logging.
        for problem in self.problems:
            if problem in self._slow:
                guard.shared.report("lifecycle.slow_end", problem, level=logging.INFO)
            else:
                guard.shared.report("lifecycle.end", problem)

    def _close(self, component: Component, *, saves_data: bool) -> str | None:
        close = component.close
        if close is None:
            return None
        left_s = self.left_s()
        allowed_s = left_s if saves_data else max(0.0, left_s - self._reserve_s)
        if component.at_most_s is not None:
            allowed_s = min(allowed_s, component.at_most_s)
        task = Task(f"end-{component.name}", lambda: close(allowed_s)).start()
        if not self._wait_for(
            task, allowed_s + (SAVING_S if saves_data else self._reserve_s / 4), saves_data=saves_data
        ):
            slow = f"{component.name} did not close within {allowed_s:.3g} s and was left behind"
            self._slow.append(slow)
            return slow
        if task.error is not None:
            return f"{component.name} failed to close ({type(task.error).__name__}: {task.error})"
        return None

    def _wait_for(self, task: Task, timeout_s: float, *, saves_data: bool = False) -> bool:
        until_s = self._clock.monotonic_s() + timeout_s
        while not task.wait(LOOK_S):
            if self._is_hurried:
                return task.wait(SAVING_S if saves_data else HURRY_S)
            if self._clock.monotonic_s() >= until_s:
                return False
        return True
