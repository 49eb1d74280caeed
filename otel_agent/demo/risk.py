"""Position sizing: units that keep a day's expected loss within its budget, or a refusal."""

import math

import otel_agent
from otel_agent.demo.strategy import TRADING_DAYS_A_YEAR, TradeSignal

__all__ = ["RiskLimitError", "size"]

DAILY_RISK_BUDGET = 0.01
"""Share of the capital a position may be expected to lose on an ordinary bad day (one standard deviation)."""

VOLATILITY_LIMIT = 0.45
"""Above this annual volatility nothing is bought at all."""


class RiskLimitError(Exception):
    """A position would break a risk limit."""


@otel_agent.traced
def size(signal: TradeSignal, price: float, capital: float) -> int:
    """
    Units to trade so that one standard deviation of a day costs `DAILY_RISK_BUDGET` of the capital.

    Args:
        signal: What the strategy decided.
        price: Price of one unit.
        capital: Money and positions together, in the money of `price`.

    Returns:
        Whole units, at least 0.

    Raises:
        RiskLimitError: The market is wilder than `VOLATILITY_LIMIT`.
    """
    if signal.side == "buy" and signal.volatility > VOLATILITY_LIMIT:
        raise RiskLimitError(f"{signal.symbol}: volatility {signal.volatility:.0%} is above {VOLATILITY_LIMIT:.0%}")
    daily = max(signal.volatility / math.sqrt(TRADING_DAYS_A_YEAR), 0.002)
    return int(capital * DAILY_RISK_BUDGET / (daily * price))
