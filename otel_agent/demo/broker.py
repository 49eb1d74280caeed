"""
A simulated broker: quotes and orders over a wire.

Quotes come over a wire that is sometimes slow. An order whose price has moved too far since yesterday is rejected, as an
exchange does with its price bands. Both depend on the data and on a seeded generator, so that a replay repeats itself.
"""

import asyncio
import random
from collections.abc import Mapping

import otel_agent
from otel_agent.demo.ledger import Fill
from otel_agent.demo.market import TradingDay

__all__ = ["Broker", "OrderRejectedError"]

PRICE_BAND = 0.022
"""An order is rejected when the price moved by more than this share since the day before."""

WIRE_S = 0.002
SLOW_WIRE_S = 0.12
SLOW_SHARE = 0.01


class OrderRejectedError(Exception):
    """The exchange did not take an order."""


class Broker:
    """
    Answers for quotes and orders of the day it is shown.

    Args:
        seed: Seed of the generator that makes some quotes slow.
    """

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._today: Mapping[str, float] = {}
        self._yesterday: Mapping[str, float] = {}

    @otel_agent.traced
    def open_day(self, day: TradingDay) -> None:
        """Make the closes of a day the prices of this broker."""
        self._yesterday, self._today = self._today or day.closes, day.closes

    @otel_agent.traced
    async def fetch_quote(self, symbol: str) -> float:
        """Price of one unit, asked for over the wire."""
        slow = self._random.random() < SLOW_SHARE
        await asyncio.sleep(SLOW_WIRE_S if slow else WIRE_S)
        return self._today[symbol]

    @otel_agent.traced
    async def place_order(self, symbol: str, units: int, day: str) -> Fill:
        """
        Carry an order out at today's price.

        Args:
            symbol: What to trade.
            units: How much; negative to sell.
            day: Written on the fill.

        Returns:
            The fill.

        Raises:
            OrderRejectedError: The price left its band.
        """
        await asyncio.sleep(WIRE_S)
        move = self._today[symbol] / self._yesterday[symbol] - 1
        if abs(move) > PRICE_BAND:
            raise OrderRejectedError(f"{symbol}: price moved {move:+.1%}, outside its band of {PRICE_BAND:.1%}")
        return Fill(day, symbol, units, self._today[symbol])
