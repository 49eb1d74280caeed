"""The broker quotes today's price, and rejects orders outside its band."""

import asyncio
from datetime import date

import pytest

from otel_agent.demo import broker as module
from otel_agent.demo.broker import PRICE_BAND, Broker, OrderRejectedError
from otel_agent.demo.ledger import Fill
from otel_agent.demo.market import TradingDay


@pytest.fixture(autouse=True)
def _quick_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a wire that is only a pause."""
    monkeypatch.setattr(module, "WIRE_S", 0.0)
    monkeypatch.setattr(module, "SLOW_WIRE_S", 0.0)


def opened(*closes: float) -> Broker:
    """A broker that has seen a day with each of these prices."""
    broker = Broker()
    for number, close in enumerate(closes, start=1):
        broker.open_day(TradingDay(date(2024, 1, number), {"EUR": close}))
    return broker


def test_an_order_is_filled_at_todays_price() -> None:
    """The fill says what was traded, when, and for how much; selling is negative."""
    broker = opened(1.0, 1.01)

    assert 1.01 == asyncio.run(broker.fetch_quote("EUR"))
    assert Fill("2024-01-02", "EUR", -5, 1.01) == asyncio.run(broker.place_order("EUR", -5, "2024-01-02"))


@pytest.mark.parametrize("move", [1 + 2 * PRICE_BAND, 1 - 2 * PRICE_BAND])
def test_an_order_outside_the_band_is_rejected(move: float) -> None:
    """A price that moved too far since yesterday, up or down, takes no order."""
    with pytest.raises(OrderRejectedError, match=r"EUR: price moved .* outside its band"):
        asyncio.run(opened(1.0, move).place_order("EUR", 5, "2024-01-02"))


def test_the_first_day_has_no_move() -> None:
    """Without a day before, any price is within the band."""
    assert 2.0 == asyncio.run(opened(2.0).place_order("EUR", 5, "2024-01-01")).price


def test_a_replay_repeats_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which quotes are slow is the seed's decision."""
    pauses: list[list[float]] = []

    async def note(pause_s: float) -> None:
        pauses[-1].append(pause_s)

    monkeypatch.setattr(module, "SLOW_WIRE_S", 1.0)
    monkeypatch.setattr(asyncio, "sleep", note)

    async def quote(broker: Broker) -> None:
        for _ in range(500):
            await broker.fetch_quote("EUR")

    for seed in (7, 7, 8):
        pauses.append([])
        broker = Broker(seed)
        broker.open_day(TradingDay(date(2024, 1, 1), {"EUR": 1.0}))
        asyncio.run(quote(broker))

    assert pauses[0] == pauses[1] != pauses[2]
    assert 1.0 in pauses[0]
