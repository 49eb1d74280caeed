"""Items leave the queue in order, are seen by every observer, and are counted wherever they are."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from telemetry_items import entries, put, spans
from wire_shapes import readable, several

from otel_agent.delivery.intake import Intake, is_recorded_only
from otel_agent.delivery.payloads import Payload, count_records
from otel_agent.delivery.queues import SignalQueue


def intake(signal: str = "traces", **more: Any) -> Intake:
    """An intake with a queue of ten."""
    return Intake(signal, SignalQueue(10), request_bytes=1 << 20, **more)


def unexpected(payload: Payload) -> None:
    """No request is made."""
    raise AssertionError(payload)


@given(several(readable))
def test_spans_of_others_are_sampled_too(batch: list[ReadableSpan]) -> None:
    """Whether a span of the SDK's is only recorded is read from its context; what has none is sent."""
    assert [span.context.trace_flags & 1 for span in batch] == [int(not is_recorded_only(span)) for span in batch]
    assert not is_recorded_only(object())


@given(st.integers(0, 255))
def test_the_sampled_bit_decides(flags: int) -> None:
    """Other flags of a span of ours do not matter."""
    (span,) = spans(1)
    span.flags = flags

    assert is_recorded_only(span) is not bool(flags & 1)


def test_a_batch_becomes_requests_that_are_in_hand() -> None:
    """The oldest items are taken, not more than wanted, and count as queued until somebody has them."""
    made = intake()
    put(made.queue, spans(5))
    payloads: list[Payload] = []
    taken = made.collect(3, payloads.append)
    found = made.snapshot()

    assert (3, 3) == (taken, sum(payload.items for payload in payloads))
    assert 3 == count_records(payloads[0].body)
    assert (5, 5, 2) == (found["accepted"], found["queued"], len(made.queue.items))
    assert not made.is_clear()


def test_a_selection_decides_what_is_sent() -> None:
    """What a selection leaves out is seen by the observers and does not count."""
    seen: list[Any] = []
    made = intake(observers=[seen.extend], select=lambda items: items[:1])
    put(made.queue, spans(3))
    payloads: list[Payload] = []
    made.collect(10, payloads.append)

    assert (3, 1, 1) == (len(seen), sum(payload.items for payload in payloads), made.snapshot()["accepted"])


@pytest.mark.parametrize(
    ("leads_to", "delivered", "dropped"), [("observers", 3, {}), ("nowhere", 0, {"not_exported": 3})]
)
def test_without_anywhere_to_go_items_are_accepted_all_the_same(
    leads_to: str, delivered: int, dropped: dict[str, int]
) -> None:
    """What nobody would send counts from the first moment, and is taken out and forgotten; delivered is what somebody looked at."""
    made = intake("logs", leads_to=leads_to)
    put(made.queue, entries(3))
    waiting = made.snapshot()["accepted"]

    assert (3, 3) == (waiting, made.collect(10, unexpected))
    found = made.snapshot()
    assert (3, delivered, dropped) == (found["accepted"], found["delivered"], found["dropped"])
    assert made.is_clear()


def test_a_journaled_item_is_kept_first_and_shown_later() -> None:
    """An item is on the disk before the producer goes on; observers see it when the delivery thread comes by."""
    seen: list[Any] = []
    kept: list[bytes] = []
    made = intake(observers=[seen.extend])
    (span,) = spans(1)

    def keep(body: bytes) -> bool:
        kept.append(body)
        return True

    is_taken = made.journal(span, keep)
    early = list(seen)
    made.show_journaled()

    assert is_taken
    assert ([1], 1) == ([count_records(body) for body in kept], made.snapshot()["spooled"])
    assert ([], [span]) == (early, seen)


def test_what_the_disk_does_not_take_is_queued() -> None:
    """A journal that fails goes on in memory, up to the capacity; then the producer is told that there is no room."""
    made = intake()
    made.queue.divert(lambda item: made.journal(item, lambda _: False))
    put(made.queue, spans(12))
    found = made.snapshot()

    assert (10, 0, {"queue_full": 2}) == (found["queued"], found["spooled"], found["dropped"])


def test_an_observer_that_does_not_come_back_is_passed_by() -> None:
    """When there is no time any more, what it looks at and what is behind it are taken all the same, each item once."""
    came, release = threading.Event(), threading.Event()

    def observer(_: object) -> None:
        came.set()
        release.wait()

    made = intake(observers=[observer])
    put(made.queue, spans(3))
    slow: list[Any] = []
    thread = threading.Thread(target=lambda: slow.append(made.collect(3, unexpected)))
    thread.start()
    came.wait()
    put(made.queue, spans(2))
    payloads: list[Payload] = []
    made.collect_in_time(10, payloads.append)
    release.set()
    thread.join()

    assert 5 == sum(payload.items for payload in payloads)
    assert [3] == slow


def test_nobody_takes_items_while_a_fork_is_near() -> None:
    """Whoever collects waits until the fork is over; a child has locks and a queue of its own."""
    made = intake()
    put(made.queue, spans(3))
    made.hold_for_fork(1.0)
    collected: list[Any] = []
    thread = threading.Thread(target=lambda: collected.append(made.collect(10, lambda _: None)))
    thread.start()
    early = list(collected)
    made.go_on_after_fork()
    thread.join()
    made.hold_for_fork(1.0)
    made.reinit_after_fork()

    assert [] == early
    assert [3] == collected
    assert 0 == made.collect(10, unexpected)
    assert made.is_clear()


def test_after_the_end_what_is_dear_is_dropped_and_what_is_cheap_is_not() -> None:
    """A machine that is overloaded costs no ordinary item; texts that would take long are given up and counted."""
    cheap, dear = intake("logs"), intake("logs")
    dear._pace.took(1, 1.0)
    kept: list[Payload] = []
    for made in (cheap, dear):
        put(made.queue, entries(5))
        made.end_at(0.0)
        made.collect(10, kept.append)

    assert [5] == [payload.items for payload in kept]
    assert {"exit": 5} == dear.snapshot()["dropped"]
    assert (0, 5) == (dear.snapshot()["queued"], cheap.snapshot()["queued"])
