"""The recent past is bounded in bytes: the oldest gives way first, and what nobody asks for before the rest."""

from otel_agent.series.histograms import NativeHistogram, PackedCounts
from otel_agent.series.matchers import Matcher, MatchType
from otel_agent.series.store import Store


def filled(keep_bytes: int | None, *, series: int, points: int, asked: str = "") -> Store:
    """A store with as many counters, a point a second, of which one was asked for."""
    store = Store(keep_bytes=keep_bytes)
    if asked:
        store.select([Matcher("__name__", MatchType.EQUAL, asked)])
    for second in range(points):
        for number in range(series):
            store.append({"__name__": f"s{number}"}, second * 1000, float(second), is_counter=True)
        if asked and not second:
            store.select([Matcher("__name__", MatchType.EQUAL, asked)])
        with store.lock:
            store.bound()
    return store


def histogram(number: int) -> NativeHistogram:
    """A state with a hundred buckets."""
    return NativeHistogram(3, float(number), 1.0, positive=PackedCounts(1, [number] * 100))


def test_all_series_together_stay_within_the_bound() -> None:
    """However many points come; between two looks, what comes until the next."""
    bounded, free = filled(200_000, series=20, points=3_000), filled(None, series=20, points=3_000)

    assert bounded.size_bytes() < 220_000
    assert free.size_bytes() > 900_000


def test_the_newest_points_stay_and_what_was_asked_for_keeps_most() -> None:
    """Eight times as many as what nobody asked for."""
    store = filled(200_000, series=20, points=3_000, asked="s7")
    kept = {one.labels.get("__name__"): one.points for one in store}

    assert all(2_999_000 == points.last_ms == points.times_ms[-1] for points in kept.values())
    assert len(kept["s7"].times_ms) > 4 * len(kept["s8"].times_ms)


def test_histograms_are_bounded_as_well() -> None:
    """Busy ones are what memory is spent on."""
    store = Store(keep_bytes=500_000)
    for second in range(2_000):
        for number in range(10):
            store.append({"__name__": f"h{number}"}, second * 1000, histogram(second))
        with store.lock:
            store.bound()

    assert store.size_bytes() < 600_000


def test_counts_take_as_few_bytes_as_the_largest_needs() -> None:
    """And give back what was put in."""
    for largest, kept_bytes in ((200, 1), (60_000, 2), (1 << 20, 4), (1 << 40, 8), (0.5, 8)):
        packed = PackedCounts(5, [0, largest, 1])
        assert {5: 0.0, 6: float(largest), 7: 1.0} == dict(packed)
        assert PackedCounts(5, []).size_bytes() + 3 * kept_bytes == packed.size_bytes()


def test_a_coarser_histogram_is_packed_again() -> None:
    """Merging buckets makes a dictionary, which takes ten times the memory."""
    coarse = histogram(7).at_scale(1)

    assert coarse == coarse.packed()
    assert coarse.packed().size_bytes() < coarse.size_bytes() / 3
