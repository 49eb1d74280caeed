"""What becomes of a request is decided by its export outcome, and by nobody twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from telemetry_items import law, put, spans

from otel_agent.clock import ManualClock
from otel_agent.delivery.courier import Courier
from otel_agent.delivery.intake import Intake
from otel_agent.delivery.outcomes import ExportOutcome, StatelessSender, Verdict
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool
from otel_agent.delivery.trouble_reports import TroubleReports

DELIVERED = ExportOutcome(Verdict.DELIVERED)
REFUSED = ExportOutcome(Verdict.REFUSED, "bad_data", "400")
LATER = ExportOutcome(Verdict.LATER, "away", "it is away")


class Sending(StatelessSender):
    """A sender whose outcomes a test chooses; it remembers how many requests it was given."""

    def __init__(self, outcome: Callable[[], ExportOutcome]) -> None:
        self.outcome = outcome
        self.requests = 0

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """Count a request."""
        self.requests += 1
        return self.outcome()

    def where(self, signal: str) -> str:
        """No address."""
        return "test"


def courier(sender: Sending | None, spool: Spool | None = None, clock: ManualClock | None = None) -> Courier:
    """A courier of spans, with a queue of its own and a clock turned by hand."""
    intake = Intake("traces", SignalQueue(100), request_bytes=1 << 20)
    return Courier(intake, sender, spool, DeliverySettings(), clock or ManualClock(), TroubleReports())


def disk(directory: Path, level: str = "spill") -> Spool:
    """A spool that does not mind how full the machine's disk is."""
    return Spool(directory, level=level, bounds=Bounds(min_free_bytes=0))


def status(made: Courier) -> dict[str, Any]:
    """Where its items are; they are somewhere."""
    found = made.intake.snapshot()
    assert [] == law({"traces": found})
    return found


def test_what_is_delivered_is_counted() -> None:
    """One request takes all that waits, and then nothing is left to do."""
    sender = Sending(lambda: DELIVERED)
    made = courier(sender)
    put(made.intake.queue, spans(5))

    assert made.is_busy()
    assert made.work(1000.0)
    assert (1, 5) == (sender.requests, status(made)["delivered"])
    assert not made.is_busy()


def test_a_failure_waits_and_is_tried_when_it_is_due() -> None:
    """Nothing is sent before the wait is over unless somebody asks; a success then ends the trouble."""
    clock, outcomes = ManualClock(), [LATER, DELIVERED]
    sender = Sending(lambda: outcomes.pop(0))
    made = courier(sender, clock=clock)
    put(made.intake.queue, spans(5))
    sent = [made.work(1000.0), made.work(1000.0)]
    trouble = made.retries.trouble
    clock.advance(1)
    sent.append(made.work(1000.0))

    assert [False, False, True] == sent
    assert LATER == trouble
    assert made.retries.trouble is None
    assert (2, 5) == (sender.requests, status(made)["delivered"])


def test_what_cannot_be_sent_goes_to_the_disk_and_comes_from_there(tmp_path: Path) -> None:
    """With a disk nothing waits in memory; the next round sends what lies there."""
    clock, outcomes = ManualClock(), [LATER, DELIVERED]
    made = courier(Sending(lambda: outcomes.pop(0)), disk(tmp_path), clock)
    put(made.intake.queue, spans(5))
    made.work(1000.0)
    kept = status(made)["spooled"]
    clock.advance(1)

    assert 5 == kept
    assert made.work(1000.0)
    assert 5 == status(made)["delivered"]


def test_without_time_nothing_is_sent() -> None:
    """An end that is over is no failure of the receiver: the request waits as before."""
    sender = Sending(lambda: DELIVERED)
    made = courier(sender)
    put(made.intake.queue, spans(5))

    assert not made.work(-1.0)
    assert made.retries.trouble is None
    assert (0, 5) == (sender.requests, status(made)["queued"])


def test_the_end_takes_a_request_from_whoever_sends_it(tmp_path: Path) -> None:
    """What is under way while everything is put onto the disk is counted there, whatever is answered then."""

    def ending() -> ExportOutcome:
        made.spill()
        return DELIVERED

    made = courier(Sending(ending), disk(tmp_path))
    put(made.intake.queue, spans(5))
    made.work(1000.0)

    assert (5, 0, 0) == tuple(status(made)[place] for place in ("spooled", "delivered", "queued"))


def test_halves_of_a_backlog_that_the_end_takes_away_stay_on_the_disk(tmp_path: Path) -> None:
    """A request from the disk that was cut just before the end is not acknowledged: the next process finds it."""
    spool = disk(tmp_path)
    made = courier(Sending(lambda: REFUSED), spool)
    made.intake.queue.divert(made.journal)
    put(made.intake.queue, spans(4))
    settle = made.outbox.settle

    def settle_at_the_end(piece: Any, *halves: Any) -> bool:
        is_ours = settle(piece, *halves)
        made.spill()
        return is_ours

    made.outbox.settle = settle_at_the_end  # type: ignore[method-assign]
    made.work(1000.0)
    left = spool.next("traces")

    assert 4 == status(made)["spooled"]
    assert left is not None
    assert 4 == left.items


def test_without_a_disk_the_end_drops_what_is_left() -> None:
    """What nobody took is counted with the reason, and so is what comes after the end."""
    made = courier(Sending(lambda: LATER))
    put(made.intake.queue, spans(3))
    made.work(1000.0)
    put(made.intake.queue, spans(2))
    made.spill()
    put(made.intake.queue, spans(1))

    assert {"exit": 5, "closed": 1} == status(made)["dropped"]


def test_a_crowded_queue_is_relieved_past_the_receiver(tmp_path: Path) -> None:
    """The queue's oldest items go to the disk while somebody else is sending."""
    sender = Sending(lambda: DELIVERED)
    made = courier(sender, disk(tmp_path))
    put(made.intake.queue, spans(5))
    with made.sending:
        is_kept = made.relieve()

    assert is_kept
    assert (0, 5) == (sender.requests, status(made)["spooled"])
