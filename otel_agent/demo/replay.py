"""The replay: one call to `otel_agent.init`, then days of trading at a chosen speed."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from tempfile import TemporaryDirectory
from typing import Any

import otel_agent
from otel_agent.delivery.accounting import Delivery
from otel_agent.demo.agent import ReplayResult, TradingAgent
from otel_agent.demo.broker import Broker
from otel_agent.demo.ledger import Ledger
from otel_agent.demo.market import TradingDay, read_days

__all__ = ["replay"]

RULES = [
    {"exception": {"name": "RiskBreach", "type": "RiskLimitError", "severity": "critical"}},
    {"exception": {"name": "OrderRejected", "type": "OrderRejectedError", "severity": "warning"}},
    {"cache_hit_rate": {"name": "QuotesCold", "cache": "quotes", "below": 0.1, "min_lookups": 100}},
]
"""What the agent is told of by itself, whatever else is down."""

PROGRESS_DAYS = 20
"""A line of progress every so many days."""


def replay(days: int, speed: float, *, forever: bool, endpoint: str | None = None) -> ReplayResult:
    """
    Trade the last days of the data and print a summary.

    Args:
        days: How many trading days, at least 1; the data holds 1254.
        speed: Trading days a second; 0 means as fast as it goes.
        forever: Whether to start over at the end until interrupted.
        endpoint: Receiver of OTLP to send to; else `OTEL_EXPORTER_OTLP_ENDPOINT`. Without either, the terminal is drawn on.

    Returns:
        Days, orders and refusals.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)-7s %(message)s", stream=sys.stdout)
    receiver = endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    with otel_agent.init("trading-agent", **_settings(receiver)) as telemetry:
        result = asyncio.run(_trade(read_days()[-days:], speed, forever=forever))
        delivery = telemetry.flush(5.0)
    print(_epilogue(result, receiver, delivery))
    return result


async def _trade(days: Sequence[TradingDay], speed: float, *, forever: bool) -> ReplayResult:
    folder = TemporaryDirectory(prefix="otel-agent-demo-")
    ledger = Ledger(f"sqlite:///{folder.name}/orders.db")
    otel_agent.health_check("ledger", critical=True, interval_s=1.0)(ledger.check)
    agent = TradingAgent(Broker(), ledger)
    stretch: Iterator[TradingDay] = chain.from_iterable(repeat(days)) if forever else iter(days)
    print(f"Trading {', '.join(days[0].closes)} from {days[0].date} to {days[-1].date}.", flush=True)
    try:
        for count, day in enumerate(stretch, start=1):
            due_s = time.monotonic() + (1 / speed if speed else 0)
            await agent.trade_day(day)
            if count % PROGRESS_DAYS == 0:
                print(f"        {day.date}: {count} days, {agent.result.orders} orders", flush=True)
            await asyncio.sleep(max(due_s - time.monotonic(), 0))
    except asyncio.CancelledError:
        print("Interrupted.", flush=True)
    finally:
        ledger.close()
        folder.cleanup()
    return agent.result


def _settings(receiver: str | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"trace_modules": False, "alerts": RULES}
    if receiver:
        return settings | {"metrics_interval_s": 5.0, "endpoint": receiver}
    return settings | {"export": "console"}


def _epilogue(result: ReplayResult, receiver: str | None, delivery: Delivery) -> str:
    lines = [
        "",
        f"Traded {result.days} days: {result.orders} orders, {result.rejected} rejected, {result.refused} refused by risk.",
    ]
    if receiver:
        lines.append(f"{delivery.delivered} records went to {receiver}.")
        if not delivery:
            waiting = delivery.spooled + delivery.queued
            lines.append(
                f"{waiting} wait on the disk or in memory, {delivery.dropped} were dropped: otel-agent doctor says why."
            )
    else:
        lines += [
            "To see these traces in Jaeger and the metrics in Grafana:",
            "    docker compose -f docker/compose.yaml up -d",
            "    otel-agent demo --endpoint http://127.0.0.1:4318",
            "    then open http://127.0.0.1:16686 (Jaeger) and http://127.0.0.1:3000 (Grafana)",
        ]
    return "\n".join(lines)
