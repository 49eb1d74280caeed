"""When it is tried again: later each time, never all at one moment, and not before the receiver allows it."""

from hypothesis import given
from hypothesis import strategies as st

from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.retries import MAX_REFUSALS, RetrySchedule
from otel_agent.delivery.settings import DeliverySettings

LATER = ExportOutcome(Verdict.LATER, "away")
HELD = ExportOutcome(Verdict.HELD, "unauthorized")
REFUSED = ExportOutcome(Verdict.REFUSED, "bad_data", "400")


def schedule(jitter: float = 1.0) -> RetrySchedule:
    """A schedule with dice that always fall the same."""
    return RetrySchedule(DeliverySettings(), jitter=lambda: jitter)


def waits_s(made: RetrySchedule, *outcomes: ExportOutcome) -> list[float]:
    """How long it waits after each of several failures at moment 0."""
    waits = []
    for outcome in outcomes:
        made.failed(outcome, 0.0)
        waits.append(made.not_before_s)
    return waits


def test_waits_double_up_to_a_bound() -> None:
    """A passing trouble is asked about after half a second, then later each time, at most every ten seconds."""
    assert [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0] == waits_s(schedule(), *[LATER] * 7)


def test_what_somebody_must_mend_is_asked_for_seldom() -> None:
    """Refused credentials are tried after five seconds, and then up to once a minute."""
    assert [5.0, 10.0, 20.0, 40.0, 60.0, 60.0] == waits_s(schedule(), *[HELD] * 6)


def test_another_kind_of_trouble_begins_anew() -> None:
    """A receiver that is back and refuses is not waited for as if it had been away all the time."""
    assert [0.5, 1.0, 5.0, 0.5] == waits_s(schedule(), LATER, LATER, HELD, LATER)


@given(st.lists(st.sampled_from([LATER, HELD]), min_size=1, max_size=50), st.floats(0, 1))
def test_no_wait_is_out_of_bounds(outcomes: list[ExportOutcome], jitter: float) -> None:
    """Whatever happens in whatever order, a wait is from half of the first to all of the longest."""
    assert all(0.25 <= wait_s <= 60 for wait_s in waits_s(schedule(jitter), *outcomes))


def test_many_agents_do_not_come_back_at_one_moment() -> None:
    """Dice spread attempts over half of the wait."""
    assert ([2.5], [5.0]) == (waits_s(schedule(0.0), HELD), waits_s(schedule(1.0), HELD))


def test_a_wish_of_the_receiver_counts_for_everybody() -> None:
    """Our own patience is cut short when somebody waits; the receiver's wish is not. A success ends both."""
    made = schedule()
    made.failed(ExportOutcome(Verdict.LATER, "busy", retry_after_s=30.0), 100.0)
    before = (made.is_due(110.0), made.is_due(110.0, is_awaited=True), made.is_due(130.0, is_awaited=True))
    had_trouble = made.succeeded()

    assert (False, False, True) == before
    assert had_trouble
    assert made.is_due(0.0)
    assert not made.succeeded()


def test_our_own_patience_is_cut_short_for_whoever_waits() -> None:
    """A flush tries at once what the delivery thread would leave alone for a while."""
    made = schedule()
    made.failed(LATER, 100.0)

    assert not made.is_due(100.1)
    assert made.is_due(100.1, is_awaited=True)
    assert made.is_due(100.5)


def test_a_receiver_that_refuses_everything_is_a_trouble() -> None:
    """After many refusals in a row it is not the data: somebody has to mend something. A success begins the count anew."""
    made = schedule()
    first = [made.refused() for _ in range(MAX_REFUSALS)]
    made.succeeded()
    again = [made.refused() for _ in range(MAX_REFUSALS + 1)]
    told = made.failed(REFUSED, 0.0)

    assert all(first)
    assert [True] * MAX_REFUSALS + [False] == again
    assert (Verdict.HELD, "bad_data", "400, whatever is sent") == (told.verdict, told.problem, told.message)
    assert told is made.trouble
    assert 5.0 == made.not_before_s
    assert made.refused()
