"""Thresholds, with a hold and a gap."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from otel_agent.health.thresholds import Threshold, missed, unless_unread, update


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


def test_what_cannot_be_read_is_unknown() -> None:
    """After three readings without a value; CPU time has none in the first. A value ends it."""
    cpu = Threshold("cpu", 0.9, 0.85, hold_s=10.0)
    found = []
    for second in range(4):
        cpu = missed(cpu, second)
        found.append((cpu.is_unknown, cpu.state.value))

    assert [(False, "unknown"), (False, "unknown"), (True, "unknown"), (True, "unknown")] == found
    assert "healthy" == update(cpu, 0.5, 4).state.value
    assert not update(cpu, 0.5, 4).is_unknown


def test_a_breach_that_cannot_be_read_any_more_stays() -> None:
    """Not knowing is no reason to go back into service."""
    memory = update(Threshold("memory", 0.9, 0.85, hold_s=0.0), 0.95, 0)
    for second in range(1, 5):
        memory = missed(memory, second)

    assert (True, None, "unknown") == (memory.is_breached, memory.value, memory.state.value)
    assert not update(memory, 0.5, 6).is_breached


def test_what_was_not_read_for_long_is_unknown() -> None:
    """Whoever reads may hang; the last value is no present one."""
    memory = update(Threshold("memory", 0.9, 0.85, hold_s=0.0), 0.5, 100)

    assert not unless_unread(memory, 110).is_unknown
    assert (True, None) == (unless_unread(memory, 110.5).is_unknown, unless_unread(memory, 110.5).value)


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
