"""
Market data: five years of real daily closing prices, day by day.

The data file and its origin stand in `data/`. A day is all the agent knows of the world: it never sees a later one.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

__all__ = ["TradingDay", "read_days"]


@dataclass(frozen=True, slots=True)
class TradingDay:
    """One trading day."""

    date: date
    """When."""
    closes: Mapping[str, float]
    """Closing value by symbol, in the symbol's own unit."""


def read_days() -> Sequence[TradingDay]:
    """
    Read every trading day of the data file, oldest first.

    Returns:
        1254 days, each with the same symbols.
    """
    text = resources.files("otel_agent.demo").joinpath("data/prices.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return [
        TradingDay(date.fromisoformat(row.pop("day")), {symbol: float(close) for symbol, close in row.items()})
        for row in rows
    ]
