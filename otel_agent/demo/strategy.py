"""The strategy: a moving-average crossover on logarithmic returns, standing aside when the market is too wild."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import otel_agent

__all__ = ["TradeSignal", "decide"]

FAST_DAYS = 5
SLOW_DAYS = 20
TRADING_DAYS_A_YEAR = 252


@dataclass(frozen=True, slots=True)
class TradeSignal:
    """What the strategy decided, before the risk check."""

    symbol: str
    """What to trade."""
    side: Literal["buy", "sell", "hold"]
    """Which way."""
    strength: float
    """Distance of the averages as a share of the slow one; 0 for "hold"."""
    volatility: float
    """Annualised standard deviation of the daily returns; a ratio."""


@otel_agent.traced
def decide(symbol: str, closes: Sequence[float]) -> TradeSignal:
    """
    Compare a fast with a slow moving average.

    Args:
        symbol: What the closes belong to.
        closes: Daily closes, oldest first; at least two.

    Returns:
        A signal; "hold" while there is not enough history or the averages are within 0.2 % of each other.
    """
    volatility = annual_volatility(closes[-SLOW_DAYS:])
    if len(closes) < SLOW_DAYS:
        return TradeSignal(symbol, "hold", 0.0, volatility)
    fast = sum(closes[-FAST_DAYS:]) / FAST_DAYS
    slow = sum(closes[-SLOW_DAYS:]) / SLOW_DAYS
    strength = fast / slow - 1
    if abs(strength) < 0.002:  # noqa: PLR2004 - the dead band, explained above
        return TradeSignal(symbol, "hold", 0.0, volatility)
    return TradeSignal(symbol, "buy" if strength > 0 else "sell", abs(strength), volatility)


@otel_agent.traced
def annual_volatility(closes: Sequence[float]) -> float:
    """
    Annualised standard deviation of daily logarithmic returns.

    Args:
        closes: Daily closes, oldest first.

    Returns:
        A ratio: 0.2 means 20 % a year; 0 for fewer than three closes.
    """
    returns = [math.log(after / before) for before, after in pairwise(closes)]
    if len(returns) < 2:  # noqa: PLR2004 - a deviation needs two values
        return 0.0
    mean = sum(returns) / len(returns)
    variance = sum((value - mean) ** 2 for value in returns) / (len(returns) - 1)
    return math.sqrt(variance * TRADING_DAYS_A_YEAR)
