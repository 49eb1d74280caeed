"""
The agent: each day it looks at the markets, decides, checks the risk and trades.

Nothing in here knows of OpenTelemetry but one line: the cache for quotes. Spans, metrics and logs come from the one call in
`otel_agent.demo.replay`.
"""

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass

import otel_agent
from otel_agent.demo.broker import Broker, OrderRejectedError
from otel_agent.demo.ledger import Ledger
from otel_agent.demo.market import TradingDay
from otel_agent.demo.risk import RiskLimitError, size
from otel_agent.demo.strategy import TradeSignal, decide

__all__ = ["ReplayResult", "TradingAgent"]

logger = logging.getLogger("trading-agent")

CAPITAL = 1_000_000.0


@dataclass(slots=True)
class ReplayResult:
    """Days, orders and refusals of a replay."""

    days: int = 0
    orders: int = 0
    rejected: int = 0
    refused: int = 0
    """Signals that the risk check turned down."""


class TradingAgent:
    """
    Trades every symbol it is shown.

    Args:
        broker: Answers quotes and takes orders.
        ledger: Keeps fills and positions.
    """

    def __init__(self, broker: Broker, ledger: Ledger) -> None:
        self._broker = broker
        self._ledger = ledger
        self._closes: dict[str, list[float]] = defaultdict(list)
        self.result = ReplayResult()

    @otel_agent.traced
    async def trade_day(self, day: TradingDay) -> None:
        """Go through one day, all symbols at once."""
        self._broker.open_day(day)
        quotes.cache_clear()
        await asyncio.gather(*(self.trade_symbol(symbol, day) for symbol in day.closes))
        self.result.days += 1

    @otel_agent.traced
    async def trade_symbol(self, symbol: str, day: TradingDay) -> None:
        """Fetch a quote, decide, size the position, send an order."""
        price = await quotes(self._broker, symbol)
        self._closes[symbol].append(price)
        signal = await asyncio.to_thread(decide, symbol, self._closes[symbol])
        if signal.side == "hold":
            return
        try:
            units = await self.order_size(signal)
        except RiskLimitError as refusal:
            self.result.refused += 1
            logger.warning("no trade: %s", refusal)
            return
        if units:
            await self.send_order(symbol, units, day)

    @otel_agent.traced
    async def order_size(self, signal: TradeSignal) -> int:
        """Units still missing for the position that the signal and the risk allow; negative to sell."""
        price = await quotes(self._broker, signal.symbol)
        wanted = size(signal, price, CAPITAL) if signal.side == "buy" else 0
        held = await asyncio.to_thread(self._ledger.position, signal.symbol)
        missing = wanted - held
        return missing if abs(missing) * price > CAPITAL * 0.05 else 0

    @otel_agent.traced
    async def send_order(self, symbol: str, units: int, day: TradingDay) -> None:
        """Send an order and write its fill."""
        try:
            fill = await self._broker.place_order(symbol, units, day.date.isoformat())
        except OrderRejectedError as rejection:
            self.result.rejected += 1
            logger.error("order rejected: %s", rejection)  # noqa: TRY400 - the span has the stack; the line is for people
            return
        await asyncio.to_thread(self._ledger.write, fill)
        self.result.orders += 1
        logger.info("%s %d %s at %.2f", "bought" if units > 0 else "sold", abs(units), symbol, fill.price)


@otel_agent.cached(maxsize=64, ttl_s=60, name="quotes", key=lambda _broker, symbol: symbol)
@otel_agent.traced
async def quotes(broker: Broker, symbol: str) -> float:
    """Today's price, from the cache or over the wire."""
    return await broker.fetch_quote(symbol)
