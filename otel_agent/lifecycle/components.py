"""
Components: started in order, stopped in reverse under one deadline, rolled back when one of them cannot start.

    Component   a name, how it starts, how it closes, what it needs, what it does around a fork
    Lifecycle   many of them: `with lifecycle:` and `async with lifecycle:`, hooks, readiness off before anything stops

`close` may be called by anybody at any moment: the agent, `atexit`, a signal's helper thread, two of them at once. The first
call begins the ending (`ending`), the others wait for it.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from otel_agent import guard
from otel_agent.clock import SYSTEM, Clock
from otel_agent.errors import LifecycleError
from otel_agent.lifecycle import idle_threads
from otel_agent.lifecycle.forks import follow_forks
from otel_agent.lifecycle.hooks import Hook
from otel_agent.lifecycle.ordering import in_order
from otel_agent.lifecycle.shutdown import Shutdown
from otel_agent.lifecycle.tasks import Task

if TYPE_CHECKING:
    import asyncio  # not loaded by `import otel_agent`

__all__ = ["SHUTDOWN_TIMEOUT_S", "START_HOOK_S", "STOP_HOOK_S", "Component", "Lifecycle"]

SHUTDOWN_TIMEOUT_S = 2.0
"""Everything, at the end, in seconds."""

START_HOOK_S = 10.0
"""A hook at the start may take this long when nothing else is said, in seconds."""

STOP_HOOK_S = 1.0
"""A hook at the end may take this long when nothing else is said, in seconds."""


class Component(NamedTuple):
    """A part that starts and closes. Each callable may be None: there is nothing to do then."""

    name: str
    start: Callable[[], object] | None = None
    """Raises when it cannot."""
    close: Callable[[float], object] | None = None
    """Takes the seconds it may use and returns within them; called at most once, from any thread."""
    needs: Sequence[str] = ()
    """Names of components that must run before it and close after it."""
    at_most_s: float | None = None
    """Of the time that is left it may use no more than this to close, in seconds; None sets no bound of its own."""
    saves_data: bool = False
    """Whether a reserve of time is kept for it, whatever hangs before it; where nobody says so, it is kept for the last."""
    hurry: Callable[[], object] | None = None
    """Called from another thread while it closes, when there is no more time: save what can be saved now."""
    hold_for_fork: Callable[[], object] | None = None
    go_on_after_fork: Callable[[], object] | None = None
    reinit_after_fork: Callable[[], object] | None = None


class Lifecycle:
    """Owns components from their start to their end; see the module."""

    def __init__(
        self,
        components: Iterable[Component] = (),
        *,
        shutdown_timeout_s: float = SHUTDOWN_TIMEOUT_S,
        clock: Clock = SYSTEM,
    ) -> None:
        """
        Declare components; nothing runs yet.

        Args:
            components: In the order in which they start where their needs do not say otherwise.
            shutdown_timeout_s: Everything, at the end, in seconds; at least 0.
            clock: Its monotonic face counts.
        """
        self.shutdown_timeout_s = shutdown_timeout_s
        self._clock = clock
        self._components = list(components)
        self._running: list[Component] = []
        self._is_started = False
        self._start_hooks: list[Hook] = []
        self._stop_hooks: list[Hook] = []
        self._drain_callbacks: list[Callable[[], object]] = []
        self._is_draining = False
        # At most one entry: `setdefault` is one instruction, so that of two who end at the same moment one wins, without
        # a lock that an interrupted main thread could keep from the helper that a signal handler waits for.
        self._endings: dict[str, Shutdown] = {}

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

    def on_start(self, function: Callable[[], object], *, timeout_s: float = START_HOOK_S) -> None:
        """
        Call a function once all components have started; when it fails, they are stopped again.

        Args:
            function: Takes nothing; may be a coroutine function.
            timeout_s: At most, in seconds; above 0.
        """
        self._start_hooks.append(_hook(function, timeout_s))

    def on_stop(self, function: Callable[[], object], *, timeout_s: float = STOP_HOOK_S) -> None:
        """
        Call a function before the components stop; the last one declared is the first one called.

        Args:
            function: Takes nothing; may be a coroutine function. Its failure is said and stops nothing.
            timeout_s: At most, in seconds, and never more than is left of the whole; above 0.
        """
        self._stop_hooks.append(_hook(function, timeout_s))

    def on_drain(self, function: Callable[[], object]) -> None:
        """
        Call a function before anything stops: readiness goes off here.

        Args:
            function: Takes nothing and returns at once.
        """
        self._drain_callbacks.append(function)

    def is_running(self) -> bool:
        """Whether it was started and has not begun to end."""
        return self._is_started and not self._endings

    def start(self) -> None:
        """
        Start everything in order; does nothing while it runs.

        Raises:
            LifecycleError: A component or a hook failed, and what had started was stopped again in reverse; components
                need each other in a circle; or it has ended before.
        """
        if self._start_components():
            self._run_start_hooks(None)

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
        ending = self._end(timeout_s, None)
        return ending.wait() and not ending.problems

    def hurry(self) -> None:
        """There is no more time: whatever still closes is told to save what it can; safe at any moment, from any thread."""
        ending = self._endings.get("")
        if ending is not None:
            ending.hurry()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        import asyncio  # a running loop has loaded it

        # Components start on the caller's own thread: one of them may want to be the main one.
        if self._start_components():
            loop = asyncio.get_running_loop()
            task = Task("start", lambda: self._run_start_hooks(loop))
            await _ended(task.start)
            if task.error is not None:
                raise task.error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import asyncio  # a running loop has loaded it

        ending = self._end(None, asyncio.get_running_loop())
        await _ended(lambda then: Task("end-awaited", ending.wait).start(then))

    def hold_for_fork(self) -> None:
        """Let every component come to a rest, the last started first."""
        self._each(reversed(self._running), lambda component: component.hold_for_fork)

    def go_on_after_fork(self) -> None:
        """Let every component go on, in the parent."""
        self._each(self._running, lambda component: component.go_on_after_fork)

    def reinit_after_fork(self) -> None:
        """Let every component begin anew in the child, unless the parent was ending."""
        if not self._endings:
            self._each(self._running, lambda component: component.reinit_after_fork)

    def _start_components(self) -> bool:
        if self._endings:
            raise LifecycleError("it has ended and cannot start again; build a new one")
        if self._is_started:
            return False
        by_name = {component.name: component for component in self._components}
        if len(by_name) < len(self._components):
            raise LifecycleError("two components have the same name; give each its own")
        ordered = in_order({component.name: component.needs for component in self._components})
        self._is_started = True
        follow_forks(self)
        idle_threads.shared.keep(self)
        for name in ordered:
            component = by_name[name]
            try:
                if component.start is not None:
                    component.start()
            except BaseException as error:
                self._roll_back(f"{name} could not be started ({type(error).__name__}: {error})", error)
                raise
            self._running.append(component)
        return True

    def _run_start_hooks(self, loop: "asyncio.AbstractEventLoop | None") -> None:
        for hook in self._start_hooks:
            task = hook.begin(loop)
            task.wait(hook.timeout_s)
            problem = hook.problem(task, hook.timeout_s)
            if problem is not None:
                self._roll_back(problem, task.error)

    def _roll_back(self, problem: str, error: BaseException | None) -> None:
        self._stop_hooks.clear()
        self.close()
        if error is None or isinstance(error, Exception):
            raise LifecycleError(f"{problem}; what had started was stopped again") from error

    def _end(self, timeout_s: float | None, loop: "asyncio.AbstractEventLoop | None") -> Shutdown:
        new = Shutdown(self.shutdown_timeout_s if timeout_s is None else timeout_s, self._clock)
        ending = self._endings.setdefault("", new)
        if ending is new:
            if self._is_started:
                self.drain()
            hooks = list(reversed(self._stop_hooks)) if self._is_started else []
            ending.start(hooks, self._running[::-1], loop, lambda: idle_threads.shared.give_back(self))
        return ending

    @staticmethod
    def _each(components: Iterable[Component], action: Callable[[Component], Callable[[], object] | None]) -> None:
        for component in list(components):
            function = action(component)
            if function is not None:
                guard.swallow("lifecycle.fork", f"{component.name} could not follow a fork", function)


def _hook(function: Callable[[], object], timeout_s: float) -> Hook:
    return Hook(getattr(function, "__qualname__", type(function).__qualname__), function, timeout_s)


async def _ended(start: Callable[[Callable[[], object]], object]) -> None:
    import asyncio  # a running loop has loaded it

    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        with suppress(RuntimeError):  # nobody waits any more: the loop was closed
            loop.call_soon_threadsafe(done.set)

    start(tell)
    await done.wait()
