"""States of components, and how many become one."""

from dataclasses import replace

import pytest

from otel_agent.health.states import CheckOutcome, HealthComponent, HealthState, aggregate, judge, unless_stale

OK, BAD = CheckOutcome(is_ok=True), CheckOutcome(is_ok=False, message="refused")


def after(component: HealthComponent, outcomes: list[CheckOutcome]) -> list[HealthState]:
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
    component = judge(HealthComponent("a"), CheckOutcome(is_ok=False, message="refused", duration_s=0.5), 7.0)

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
