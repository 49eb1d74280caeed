"""What happens to items that come faster than they can be sent."""

import threading
from pathlib import Path

from telemetry_items import put, spans
from waiting import until

from otel_agent.clock import SYSTEM
from otel_agent.delivery.courier import Courier
from otel_agent.delivery.intake import Intake
from otel_agent.delivery.overflow import OverflowWorker
from otel_agent.delivery.queues import STRETCH, SignalQueue
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool
from otel_agent.delivery.trouble_reports import TroubleReports


def crowded(directory: Path, *, is_well: bool = True) -> tuple[Courier, OverflowWorker]:
    """A courier whose queue of ten overflows to a worker that is not started."""
    queue, spool = SignalQueue(10), Spool(directory, bounds=Bounds(min_free_bytes=0))
    courier = Courier(
        Intake("traces", queue, request_bytes=1 << 20), None, spool, DeliverySettings(), SYSTEM, TroubleReports()
    )
    worker = OverflowWorker([courier], lambda: is_well)
    queue.on_overflow(worker.hook(courier))
    return courier, worker


def test_a_crowded_queue_is_emptied_onto_the_disk(tmp_path: Path) -> None:
    """The first item too many wakes the worker, and what waits goes to the disk; nothing is dropped."""
    courier, worker = crowded(tmp_path)
    worker.start()
    put(courier.intake.queue, spans(11))
    spooled = until(lambda: courier.intake.snapshot()["spooled"])
    worker.close()

    assert 11 == spooled + courier.intake.snapshot()["queued"]
    assert {} == courier.intake.snapshot()["dropped"]


def test_nobody_is_promised_help_that_does_not_come(tmp_path: Path) -> None:
    """Without a running worker, or with a disk that takes nothing, an item too many is turned away."""
    courier, worker = crowded(tmp_path)
    put(courier.intake.queue, spans(11))
    worker.close()
    sick, other = crowded(tmp_path, is_well=False)
    other.start()
    put(sick.intake.queue, spans(11))
    other.close()

    assert {"queue_full": 1} == courier.intake.snapshot()["dropped"]
    assert {"queue_full": 1} == sick.intake.snapshot()["dropped"]


def test_a_queue_is_stretched_and_no_further(tmp_path: Path) -> None:
    """While the worker is on its way a queue holds a multiple of its limit, and then turns items away."""
    courier, worker = crowded(tmp_path)
    hook = worker.hook(courier)
    worker.start()
    order_lock = courier.intake._order_lock
    with order_lock:  # the worker cannot make room for a moment
        taken = [hook(span) for span in spans(10 * STRETCH + 1)]
    worker.close()

    assert [True] * (10 * STRETCH) + [False] == taken


def test_a_worker_starts_and_ends_once(tmp_path: Path) -> None:
    """Starting twice makes one thread; after the end it is gone, and ending twice is harmless."""

    def running() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "otel-agent-relief"}

    before = running()
    _, worker = crowded(tmp_path)
    worker.close()
    worker.start()
    worker.start()
    during = len(running() - before)
    worker.close()
    worker.close()

    assert 1 == during
    assert until(lambda: not running() - before)
