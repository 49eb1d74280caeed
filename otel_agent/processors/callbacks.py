"""
Observable callbacks, run where they cannot do harm.

The SDK calls them one after the other, in the collecting thread, while it holds the lock that creating an instrument needs
too: one callback that hangs stops all metrics and, in time, the agent. So they are run before the SDK collects, by a worker
thread, without any lock; the SDK then finds their results ready. A callback that overstays its deadline is named once and
keeps that worker to itself from then on: nobody waits for it any more, what it returns is used by the next collection, and it
is not asked again before it has returned. A new worker goes on with the others.

Callbacks that raise, `SystemExit` included, lose their remaining points and nothing else.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from typing import Any

from opentelemetry.metrics import CallbackOptions, Observation

from otel_agent import guard, primitives
from otel_agent.clock import monotonic_s
from otel_agent.lifecycle.threads import with_signals
from otel_agent.processors.cardinality import AttributeBound

__all__ = ["Callbacks", "GuardedCallback"]

Callback = Callable[[CallbackOptions], Iterable[Observation]]


class GuardedCallback:
    """
    One callback of one observable instrument, as the SDK sees it; `Callbacks.add` makes it.

    Args:
        name: Name of the instrument, to say which one fails.
        callback: A function or a generator, as the API allows.
        owner: Knows which thread is served with ready results.
        bound: Bound on attribute sets; `None` when the SDK has its own.
        is_sum: Whether values beyond the bound can be added up.
    """

    __slots__ = ("_bound", "_callback", "_is_sum", "_owner", "is_ours", "is_running", "name", "results", "worker")

    def __init__(
        self,
        name: str,
        callback: Callback | Generator[Any, Any, Any],
        owner: "Callbacks",
        bound: AttributeBound | None,
        *,
        is_sum: bool,
    ) -> None:
        self.name = name
        self._callback = _as_function(callback)
        self._owner = owner
        self._bound = bound
        self._is_sum = is_sum
        self.is_ours = False
        """Whether it is this package's own."""
        self.is_running = False
        self.results: Sequence[Observation] = ()
        self.worker: _CallbackWorker | None = None
        """A worker of its own, once it has overstayed its deadline."""

    def __call__(self, options: CallbackOptions) -> Iterable[Observation]:
        """Answer the SDK: with what is ready during a collection of ours, else by asking now."""
        if self._owner.served_thread == primitives.get_ident():
            results, self.results = self.results, ()
            return results
        return () if self.is_running else self.ask(options)

    def ask(self, options: CallbackOptions) -> Sequence[Observation]:
        """
        Run the callback. Never raises.

        Args:
            options: Options of the API, as the SDK gives them.

        Returns:
            The observations made before it ended or failed.
        """
        observations: list[Observation] = []
        try:
            ask = partial(self._gather, observations, options)
            ask() if self.is_ours else with_signals(ask)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - foreign code; `sys.exit` in it must not end the thread
            guard.shared.report(f"metrics.callback.{self.name}", f"the callback of metric {self.name} failed", error)
        return observations if self._bound is None else self._bounded(observations, self._bound)

    def _gather(self, observations: list[Observation], options: CallbackOptions) -> None:
        observations.extend(self._callback(options) or ())

    def _bounded(self, observations: list[Observation], bound: AttributeBound) -> list[Observation]:
        admitted: list[Observation] = []
        overflow: Observation | None = None
        for observation in observations:
            attributes = bound.admit(observation.attributes)
            if attributes is observation.attributes:
                admitted.append(observation)
                continue
            value = observation.value + (overflow.value if overflow is not None and self._is_sum else 0)
            overflow = Observation(value, attributes)
        return admitted if overflow is None else [*admitted, overflow]

    def move(self, owner: "Callbacks") -> None:
        """
        Answer to another owner from now on.

        Args:
            owner: Callbacks of the provider that has taken the instrument over.
        """
        self.forget()
        self._owner = owner

    def forget(self) -> None:
        """Begin anew in a forked child."""
        self.is_running = False
        self.results = ()
        self.worker = None
        if self._bound is not None:
            self._bound.clear()


class Callbacks:
    """
    All callbacks of a meter provider, and the worker that runs them.

    `gather` is called by one thread at a time; callbacks may be added from any. No thread is started before the first `gather`.

    Args:
        deadline_s: How long one callback may take before it is left behind, in seconds.
    """

    def __init__(self, deadline_s: float = 1.0) -> None:
        self._deadline_s = deadline_s
        self._callbacks: list[GuardedCallback] = []
        self._worker: _CallbackWorker | None = None
        self.served_thread: int | None = None
        """The thread whose calls of callbacks are answered with what is ready."""

    def add(
        self, name: str, callback: Callback | Generator[Any, Any, Any], bound: AttributeBound | None, *, is_sum: bool
    ) -> GuardedCallback:
        """
        Take a callback in.

        Args:
            name: Name of its instrument.
            callback: A function or a generator.
            bound: Bound on attribute sets; `None` when the SDK has its own.
            is_sum: Whether values beyond the bound can be added up.

        Returns:
            The callback for the SDK to call instead.
        """
        guarded = GuardedCallback(name, callback, self, bound, is_sum=is_sum)
        self._callbacks.append(guarded)
        return guarded

    def adopt(self, callbacks: Sequence[GuardedCallback]) -> None:
        """
        Take over callbacks of another provider.

        Args:
            callbacks: Those that `add` has made there.
        """
        for callback in callbacks:
            callback.move(self)
            self._callbacks.append(callback)

    def discard(self, callbacks: Sequence[GuardedCallback]) -> None:
        """
        Ask these no longer.

        Args:
            callbacks: Some that were taken in before.
        """
        self._callbacks = [callback for callback in self._callbacks if callback not in callbacks]

    def gather(self, timeout_s: float | None = None) -> None:
        """
        Ask every callback, except those still busy with an earlier question. Never raises.

        Args:
            timeout_s: Longest time for all together, in seconds; each has its own deadline besides. `None` sets no limit.
        """
        end_s = None if timeout_s is None else monotonic_s() + timeout_s
        todo = []
        for callback in list(self._callbacks):
            if callback.is_running:
                continue
            if callback.worker is not None:
                callback.is_running = True
                callback.worker.rounds.put(_CallbackRound([callback]))
            else:
                todo.append(callback)
        while todo:
            worker = self._worker
            if worker is None or not worker.is_alive():
                worker = self._worker = _CallbackWorker()
                try:
                    worker.start()
                except RuntimeError:  # the interpreter is ending and starts no thread any more
                    self._worker = None
                    _ask_here(todo)
                    return
            asked = _CallbackRound(todo)
            worker.rounds.put(asked)
            stuck = asked.wait(self._deadline_s, end_s)
            if stuck is None:
                return
            stuck.worker, self._worker = worker, None
            if (
                not stuck.is_ours
            ):  # ours read the machine, and are slow where the machine is: nothing anybody could put right
                guard.shared.report(
                    f"metrics.callback.{stuck.name}",
                    f"the callback of metric {stuck.name} takes more than {self._deadline_s:g} s:"
                    " nobody waits for it any more, its points come late or not at all",
                )
            todo = asked.rest() if end_s is None or monotonic_s() < end_s else []

    def close(self) -> None:
        """Let the worker end; one that is stuck is a daemon and dies with the process."""
        worker, self._worker = self._worker, None
        for each in (worker, *(callback.worker for callback in self._callbacks)):
            if each is not None:
                each.rounds.put(None)

    def reinit_after_fork(self) -> None:
        """Forget the parent's worker and what was ready."""
        self._worker = None
        self.served_thread = None
        for callback in self._callbacks:
            callback.forget()


class _CallbackRound:
    """One round of asking callbacks; shared by the worker, which works it off, and the thread that waits."""

    def __init__(self, callbacks: Sequence[GuardedCallback]) -> None:
        self._callbacks = callbacks
        self._position = 0
        self._since_s = monotonic_s()
        self._is_abandoned = False
        self._done = primitives.Event()
        # Held to move to the next callback and to abandon the round, so that exactly one worker asks each callback.
        self._lock = primitives.Lock()

    def work(self) -> None:
        """Ask one after the other until all are done or the round was abandoned."""
        for position, callback in enumerate(self._callbacks):
            with self._lock:
                if self._is_abandoned:
                    return
                self._position = position
                self._since_s = monotonic_s()
                callback.is_running = True
            results = callback.ask(CallbackOptions())
            callback.results = results
            callback.is_running = False
        self._done.set()

    def wait(self, deadline_s: float, end_s: float | None) -> GuardedCallback | None:
        """Wait until all are done, or abandon the round and return the callback it is stuck at."""
        while True:
            with self._lock:
                latest_s = self._since_s + deadline_s
            if end_s is not None:
                latest_s = min(latest_s, end_s)
            if self._done.wait(max(0.0, latest_s - monotonic_s())):
                return None
            with self._lock:
                is_over = monotonic_s() >= min(self._since_s + deadline_s, end_s or float("inf"))
                if is_over and not self._done.is_set():
                    self._is_abandoned = True
                    return self._callbacks[self._position]

    def rest(self) -> list[GuardedCallback]:
        """Callbacks that were not asked when the round was abandoned."""
        return [callback for callback in self._callbacks[self._position + 1 :] if not callback.is_running]


class _CallbackWorker(primitives.Thread):
    """Runs callbacks until told to end."""

    def __init__(self) -> None:
        super().__init__(self._work, "otel-agent-metrics-callbacks")
        self.rounds: primitives.SimpleQueue[_CallbackRound | None] = primitives.SimpleQueue()

    def _work(self) -> None:
        while (asked := self.rounds.get()) is not None:
            asked.work()


def _ask_here(callbacks: Sequence[GuardedCallback]) -> None:
    for callback in callbacks:
        callback.results = callback.ask(CallbackOptions())


def _as_function(callback: Callback | Generator[Any, Any, Any]) -> Callback:
    if not isinstance(callback, Generator):
        return callback
    generator = callback
    next(generator)

    def resume(options: CallbackOptions) -> Iterable[Observation]:
        try:
            return generator.send(options) or ()
        except StopIteration:
            return ()

    return resume
