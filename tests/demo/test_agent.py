"""The trading agent buys what its strategy says, within its risk."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from otel_agent.demo import broker as wire
from otel_agent.demo.agent import TradingAgent, quotes
from otel_agent.demo.broker import Broker
from otel_agent.demo.ledger import Ledger
from otel_agent.demo.market import TradingDay


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A ledger in a file of its own; nobody waits for a wire that is only a pause."""
    monkeypatch.setattr(wire, "WIRE_S", 0.0)
    monkeypatch.setattr(wire, "SLOW_WIRE_S", 0.0)
    made = Ledger(f"sqlite:///{tmp_path}/orders.db")
    yield made
    made.close()


def trade(agent: TradingAgent, closes: list[float]) -> None:
    """Trade one symbol for as many days as there are prices."""

    async def days() -> None:
        for number, close in enumerate(closes):
            await agent.trade_day(TradingDay(date(2024, 1, 1) + timedelta(number), {"EUR": close}))

    asyncio.run(days())


def test_a_rising_market_is_bought_and_a_falling_one_sold(ledger: Ledger) -> None:
    """A position is built once the averages cross, and given up when they cross back."""
    agent = TradingAgent(Broker(), ledger)
    trade(agent, [100.0 * 1.002**day for day in range(25)])
    bought = ledger.position("EUR")
    trade(agent, [100.0 * 1.002**25 * 0.99**day for day in range(25)])

    assert bought > 0
    assert 0 == ledger.position("EUR")
    assert 50 == agent.result.days
    assert ledger.count() == agent.result.orders > 1


def test_a_market_too_wild_is_refused(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """The refusal is counted and logged with its reason, and no order is sent."""
    agent = TradingAgent(Broker(), ledger)
    with caplog.at_level(logging.WARNING, "trading-agent"):
        trade(agent, [100.0 * 1.02**day * (1.1 if day % 2 else 1.0) for day in range(25)])

    assert agent.result.refused > 0
    assert (0, 0) == (agent.result.orders, ledger.count())
    assert "no trade: EUR: volatility" in caplog.text


def test_an_order_that_the_exchange_rejects_is_logged(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """A rejection costs the order and nothing else: the next day goes on."""
    agent = TradingAgent(Broker(), ledger)
    with caplog.at_level(logging.ERROR, "trading-agent"):
        trade(agent, [100.0] * 19 + [102.3, 104.7])

    assert agent.result.rejected > 0
    assert 21 == agent.result.days
    assert "order rejected: EUR: price moved" in caplog.text


def test_a_quote_is_asked_for_once_a_day(ledger: Ledger) -> None:
    """A symbol's price is fetched once and read from the cache for sizing."""
    before = quotes.cache_info()
    agent = TradingAgent(Broker(), ledger)
    trade(agent, [100.0 * 1.002**day for day in range(25)])
    after = quotes.cache_info()

    assert 25 == after.misses - before.misses
    assert after.hits > before.hits
