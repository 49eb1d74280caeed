"""What texts may cost: some for each, and a share for all of them together."""

from otel_agent.redaction.detection.work_allowance import (
    CHARS_PER_UNIT,
    OWN_UNITS,
    SHARED_UNITS,
    SHARED_UNITS_PER_S,
    WorkAllowance,
)

LONG = 1 << 16


def test_a_short_text_has_units_of_its_own() -> None:
    """And one more for every few characters."""
    assert OWN_UNITS + 10 == WorkAllowance(lambda: 0.0).begin(10 * CHARS_PER_UNIT).units


def test_long_texts_draw_from_what_all_share() -> None:
    """When it is used up, each has its own units left; time fills it again."""
    now_s = [0.0]
    allowance = WorkAllowance(lambda: now_s[0])
    wanted = LONG // CHARS_PER_UNIT
    for _ in range(int(SHARED_UNITS // wanted) + 1):
        work = allowance.begin(LONG)
        work.afford(work.units)
        allowance.end(work)

    assert OWN_UNITS == allowance.begin(LONG).units
    now_s[0] += 2 * wanted / SHARED_UNITS_PER_S
    assert OWN_UNITS + wanted == allowance.begin(LONG).units


def test_work_that_was_not_done_costs_nothing() -> None:
    """A long text without names leaves the others their share."""
    allowance = WorkAllowance(lambda: 0.0)
    for _ in range(1_000):
        allowance.end(allowance.begin(LONG))

    assert OWN_UNITS + LONG // CHARS_PER_UNIT == allowance.begin(LONG).units
    work = allowance.begin(LONG)
    assert work.afford(work.units)
    assert not work.afford(1)
