"""Collections that take too much."""

from otel_agent.insight.findings import Sighting
from otel_agent.insight.gc_pressure import CollectionTotals, GcPressure


def seen(
    seconds: int, pause_s: float, *, long_pauses: float = 0, blocks: int = 2_000_000, growth: int = 0
) -> list[Sighting]:
    """What is found in so many seconds, with so long a pause in each."""
    watch = GcPressure()
    totals = (
        CollectionTotals(float(at), at * pause_s, int(at * long_pauses), blocks + at * growth) for at in range(seconds)
    )
    return [found for each in totals if (found := watch.add(each)) is not None]


def test_more_than_five_per_cent_are_told() -> None:
    """With the share, the cure, and the time it takes."""
    found = seen(8, 0.1)[0]

    assert "gc_pressure" == found.rule
    assert 0.09 < float(found.evidence["gc_share"]) < 0.11
    assert "otel_agent.memory.tune()" in found.fix
    assert found.saved_s is not None
    assert 0.4 < found.saved_s < 0.8


def test_long_pauses_are_told() -> None:
    """However small their share."""
    assert 1 == len(seen(60, 0.006, long_pauses=0.06))


def test_what_is_built_once_is_not_told() -> None:
    """A second full of collections, and calm afterwards."""
    watch = GcPressure()
    totals = (CollectionTotals(float(at), 0.9 * min(at, 1), 2 * min(at, 1), 2_000_000) for at in range(30))

    assert [] == [found for each in totals if (found := watch.add(each)) is not None]


def test_long_collections_now_and_then_are_told() -> None:
    """Two seconds of every four, each counted at its end."""
    watch = GcPressure()
    totals = (CollectionTotals(float(at), 2.0 * (at // 4), at // 4, 2_000_000) for at in range(12))

    assert 1 == len([found for each in totals if (found := watch.add(each)) is not None])


def test_what_is_usual_is_not_told() -> None:
    """Two per cent; a moment; a heap that grows; a small heap on a busy machine."""
    assert [] == seen(100, 0.02)
    assert [] == seen(4, 0.5)
    assert [] == seen(30, 0.2, growth=500_000)
    assert [] == seen(100, 0.02, long_pauses=0.5, blocks=100_000)
