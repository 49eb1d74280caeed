"""Types that grow from probe to probe."""

from collections.abc import Sequence

import pytest

from otel_agent.insight.memory.leaks import LeakWatch, Suspect
from otel_agent.insight.memory.type_counts import TypeCounts


def watched(
    sizes: Sequence[int], name: str = "trader.Order", full_collections: Sequence[int] | None = None
) -> LeakWatch:
    """Probes a minute apart, with so many orders each, and a full collection between each two."""
    watch = LeakWatch()
    for number, size in enumerate(sizes):
        counts = TypeCounts({name: size, "dict": 50_000}, size + 50_000, 1, 0.01)
        watch.add(counts, 60.0 * number, number if full_collections is None else full_collections[number])
    return watch


def test_a_leak_is_suspected_at_the_fifth_probe() -> None:
    """Not at the fourth."""
    assert [] == watched([0, 1000, 2000, 3000]).suspects()
    assert [Suspect("trader.Order", 0, 4000, 0.0, 240.0)] == watched([0, 1000, 2000, 3000, 4000]).suspects()


@pytest.mark.parametrize(
    "sizes",
    [
        [1000, 1030, 990, 1010, 1000],
        [0, 4000, 6000, 7000, 7500],
        [0, 5000, 10_000, 10_000, 10_000],
        [100_000, 100_200, 100_400, 100_600, 100_800],
        [10, 20, 30, 40, 50],
    ],
    ids=["a steady queue", "a cache that warms up", "a full cache", "next to nothing of many", "next to nothing"],
)
def test_clean_programs_are_not_suspected(sizes: list[int]) -> None:
    """Whatever they hold."""
    assert [] == watched(sizes).suspects()


def test_what_is_ours_is_not_suspected() -> None:
    """It is bounded."""
    assert [] == watched([0, 1000, 2000, 3000, 4000], "otel_agent.series.rings.Ring").suspects()


def test_garbage_is_not_taken_for_growth() -> None:
    """Before a full collection nobody knows; a probe after one takes the place of the last."""
    watch = watched([0, 1000, 2000, 3000, 4000], full_collections=[2] * 5)
    assert not watch.is_sure()
    watch.amend(TypeCounts({"trader.Order": 10}, 10, 1, 0.01), 3)

    assert watch.is_sure()
    assert [] == watch.suspects()


def test_what_stops_growing_is_cleared_once() -> None:
    """A cache that took its time."""
    watch = watched([1000, 2000, 3000, 4000, 5000])
    watch.found.add("trader.Order")
    assert [] == watch.cleared()
    for number in (6, 7, 8):
        watch.add(TypeCounts({"trader.Order": 5000}, 5000, 1, 0.01), 60.0 * number, number)

    assert ["trader.Order"] == watch.cleared()
    assert [] == watch.cleared()
