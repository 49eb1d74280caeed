"""Pools that are short of connections."""

from otel_agent.insight.detectors.pools import PoolReading, PoolStarvation
from otel_agent.insight.findings import Sighting


def looks(used: int, waiting: int, seconds: float, limit: int | None = 2) -> list[Sighting]:
    starvation, found = PoolStarvation(), []
    for number in range(int(seconds * 4)):
        found += starvation.look([PoolReading("desk", used, limit, waiting, 0.2)], 100 + number / 4, 0.25)
    return found


def test_a_pool_that_is_short_for_seconds_is_found_with_the_size_it_needs() -> None:
    """The waiting of all requests is what could be saved."""
    sighting = looks(2, 3, 5)[-1]

    assert ("desk", 5, 15.0) == (sighting.subject, sighting.evidence["size"], sighting.saved_s)
    assert "pool_size=5" in sighting.fix


def test_a_short_rush_and_a_full_pool_without_a_queue_are_none() -> None:
    """Nor is one without a limit."""
    assert [] == looks(2, 3, 2) + looks(2, 0, 60) + looks(1, 1, 60) + looks(2, 3, 60, limit=None)
