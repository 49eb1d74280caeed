"""The risk check sizes positions, and refuses what is too wild."""

import pytest

from otel_agent.demo.risk import RiskLimitError, size
from otel_agent.demo.strategy import TradeSignal


def test_a_bad_day_costs_the_budget() -> None:
    """One standard deviation of a day times the position is one per cent of the capital."""
    signal = TradeSignal("EUR", "buy", 0.01, volatility=0.2)
    units = size(signal, 50.0, 1_000_000.0)
    loss = units * 50.0 * 0.2 / 252**0.5

    assert pytest.approx(10_000, rel=0.01) == loss


def test_a_wild_market_is_refused_for_buying_only() -> None:
    """Above the limit nothing is bought; what is held may still be sold."""
    with pytest.raises(RiskLimitError, match="EUR: volatility 50% is above 45%"):
        size(TradeSignal("EUR", "buy", 0.01, volatility=0.5), 50.0, 1e6)

    assert size(TradeSignal("EUR", "sell", 0.01, volatility=0.5), 50.0, 1e6) > 0


def test_a_market_that_stands_still_has_a_least_volatility() -> None:
    """No movement is no reason to buy without end."""
    assert 100_000 == size(TradeSignal("EUR", "buy", 0.01, volatility=0.0), 50.0, 1e6)
