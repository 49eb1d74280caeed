"""Connection pools that are too small: requests wait while every connection is lent out, for some time on end."""

from collections.abc import Iterable
from dataclasses import dataclass

from otel_agent.insight.findings import Sighting

__all__ = ["PoolReading", "PoolStarvation"]

LEAST_WAIT_S = 0.05
"""Requests have to wait longer than this."""

LEAST_S = 3.0
"""So long a pool has to be short of connections, in seconds, with no pause longer than `PAUSE_S`."""

PAUSE_S = 1.0
LEAST_SHARE = 0.5
"""In so many looks at it somebody has to wait."""

FEWEST_LOOKS = 8


@dataclass(frozen=True, slots=True)
class PoolReading:
    """One look at a pool."""

    name: str
    used: int
    limit: int | None
    waiting: int
    """Requests that wait for a connection."""
    waited_s: float
    """How long the one that waits longest has waited, in seconds."""


@dataclass(slots=True)
class _Short:
    began_s: float
    last_s: float
    looks: int = 0
    looks_short: int = 0
    most_waiting: int = 0
    waiting: int = 0
    longest_s: float = 0.0
    waited_s: float = 0.0


class PoolStarvation:
    """Looks added up by pool. Used by one thread."""

    def __init__(self) -> None:
        self._short: dict[str, _Short] = {}

    def look(self, readings: Iterable[PoolReading], now_s: float, period_s: float) -> list[Sighting]:
        """
        Take in one look at all pools.

        Args:
            readings: One of each pool.
            now_s: Seconds since 1970.
            period_s: Time since the last look, in seconds.
        """
        found = []
        for reading in readings:
            is_short = reading.limit is not None and reading.used >= reading.limit and reading.waiting > 0
            known = self._short.get(reading.name)
            if known is not None and now_s - known.last_s > PAUSE_S and not is_short:
                del self._short[reading.name]
                continue
            if known is None:
                if not is_short:
                    continue
                known = self._short[reading.name] = _Short(now_s - period_s, now_s)
            known.looks += 1
            if is_short:
                known.last_s = now_s
                known.looks_short += 1
                known.waiting += reading.waiting
                known.most_waiting = max(known.most_waiting, reading.waiting)
                known.longest_s = max(known.longest_s, reading.waited_s)
                known.waited_s += reading.waiting * period_s
                sighting = _judge(reading, known)
                if sighting is not None:
                    found.append(sighting)
        return found


def _judge(reading: PoolReading, known: _Short) -> Sighting | None:
    if (
        known.last_s - known.began_s < LEAST_S
        or known.looks_short < FEWEST_LOOKS
        or known.looks_short < LEAST_SHARE * known.looks
        or known.longest_s < LEAST_WAIT_S
    ):
        return None
    limit = reading.limit or 0
    wanted = limit + known.most_waiting
    return Sighting(
        "pool_starvation",
        reading.name,
        "",
        {
            "limit": limit,
            "waiting": known.waiting / known.looks_short,
            "most_waiting": known.most_waiting,
            "longest_wait_s": known.longest_s,
            "size": wanted,
        },
        f"Give the pool {wanted} connections (`create_engine(…, pool_size={wanted})`), because {known.most_waiting} requests waited while all"
        f" {limit} were lent out; or give connections back sooner, before slow work that needs none.",
        known.waited_s,
        known.began_s,
        known.last_s,
        0.85,
        count=known.looks_short,
        is_total=True,
    )
