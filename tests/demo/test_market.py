"""The market's days are real, whole and in order."""

from datetime import date
from itertools import pairwise

from otel_agent.demo.market import read_days


def test_days_are_in_order_and_have_the_same_symbols() -> None:
    """The agent never sees a later day, and no symbol comes or goes."""
    days = read_days()

    assert 1254 == len(days)
    assert all(before.date < after.date for before, after in pairwise(days))
    assert 1 == len({tuple(day.closes) for day in days})


def test_closes_are_prices() -> None:
    """Each is a number above zero, on a day of the week."""
    days = read_days()

    assert all(close > 0 for day in days for close in day.closes.values())
    assert all(day.date.weekday() < 5 for day in days)
    assert isinstance(days[0].date, date)
