"""Comparisons for people and for programs."""

from otel_agent.insight.baselines.tables import as_table, as_values, duration, percentage
from otel_agent.insight.baselines.verdicts import compare

BEFORE = {"trader.decide": [0.01 + number / 1e5 for number in range(10)], "trader.gone": [1.0] * 10}
AFTER = {"trader.decide": [0.02 + number / 1e5 for number in range(10)]}


def test_a_table_has_a_line_for_each_function_and_a_sum() -> None:
    """Columns are aligned, and lines end where their text ends."""
    header, first, *_, last = (" ".join(line.split()) for line in as_table(compare(BEFORE, AFTER)).splitlines())

    assert "function baseline now change p runs verdict" == header
    assert "trader.decide 10 ms 20 ms +99.6 % 5.4e-06 10:10 slower" == first
    assert "1 slower, 1 not enough data" == last
    assert "no function was measured" == as_table([]).splitlines()[-1]


def test_values_are_plain() -> None:
    """Every field by its name."""
    first, second = as_values(compare(BEFORE, AFTER))

    assert ("trader.decide", "slower", 10, 10) == tuple(
        first[key] for key in ("function", "verdict", "runs_before", "runs_after")
    )
    assert None is second["after_s"]


def test_durations_have_the_unit_that_suits() -> None:
    """Three digits."""
    assert ["1.5 s", "12.3 ms", "999 µs", "250 ns", "1234 s", "-"] == [
        duration(each) for each in (1.5, 0.0123, 0.000999, 2.5e-7, 1234.4, None)
    ]
    assert ["+12.5 %", "-3.0 %", ""] == [percentage(each) for each in (0.125, -0.03, None)]
