"""
Five years of real daily prices, replayed day by day.

The data file and its origin stand in `data/`. A day is all the agent knows of the world: it never sees a later one.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

__all__ = ["Day", "read_days"]


@dataclass(frozen=True, slots=True)
class Day:
    """One trading day."""

    date: date
    """When."""
    closes: Mapping[str, float]
    """Closing value by symbol, in the symbol's own unit."""


def read_days() -> Sequence[Day]:
    """
    Read every trading day of the data file, oldest first.

    Returns:
        1240 or so days, each with the same symbols.
    """
    text = resources.files("otel_agent.demo").joinpath("data/prices.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return [
        Day(date.fromisoformat(row.pop("day")), {symbol: float(close) for symbol, close in row.items()}) for row in rows
    ]
