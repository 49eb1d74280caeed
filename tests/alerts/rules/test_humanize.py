"""Numbers for people are written as Prometheus's templates write them."""

import pytest

from otel_agent.alerts.rules import humanize

INF = float("inf")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (humanize.plain(100_000.0), "100000"),
        (humanize.plain(1_234_567.0), "1.234567e+06"),
        (humanize.plain(0.00001), "1e-05"),
        (humanize.plain(-0.0), "-0"),
        (humanize.plain(-INF), "-Inf"),
        (humanize.number(999.0), "999"),
        (humanize.number(1_234_567.0), "1.235M"),
        (humanize.number(0.00123), "1.23m"),
        (humanize.number(0.0), "0"),
        (humanize.number_1024(1024.0), "1ki"),
        (humanize.number_1024(1_048_576.0), "1Mi"),
        (humanize.percentage(0.12345), "12.35%"),
        (humanize.duration(93_784.0), "1d 2h 3m 4s"),
        (humanize.duration(-3_725.0), "-1h 2m 5s"),
        (humanize.duration(0.0123), "12.3ms"),
        (humanize.duration(0.0), "0s"),
        (humanize.timestamp(1_700_000_000.5), "2023-11-14 22:13:20.5 +0000 UTC"),
        (humanize.timestamp(INF), "+Inf"),
    ],
)
def test_numbers_are_written_for_people(found: str, text: str) -> None:
    """Prefixes, units and digits are those of Prometheus."""
    assert text == found


def test_numbers_for_people_survive_any_float() -> None:
    """Infinities, NaN, zero of both signs and the extremes of floats are written."""
    for value in (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 5e-324, 1.7e308, -1.7e308):
        for function in (humanize.plain, humanize.number, humanize.number_1024, humanize.percentage, humanize.duration):
            assert function(value)
