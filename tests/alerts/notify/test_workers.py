"""What hangs or fails never touches the agent: each receiver has a worker, with bounds to everything."""

import threading
import time
from collections.abc import Callable

from waiting import PATIENCE_S, until

from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.function import FunctionReceiver
from otel_agent.alerts.notify.workers import BREAK_AFTER, ReceiverWorker


class Stubborn:
    """A receiver that fails a number of times."""

    name = "stubborn"
    repeats_s: float | None = None

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.attempts = 0

    def send(self, notification: Notification) -> None:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise ConnectionError("away")


def test_a_receiver_that_fails_is_tried_again_within_bounds(make_note: Callable[..., Notification]) -> None:
    """Two failures are made good; one that always fails is given up after four attempts and counted."""
    recovering, hopeless = Stubborn(2), Stubborn(1_000)
    workers = [ReceiverWorker(receiver, pause_s=0.001) for receiver in (recovering, hopeless)]
    for worker in workers:
        worker.offer(make_note())
    is_done = until(lambda: all(worker.is_idle() for worker in workers))
    for worker in workers:
        worker.close(5)

    assert is_done
    assert (3, 4) == (recovering.attempts, hopeless.attempts)
    assert [(1, 0), (0, 1)] == [(worker.sent_count, worker.failed_count) for worker in workers]


def test_a_receiver_that_hangs_keeps_nobody_waiting(make_note: Callable[..., Notification]) -> None:
    """Offering to one that hangs returns at once, others are told, its queue is bounded and keeps what is critical."""
    hold, is_called = threading.Event(), threading.Event()
    told: list[Notification] = []

    def hang(_: Notification) -> None:
        is_called.set()
        hold.wait(PATIENCE_S)

    worker = ReceiverWorker(FunctionReceiver("hanging", hang), limit=10)
    other = ReceiverWorker(FunctionReceiver("other", told.append))
    worker.offer(make_note())
    is_called.wait(PATIENCE_S)
    worker.offer(make_note("critical"))
    for _ in range(50):
        worker.offer(make_note())
        other.offer(make_note())
    is_told = until(lambda: len(told) == 50)
    counts = worker.counts()
    began_s = time.monotonic()
    worker.close(0.05)
    waited_s = time.monotonic() - began_s
    hold.set()
    worker.close(10)
    other.close(10)

    assert is_told
    assert (10, 41) == (counts["queued"], counts["dropped"])
    assert waited_s < PATIENCE_S / 2


def test_a_worker_that_closes_sends_what_waits(make_note: Callable[..., Notification]) -> None:
    """What was offered before the end is sent within the deadline, in order, and no thread is left."""
    told: list[str] = []
    worker = ReceiverWorker(FunctionReceiver("last", lambda note: told.append(note.severity)))
    for severity in ("info", "critical", "warning"):
        worker.offer(make_note(severity))
    worker.close(30)

    assert ["info", "critical", "warning"] == told
    assert {"queued": 0, "sent": 3, "failed": 0, "dropped": 0} == worker.counts()
    assert not [thread for thread in threading.enumerate() if thread.name == "otel-agent-notify-last"]


def test_a_receiver_that_keeps_failing_is_left_alone(make_note: Callable[..., Notification]) -> None:
    """After failures in a row nothing is tried for a while, and closing ends that pause at once."""
    receiver = Stubborn(1_000)
    worker = ReceiverWorker(receiver, pause_s=0.001)
    for _ in range(BREAK_AFTER):
        worker.offer(make_note())
    attempts = until(lambda: receiver.attempts, lambda count: count >= BREAK_AFTER)
    worker.close(30)

    assert (BREAK_AFTER, BREAK_AFTER) == (attempts, receiver.attempts)
    assert BREAK_AFTER == worker.attempt_failed_count
