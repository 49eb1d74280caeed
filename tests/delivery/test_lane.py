"""When it is tried again: later each time, never all at one moment, and not before the receiver allows it."""

from hypothesis import given
from hypothesis import strategies as st

from otel_agent.delivery.accounting import SignalAccount
from otel_agent.delivery.intake import Intake
from otel_agent.delivery.lane import Lane
from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.preparation import Payload
from otel_agent.delivery.queues import CLOSED, QUEUE_FULL, SignalQueue
from otel_agent.delivery.senders.http.verdicts import retry_after_s
from otel_agent.delivery.settings import DeliverySettings

LATER = ExportOutcome(Verdict.LATER, "away")
HELD = ExportOutcome(Verdict.HELD, "unauthorized")


def lane(jitter: float = 1.0) -> Lane:
    """A lane of spans with dice that always fall the same."""
    intake = Intake("traces", SignalQueue(10), SignalAccount(), request_bytes=1000)
    return Lane("traces", intake, DeliverySettings(), jitter=lambda: jitter)


def waits_s(made: Lane, *answers: ExportOutcome) -> list[float]:
    """How long it waits after each of several failures at moment 0."""
    waits = []
    for answer in answers:
        made.failed(answer, 0.0)
        waits.append(made.not_before_s)
    return waits


def test_waits_double_up_to_a_bound() -> None:
    """A passing trouble is asked about after half a second, then later each time, at most every ten seconds."""
    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0] == waits_s(lane(), *[LATER] * 7)


def test_what_somebody_must_mend_is_asked_for_seldom() -> None:
    """Refused credentials are tried after five seconds, and then up to once a minute."""
    assert [5.0, 10.0, 20.0, 40.0, 60.0, 60.0] == waits_s(lane(), *[HELD] * 6)


def test_another_kind_of_trouble_begins_anew() -> None:
    """A receiver that is back and refuses is not waited for as if it had been away all the time."""
    assert [0.5, 1.0, 5.0, 0.5] == waits_s(lane(), LATER, LATER, HELD, LATER)


@given(st.lists(st.sampled_from([LATER, HELD]), min_size=1, max_size=50), st.floats(0, 1))
def test_no_wait_is_out_of_bounds(answers: list[ExportOutcome], jitter: float) -> None:
    """Whatever happens in whatever order, a wait is from half of the first to all of the longest."""
    assert all(0.25 <= wait_s <= 60 for wait_s in waits_s(lane(jitter), *answers))


def test_many_agents_do_not_come_back_at_one_moment() -> None:
    """Dice spread attempts over half of the wait."""
    assert ([2.5], [5.0]) == (waits_s(lane(0.0), HELD), waits_s(lane(1.0), HELD))


def test_a_wish_of_the_receiver_counts_for_everybody() -> None:
    """Our own patience is cut short when somebody waits; the receiver's wish is not. A success ends both."""
    made = lane()
    made.failed(ExportOutcome(Verdict.LATER, "busy", retry_after_s=30.0), 100.0)
    before = (made.may_try(110.0), made.may_ask(110.0), made.may_ask(130.0))
    had_trouble = made.succeeded()

    assert (False, False, True) == before
    assert had_trouble
    assert made.may_try(0.0)
    assert not made.succeeded()


def test_what_is_under_way_is_one_owners() -> None:
    """Whoever takes a request away decides about it; the thread that sent it learns that it is not its own any more."""
    made = lane()
    one, two = Payload(b"one", 1), Payload(b"two", 1)
    made.load(one)
    made.follow(two)
    flying = made.take_off()
    taken = made.take_away()

    assert two is flying
    assert [two, one] == taken
    assert not made.land(two)
    assert made.take_off() is None
    assert made.is_ending()


def test_a_date_is_a_wish_too() -> None:
    """`Retry-After` may be a date; one in the past means now, and none means for longer than an hour."""
    assert 60.0 == retry_after_s("Thu, 01 Jan 1970 00:02:00 GMT", 60.0)
    assert 0.0 == retry_after_s("Thu, 01 Jan 1970 00:00:10 GMT", 60.0)
    assert 3600.0 == retry_after_s("1e9", 0.0)
    assert retry_after_s("nan", 0.0) is None
    assert retry_after_s(None, 0.0) is None


def test_a_closed_queue_says_why() -> None:
    """What came while there was no room and what came after the end are told apart."""
    queue = SignalQueue(1)
    queue.overflow("item")
    queue.close()
    queue.overflow("item")
    queue.overflow("item")

    assert {QUEUE_FULL: 1, CLOSED: 2} == queue.turned_away
    assert 0 == queue.limit


def test_a_diverted_queue_holds_nothing() -> None:
    """While everything goes elsewhere nothing is queued, and what is not taken there is counted."""
    taken: list[object] = []

    def elsewhere(item: object) -> bool:
        taken.append(item)
        return len(taken) < 2

    queue = SignalQueue(1)
    queue.divert(elsewhere)
    queue.overflow("item")
    queue.overflow("another")

    assert ["item", "another"] == taken
    assert 0 == queue.limit == len(queue.items)
    assert {QUEUE_FULL: 1, CLOSED: 0} == queue.turned_away
