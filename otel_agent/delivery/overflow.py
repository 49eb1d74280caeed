"""
What happens when items come faster than the receiver takes them: the queue's oldest go to the disk.

The delivery thread may be waiting for an answer just then, so a thread of its own does it, `otel-agent-relief`. It sleeps for
as long as there is room and costs nothing. Producers wake it through a `SimpleQueue`, the one thing that may be used in the
middle of itself: an item may come from a signal handler that has interrupted another item's producer.
"""

from collections.abc import Callable, Sequence
from typing import Any

from otel_agent import primitives
from otel_agent.delivery.courier import Courier
from otel_agent.delivery.queues import STRETCH, OverflowHook
from otel_agent.guard import guarded
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["OverflowWorker"]


class OverflowWorker:
    """
    Makes room in crowded queues; see the module.

    Args:
        couriers: One for each signal; they put items onto the disk.
        is_well: Whether the disk takes anything.
    """

    def __init__(self, couriers: Sequence[Courier], is_well: Callable[[], bool]) -> None:
        self._couriers = couriers
        self._is_well = is_well
        self._is_running = self._is_threadless = False
        self._is_called = False
        self._calls: primitives.SimpleQueue[bool] = primitives.SimpleQueue()

    def start(self) -> None:
        """Begin to help. Safe twice."""
        if self._is_running:
            return
        self._is_running = begin_thread("relief", self._run, self._calls) is not None
        self._is_threadless = not self._is_running

    def close(self) -> None:
        """End; safe before `start` and twice."""
        self._is_threadless = False
        if self._is_running:
            self._is_running = False
            self._calls.put(False)

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child, where nothing runs before `start`."""
        self._calls = primitives.SimpleQueue()
        self._is_called = self._is_running = self._is_threadless = False

    def hook(self, courier: Courier) -> OverflowHook:
        """
        What takes the items that a queue has no room for.

        Args:
            courier: The one of the queue's signal. Where no thread can be had, it puts the item onto the disk on the thread that
                comes with it.
        """
        queue = courier.intake.queue

        def admit(item: Any) -> bool:
            if self._is_threadless and self._is_well():
                return courier.journal(item)
            if not self._is_running or not self._is_well() or not queue.admit(item, STRETCH):
                return False
            if not self._is_called:
                self._is_called = True
                self._calls.put(True)
            return True

        return admit

    def _run(self, calls: primitives.SimpleQueue[bool]) -> None:
        while calls.get():
            self._is_called = False
            for courier in self._couriers:
                with guarded("delivery.relief", "crowded queues could not be emptied onto the disk"):
                    while courier.intake.queue.is_crowded() and courier.relieve():
                        pass
