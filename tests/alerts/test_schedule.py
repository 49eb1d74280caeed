"""Groups are due on a grid of their own; time is an argument."""

from otel_agent.alerts.groups import GroupRun
from otel_agent.alerts.rules.model import RuleGroup
from otel_agent.alerts.schedule import WAKE_SPACING_MS, ScheduledGroup
from otel_agent.series.store import Store

T0_MS = 1_700_000_000_000


def planned(name: str = "g", interval_s: float = 15.0) -> ScheduledGroup:
    """A group that was planned at T0."""
    made = ScheduledGroup(GroupRun(RuleGroup(name, (), interval_s=interval_s), Store()))
    made.plan(T0_MS)
    return made


def test_moments_are_an_interval_apart_and_the_same_in_every_process() -> None:
    """Wherever planning begins, a group is due at the same moments."""
    first, later = planned(), planned()
    later.plan(T0_MS + 1_000_007)

    assert 0 == (later.next_ms - first.next_ms) % 15_000
    assert T0_MS < first.next_ms <= T0_MS + 15_000


def test_groups_are_spread_over_the_interval() -> None:
    """Forty groups of a minute are due in more than half as many different seconds."""
    moments = {planned(f"g{number}", 60.0).next_ms // 1000 for number in range(40)}

    assert len(moments) > 20


def test_what_is_due_is_evaluated_once() -> None:
    """Nothing is due before the moment, the moment itself is, and nothing after it until the next."""
    group = planned()
    at_ms = group.next_ms
    before, now = group.due_at(at_ms - 1), group.due_at(at_ms)
    group.done(at_ms, at_ms + 3)

    assert (None, at_ms, None) == (before, now, group.due_at(at_ms + 5_000))
    assert at_ms + 15_000 == group.next_ms
    assert 10_000 == group.wait_ms(at_ms + 5_000)


def test_moments_that_passed_are_left_out_and_counted() -> None:
    """After three intervals without an evaluation only the last moment is due, and two were missed."""
    group = planned()
    first_ms = group.next_ms

    assert first_ms + 30_000 == group.due_at(first_ms + 31_000)
    assert 2 == group.missed_count


def test_an_event_is_evaluated_at_once_but_not_twice_within_a_second() -> None:
    """A group that was woken is due now, and again only after the spacing."""
    group = planned()
    now_ms = group.next_ms - 9_000
    group.is_awake = True
    due = group.due_at(now_ms)
    group.done(now_ms, now_ms)
    group.is_awake = True

    assert now_ms == due
    assert None is group.due_at(now_ms + WAKE_SPACING_MS - 1)
    assert WAKE_SPACING_MS == group.wait_ms(now_ms)
    assert now_ms + WAKE_SPACING_MS == group.due_at(now_ms + WAKE_SPACING_MS)


def test_a_clock_that_was_set_back_is_planned_for_anew() -> None:
    """When the next moment lies further away than the interval, the grid of the new time counts."""
    group = planned()
    back_ms = T0_MS - 3_600_000

    assert None is group.due_at(back_ms)
    assert back_ms < group.next_ms <= back_ms + 15_000
