"""What is said of a component, and of many; limits with hold and a gap."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.health.states import HealthComponent, HealthState, Outcome, aggregate, judge, unless_stale
from otel_agent.health.thresholds import Threshold, update

OK, BAD = Outcome(is_ok=True), Outcome(is_ok=False, message="refused")


def after(component: HealthComponent, outcomes: list[Outcome]) -> list[HealthState]:
    """The state after each outcome."""
    states = []
    for now_s, outcome in enumerate(outcomes):
        component = judge(component, outcome, now_s)
        states.append(component.state)
    return states


def test_it_takes_several_failures_in_a_row_to_be_unhealthy() -> None:
    """A success in between begins the count anew."""
    states = after(HealthComponent("a", failure_threshold=3), [OK, BAD, BAD, OK, BAD, BAD, BAD])

    assert ["healthy"] * 6 + ["unhealthy"] == states


def test_it_may_take_several_successes_to_be_healthy_again() -> None:
    """Flapping does not count as recovery."""
    states = after(HealthComponent("a", failure_threshold=1, success_threshold=2), [BAD, OK, BAD, OK, OK])

    assert ["unhealthy", "unhealthy", "unhealthy", "unhealthy", "healthy"] == states


def test_what_was_never_judged_is_unknown_until_enough_is_known() -> None:
    """One success is enough, one failure is not."""
    assert [HealthState.UNKNOWN, HealthState.HEALTHY] == after(HealthComponent("a", success_threshold=5), [BAD, OK])


def test_the_reason_and_the_time_are_kept() -> None:
    """The latest outcome's."""
    component = judge(HealthComponent("a"), Outcome(is_ok=False, message="refused", duration_s=0.5), 7.0)

    assert ("refused", 7.0, 0.5, 1) == (
        component.message,
        component.checked_at_s,
        component.duration_s,
        component.failures,
    )


def test_what_is_too_old_is_unknown() -> None:
    """When nobody judges any more, nothing is known."""
    component = replace(judge(HealthComponent("a"), OK, 0.0), stale_after_s=10.0)

    assert HealthState.HEALTHY is unless_stale(component, 10.0).state
    assert HealthState.UNKNOWN is unless_stale(component, 10.1).state
    assert "stale: last judged 20 s ago" == unless_stale(component, 20.0).message


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([], HealthState.HEALTHY),
        ([("critical", HealthState.HEALTHY), ("minor", HealthState.UNKNOWN)], HealthState.HEALTHY),
        ([("critical", HealthState.UNKNOWN), ("minor", HealthState.HEALTHY)], HealthState.UNKNOWN),
        ([("critical", HealthState.HEALTHY), ("minor", HealthState.UNHEALTHY)], HealthState.DEGRADED),
        ([("critical", HealthState.DEGRADED)], HealthState.DEGRADED),
        ([("critical", HealthState.UNHEALTHY), ("minor", HealthState.HEALTHY)], HealthState.UNHEALTHY),
    ],
)
def test_many_words_become_one(components: list[tuple[str, HealthState]], expected: HealthState) -> None:
    """Only what is critical makes the whole unhealthy."""
    found = [HealthComponent(str(n), kind == "critical", state=state) for n, (kind, state) in enumerate(components)]

    assert expected is aggregate(found)


def readings(threshold: Threshold, values: Sequence[tuple[float, float]]) -> list[bool]:
    """Whether the limit is breached after each (time, value)."""
    found = []
    for now_s, value in values:
        threshold = update(threshold, value, now_s)
        found.append(threshold.is_breached)
    return found


def test_a_limit_must_be_held_and_be_left_clearly() -> None:
    """91 % for 10 s is nothing, for 40 s it is; 86 % does not end it, 84 % does."""
    memory = Threshold("memory", 0.9, 0.85, hold_s=30.0)
    values = [(0, 0.91), (10, 0.91), (11, 0.5), (20, 0.91), (49, 0.91), (50, 0.91), (60, 0.86), (61, 0.84), (62, 0.89)]

    assert [False, False, False, False, False, True, True, False, False] == readings(memory, values)


def test_a_reading_that_is_none_changes_nothing() -> None:
    """Not a number is not a value."""
    memory = Threshold("memory", 0.9, 0.85, hold_s=10.0)

    assert [False, False, True] == readings(memory, [(0, 0.95), (5, float("nan")), (10, 0.95)])


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1)), max_size=60), st.floats(0.5, 1), st.floats(0, 20))
def test_nothing_counts_before_it_was_held(steps: list[tuple[float, float]], limit: float, hold_s: float) -> None:
    """However values move, a breach is preceded by `hold_s` at or above the limit, and ends below the gap."""
    threshold, now_s, since_s = Threshold("cpu", limit, limit - 0.05, hold_s), 0.0, None
    for step_s, value in steps:
        now_s += step_s
        was_breached = threshold.is_breached
        threshold = update(threshold, value, now_s)
        since_s = None if value < limit and not was_breached else now_s if since_s is None else since_s
        if threshold.is_breached and not was_breached:
            assert since_s is not None
            assert now_s - since_s >= hold_s
        if was_breached and not threshold.is_breached:
            assert value < threshold.clear_below
            since_s = None
