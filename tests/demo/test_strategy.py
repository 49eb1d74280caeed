"""The strategy buys what rises, sells what falls, and holds otherwise."""

import math

import pytest

from otel_agent.demo.strategy import SLOW_DAYS, annual_volatility, decide


@pytest.mark.parametrize(
    ("closes", "side"),
    [
        ([100.0] * (SLOW_DAYS - 1), "hold"),
        ([100.0] * SLOW_DAYS, "hold"),
        ([100.0 + day for day in range(SLOW_DAYS)], "buy"),
        ([100.0 - day for day in range(SLOW_DAYS)], "sell"),
        ([100.0] * (SLOW_DAYS - 1) + [100.1], "hold"),
    ],
    ids=["too short", "flat", "rising", "falling", "within the dead band"],
)
def test_the_fast_average_decides_against_the_slow_one(closes: list[float], side: str) -> None:
    """Without history, and while both averages are close, nothing is traded."""
    assert side == decide("EUR", closes).side


def test_the_strength_is_the_distance_of_the_averages() -> None:
    """A signal says how far the fast average is from the slow one, as a share of it."""
    signal = decide("EUR", [100.0] * 15 + [110.0] * 5)

    assert ("EUR", "buy") == (signal.symbol, signal.side)
    assert pytest.approx(110 / 102.5 - 1) == signal.strength


def test_volatility_is_annual() -> None:
    """A price that changes by one per cent up and down each day has the deviation of a year."""
    closes = [100.0 * (1.01 if day % 2 else 1.0) for day in range(5)]
    change = math.log(1.01)

    assert pytest.approx(change * math.sqrt(4 / 3) * math.sqrt(252)) == annual_volatility(closes)
    assert 0.0 == annual_volatility(closes[:2])
