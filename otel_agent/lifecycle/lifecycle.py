"""
A lifecycle: components started in order, stopped in reverse under one deadline, rolled back when one of them cannot start.

`close` may be called by anybody at any moment: the agent, `atexit`, a signal's helper thread, two of them at once. The first
call begins the shutdown (`shutdown`), the others wait for it.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from otel_agent import guard
from otel_agent.clock import SYSTEM, Clock
from otel_agent.errors import LifecycleError
from otel_agent.late_imports import late_module
from otel_agent.lifecycle import idle_threads
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.forks import follow_forks
from otel_agent.lifecycle.hooks import Hook
from otel_agent.lifecycle.shutdown import Shutdown
from otel_agent.lifecycle.tasks import Task

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = late_module("asyncio")

__all__ = ["SHUTDOWN_TIMEOUT_S", "STOP_HOOK_S", "Lifecycle"]

SHUTDOWN_TIMEOUT_S = 2.0
"""Everything, at the end, in seconds."""

STOP_HOOK_S = 1.0
"""A hook at the end may take this long when nothing else is said, in seconds."""


class Lifecycle:
    """
    Owns components from their start to their end.

    A context manager: `with lifecycle:` and `async with lifecycle:`; under the latter coroutine hooks run on the agent's own loop.

    Args:
        components: In the order in which they start; closed in reverse.
        shutdown_timeout_s: Everything, at the end, in seconds; at least 0.
        clock: Its monotonic face counts.
    """

    def __init__(
        self,
        components: Iterable[Component] = (),
        *,
        shutdown_timeout_s: float = SHUTDOWN_TIMEOUT_S,
        clock: Clock = SYSTEM,
    ) -> None:
        self.shutdown_timeout_s = shutdown_timeout_s
        self._clock = clock
        self._components = list(components)
        self._running: list[Component] = []
        self._is_started = False
        self._stop_hooks: list[Hook] = []
        self._drain_callbacks: list[Callable[[], object]] = []
        self._is_draining = False
        # At most one entry: `setdefault` is one instruction, so that of two who end at the same moment one wins, without
        # a lock that an interrupted main thread could keep from the helper that a signal handler waits for.
        self._shutdowns: dict[str, Shutdown] = {}

    def add(self, component: Component) -> None:
        """
        Declare one more component, before the start.

        Args:
            component: Started after those declared before it.

        Raises:
            LifecycleError: It has been started already.
        """
        if self._is_started:
            raise LifecycleError(f"component {component.name!r} was added after the start; add it before")
        self._components.append(component)

    def on_stop(self, function: Callable[[], object], *, timeout_s: float = STOP_HOOK_S) -> None:
        """
        Call a function before the components stop; the last one declared is the first one called.

        Args:
            function: Takes nothing; may be a coroutine function. Its failure is said and stops nothing.
            timeout_s: At most, in seconds, and never more than is left of the whole; above 0.
        """
        name = getattr(function, "__qualname__", type(function).__qualname__)
        self._stop_hooks.append(Hook(name, function, timeout_s))

    def on_drain(self, function: Callable[[], object]) -> None:
        """
        Call a function before anything stops: readiness goes off here.

        Args:
            function: Takes nothing and returns at once.
        """
        self._drain_callbacks.append(function)

    def is_running(self) -> bool:
        """Whether it was started and has not begun to end."""
        return self._is_started and not self._shutdowns

    def start(self) -> None:
        """
        Start everything in order; does nothing while it runs.

        Raises:
            LifecycleError: A component failed, and what had started was stopped again in reverse; or it has ended before.
        """
        if self._shutdowns:
            raise LifecycleError("it has ended and cannot start again; build a new one")
        if self._is_started:
            return
        if len({component.name for component in self._components}) < len(self._components):
            raise LifecycleError("two components have the same name; give each its own")
        self._is_started = True
        follow_forks(self)
        idle_threads.shared.keep(self)
        for component in self._components:
            try:
                if component.start is not None:
                    component.start()
            except BaseException as error:
                self._stop_hooks.clear()
                self.close()
                if isinstance(error, Exception):
                    raise LifecycleError(
                        f"{component.name} could not be started ({type(error).__name__}: {error});"
                        " what had started was stopped again"
                    ) from error
                raise
            self._running.append(component)

    def drain(self) -> None:
        """Say that the end is near: readiness goes off, nothing stops; does nothing the second time."""
        if self._is_draining:
            return
        self._is_draining = True
        for function in self._drain_callbacks:
            guard.swallow("lifecycle.drain", "readiness could not be turned off", function)

    def close(self, timeout_s: float | None = None) -> bool:
        """
        End: readiness off, hooks, components in reverse; safe before the start, twice, and from several threads.

        Args:
            timeout_s: For all of it, in seconds; None takes what was given at the beginning. Of several calls the first
                one's counts.

        Returns:
            Whether everything ended in time and without a failure.
        """
        shutdown = self._begin_shutdown(timeout_s, None)
        return shutdown.wait() and not shutdown.problems

    def hurry(self) -> None:
        """There is no more time: whatever still closes is told to save what it can; safe at any moment, from any thread."""
        shutdown = self._shutdowns.get("")
        if shutdown is not None:
            shutdown.hurry()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        self.start()  # on the caller's own thread: a component may want to be started on the main one
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        shutdown = self._begin_shutdown(None, loop)

        def tell() -> None:
            with suppress(RuntimeError):  # nobody waits any more: the loop was closed
                loop.call_soon_threadsafe(done.set)

        Task("end-awaited", shutdown.wait).start(tell)
        await done.wait()

    def hold_for_fork(self) -> None:
        """Let every component come to a rest, the last started first."""
        self._each(reversed(self._running), lambda component: component.hold_for_fork)

    def go_on_after_fork(self) -> None:
        """Let every component go on, in the parent."""
        self._each(self._running, lambda component: component.go_on_after_fork)

    def reinit_after_fork(self) -> None:
        """Let every component begin anew in the child; one whose parent was ending has what is left to it."""
        shutdown = self._shutdowns.get("")
        running = self._running
        if shutdown is not None:
            self._running = shutdown.left_to_child()[::-1]
            if not self._running:
                return
            self._shutdowns.clear()
            self._is_draining = False
        self._each(running, lambda component: component.reinit_after_fork)

    def _begin_shutdown(self, timeout_s: float | None, loop: "asyncio.AbstractEventLoop | None") -> Shutdown:
        timeout_s = self.shutdown_timeout_s if timeout_s is None else timeout_s
        new = Shutdown(timeout_s, self._clock, self._running[::-1])
        shutdown = self._shutdowns.setdefault("", new)
        if shutdown is new:
            if self._is_started:
                self.drain()
            hooks = self._stop_hooks[::-1] if self._is_started else []
            shutdown.start(hooks, loop, lambda: idle_threads.shared.give_back(self))
        return shutdown

    @staticmethod
    def _each(components: Iterable[Component], action: Callable[[Component], Callable[[], object] | None]) -> None:
        for component in list(components):
            function = action(component)
            if function is not None:
                guard.swallow("lifecycle.fork", f"{component.name} could not follow a fork", function)
