"""
The light end of delivery: its queues are there from the first moment, its engine when it is first needed.

An engine brings encoders, the spool and the sender, a third of what a start would load otherwise. So it is built by a thread
of its own, `otel-agent-loading`, shortly after the start; whoever needs it earlier (a flush, a question, the end of the
process) wakes that thread and waits for it. It is a thread even then, because a signal may interrupt who waits, and its
handler must find nothing locked that only the interrupted code could unlock. Where no thread can be started, the one who
needs the engine builds it.

It also keeps the marks by which a parent sees that a forked child has vanished with something in its memory; see `child_marks`.

Until then a queue that overflows holds up to twice its limit when there is a disk behind it, which takes the rest soon.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.delivery.accounting import Delivery, SignalAccount
from otel_agent.delivery.child_marks import ChildMarks
from otel_agent.delivery.queues import STRETCH, SignalQueue
from otel_agent.delivery.settings import SIGNALS, DeliverySettings
from otel_agent.guard import shared
from otel_agent.lifecycle.idle_threads import is_the_end
from otel_agent.lifecycle.threads import begin_thread

if TYPE_CHECKING:
    from otel_agent.delivery.engine import DeliveryEngine  # what this module is there to load late

__all__ = ["LateEngine"]

_FORK_PATIENCE_S = 3.0
"""A fork waits so long for what is being loaded, in seconds; half a module must not be inherited."""

_GRACE_S = 1.5
"""The end waits so long beyond its own, in seconds, as it does for the disk: a machine that is overloaded must not cost data."""

_PATIENCE_S = 10.0
"""A question waits so long, in seconds: what takes a tenth of a second may take ten times that on a machine that is busy."""


class LateEngine:
    """
    Stands for an engine: the same methods, built behind them once; see the module. Nothing runs before `start`.

    Args:
        build: Makes the engine for the queues it is given. Must not raise.
        settings: Sizes and times.
        has_disk: Whether the engine will have a spool.
        is_journaling: Whether items go straight to the disk: then the engine is built at once.
        beside: Called on the same thread once the engine is there: what else the start did not wait for.
    """

    def __init__(
        self,
        build: Callable[[Mapping[str, SignalQueue]], "DeliveryEngine"],
        settings: DeliverySettings,
        *,
        has_disk: bool = False,
        is_journaling: bool = False,
        beside: Callable[[], object] = lambda: None,
    ) -> None:
        self.queues = {signal: SignalQueue(settings.queue_limit(signal)) for signal in SIGNALS}
        self._build = build
        self._beside = beside
        self._delay_s = settings.delay_s
        self._engine: DeliveryEngine | None = None
        self._is_started = self._is_hurried = self._is_done = False
        self._has_disk = has_disk
        self._marks = ChildMarks()
        self._has_said_vanished = False
        self._begin()
        if is_journaling:
            self._make()

    def _begin(self) -> None:
        self._build_lock = primitives.Lock()
        self._is_needed = primitives.Event()
        self._is_made = primitives.Event()
        self._thread: primitives.Thread | None = None
        self._is_held = False
        if self._has_disk and self._engine is None:
            for queue in self.queues.values():
                queue.on_overflow(partial(queue.admit, times=STRETCH))

    def start(self) -> None:
        """Begin to deliver; safe twice."""
        self._is_started = True
        if self._engine is not None:
            self._engine.start()
        if self._thread is None:
            self._run_thread()

    def flush(self, timeout_s: float) -> Delivery:
        """Send what was put in so far; see `DeliveryEngine.flush`."""
        end_s = monotonic_s() + timeout_s
        engine = self._awaited(timeout_s)
        delivery = self._unsent() if engine is None else engine.flush(max(0.0, end_s - monotonic_s()))
        self._look_at_marks()
        return delivery

    def close(self, timeout_s: float) -> Delivery:
        """Send what can be sent in time, and end; see `DeliveryEngine.close`."""
        end_s = monotonic_s() + timeout_s
        engine = self._awaited(timeout_s + _GRACE_S)
        delivery = self._unsent() if engine is None else engine.close(max(0.0, end_s - monotonic_s()))
        self._look_at_marks()
        return delivery

    def hurry(self) -> None:
        """Put everything onto the disk now, or as soon as there is an engine; returns at once. See `DeliveryEngine.hurry`."""
        self._is_hurried = True
        self._is_needed.set()
        if self._engine is not None:
            self._engine.hurry()

    def look_at_waiting(self, signal: str, look: Callable[[list[Any]], object], timeout_s: float) -> None:
        """Show what of a signal nobody has seen yet; as long as there is no engine it waits in the queue."""
        if self._engine is not None:
            self._engine.look_at_waiting(signal, look, timeout_s)
        else:
            look(self.queues[signal].copied())

    def status(self) -> dict[str, dict[str, Any]]:
        """Where everything is, by signal; see `DeliveryEngine.status`."""
        engine = self._awaited(_PATIENCE_S)
        return dict(self._unsent().by_signal) if engine is None else engine.status()

    def trouble(self) -> str | None:
        """What is wrong and what to do about it; nothing is as long as there is no engine."""
        return None if self._engine is None else self._engine.trouble()

    def hold_for_fork(self) -> None:
        """Let what is being loaded be loaded to its end, and the engine come to a rest."""
        self._marks.hold_for_fork()
        self._is_held = self._build_lock.acquire(timeout=_FORK_PATIENCE_S)
        if self._engine is not None:
            self._engine.hold_for_fork()

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        if self._engine is not None:
            self._engine.go_on_after_fork()
        if self._is_held:
            self._is_held = False
            self._build_lock.release()

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child."""
        self._begin()
        if self._engine is not None:
            self._is_made.set()
            self._engine.reinit_after_fork()
        else:
            for queue in self.queues.values():
                queue.reinit_after_fork()
        self._marks.reinit_after_fork()
        self._mark_next()
        if self._is_started and not self._is_done:
            self._run_thread()

    def _awaited(self, timeout_s: float) -> "DeliveryEngine | None":
        """The engine, within a time."""
        if self._engine is None:
            self._is_needed.set()
            if self._thread is None:
                self._run_thread()
            self._is_made.wait(timeout_s)
        return self._engine

    def _run_thread(self) -> None:
        self._thread = begin_thread("loading", self._load, self._is_needed)
        if self._thread is None:
            self._make()

    def _load(self, is_needed: primitives.Event) -> None:
        is_needed.wait(self._delay_s)
        try:
            self._make()
            with self._build_lock:
                if self._is_started and not self._is_done:
                    self._beside()
                    self._is_done = True
        except BaseException as error:  # noqa: BLE001 - the top of the thread
            if not is_the_end(error):
                shared.report("delivery.loading", "what runs beside the agent could not be loaded", error)
            self._is_made.set()  # nobody waits for what will not come

    def _make(self) -> None:
        with self._build_lock:
            if self._engine is None:
                engine = self._build(self.queues)
                engine.after_round(self._look_at_marks)
                if self._is_started:
                    engine.start()
                self._engine = engine
                if self._is_hurried:
                    engine.hurry()
        self._is_made.set()

    def _mark_next(self) -> None:
        """In a child: the next item is what a sudden end would lose."""
        for queue in self.queues.values():
            queue.tell_first(self._marks.mark)

    def _look_at_marks(self) -> None:
        if self._marks.is_marked():
            self._mark_next()
            if self._engine is not None and self._engine.is_empty():
                self._marks.clear()
                if any(queue.items for queue in self.queues.values()):  # it came between the two lines above
                    self._marks.mark()
        vanished = self._marks.vanished()
        if vanished and not self._has_said_vanished:
            self._has_said_vanished = True
            shared.report(
                "lifecycle.child",
                f"the forked child {vanished[0]} has ended with telemetry that was not sent: it was killed, or it left by os._exit,"
                " which nobody is told of; call telemetry.shutdown() before that, or set spool.level to journal",
            )

    def _unsent(self) -> Delivery:
        """Everything waits in the queues."""
        return Delivery.summed(
            {
                signal: SignalAccount().snapshot(len(queue.items), queue.turned_away)
                for signal, queue in self.queues.items()
            }
        )
