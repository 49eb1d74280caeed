"""All caches are measured under their names, exactly, and the counts of those that are gone stay."""

import gc
from typing import Any

import cachetools
from collected_metrics import CollectedMetrics

import otel_agent
from otel_agent import catalog
from otel_agent.instruments.caches.adapters import watch_cache
from otel_agent.instruments.caches.cached import cached
from otel_agent.instruments.caches.function_cache import CacheInfo
from otel_agent.instruments.caches.watching import MOST_GONE, CacheRegistry, CacheStatistics, registry
from otel_agent.testing import recorded


def test_seven_lookups_with_four_hits_export_four_three_and_four_sevenths(caches: CollectedMetrics) -> None:
    """Counts and ratio are exact."""

    @cached(maxsize=10, name="seven")
    def double(number: int) -> int:
        return 2 * number

    assert "hit_ratio" not in caches.of_cache("seven")
    assert [2, 4, 6, 2, 4, 6, 2] == [double(number) for number in (1, 2, 3, 1, 2, 3, 1)]
    found = caches.of_cache("seven")

    assert (4, 3, 4 / 7) == (found["requests hit"], found["requests miss"], found["hit_ratio"])
    assert (3, 10) == (found["entry.count"], found["entry.limit"])
    assert CacheInfo(4, 3, 10, 3) == double.cache_info()


def test_what_is_emitted_is_what_is_catalogued(caches: CollectedMetrics) -> None:
    """Names, units, descriptions and attributes come from the catalogue."""

    @cached(name="catalogued")
    def double(number: int) -> int:
        return 2 * number

    double(1)
    emitted = caches.metrics()

    assert {metric.name for metric in catalog.GROUPS["Caches"]} == set(emitted)
    for name, metric in emitted.items():
        record = catalog.METRICS[name]
        assert (record.unit, record.description) == (metric.unit, metric.description)
        for point in metric.data.data_points:
            assert {each.name for each in record.attributes} == set(point.attributes)


def test_a_name_taken_gets_a_number() -> None:
    """Two caches never share a series."""
    known = CacheRegistry()
    names = [known.add("quotes", lambda: CacheStatistics(0, 0)) for _ in range(3)]

    assert ["quotes", "quotes-2", "quotes-3"] == names


def test_the_ratio_is_that_of_the_last_minute() -> None:
    """An old success does not hide a fresh failure, and no lookup is not a ratio of zero."""
    now_s = [0.0]
    figures = [CacheStatistics(0, 0)]
    known = CacheRegistry(lambda: now_s[0])
    known.add("quotes", lambda: figures[0])
    (watched,) = known.each()
    ratios = []
    for at_s, hits, misses in ((1, 90, 10), (30, 90, 10), (62, 90, 20), (200, 90, 20)):
        now_s[0], figures[0] = float(at_s), CacheStatistics(hits, misses)
        ratios.append(watched.hit_ratio())

    assert [0.9, 0.9, 0.0, None] == ratios


def statistics_of(name: str, known: CacheRegistry = registry) -> CacheStatistics | None:
    """What is known of a cache."""
    return next((each.statistics() for each in known.each() if each.name == name), None)


def test_the_last_numbers_are_asked_for_once_the_cache_is_gone() -> None:
    """Those that came after the last look are among them; the size is not."""
    known, numbers = CacheRegistry(), [CacheStatistics(1, 1, 1, 8, {"capacity": 0})]
    known.add(
        "a", lambda: numbers[0] if numbers else None, last=lambda: CacheStatistics(3, 2, None, None, {"capacity": 4})
    )
    first = statistics_of("a", known)
    numbers.clear()

    assert CacheStatistics(1, 1, 1, 8, {"capacity": 0}) == first
    assert CacheStatistics(3, 2, None, None, {"capacity": 4}) == statistics_of("a", known) == statistics_of("a", known)


def test_without_them_it_is_what_was_seen_last() -> None:
    """Others' caches take their counts with them."""
    known, numbers = CacheRegistry(), [CacheStatistics(1, 1, 1, 8)]
    known.add("a", lambda: numbers[0] if numbers else None)
    statistics_of("a", known)
    numbers.clear()

    assert CacheStatistics(1, 1) == statistics_of("a", known)


def test_another_cache_of_the_name_goes_on_from_them() -> None:
    """A counter does not fall, and the name gets no number."""
    known = CacheRegistry()
    known.add("a", lambda: None, last=lambda: CacheStatistics(3, 2, None, None, {"capacity": 4}))

    assert "a" == known.add("a", lambda: CacheStatistics(1, 1, 1, 8, {"capacity": 1}))
    assert CacheStatistics(4, 3, 1, 8, {"capacity": 5}) == statistics_of("a", known)


def test_only_so_many_are_remembered() -> None:
    """A program that makes caches without end does not grow by that; the oldest are forgotten."""
    known = CacheRegistry()
    for number in range(MOST_GONE + 2):
        known.add(f"cache {number}", lambda: None)
    first = len(list(known.each()))

    assert (MOST_GONE + 2, MOST_GONE) == (first, len(list(known.each())))
    assert None is statistics_of("cache 0", known)


def test_a_cache_of_cachetools_leaves_its_counts() -> None:
    """Its own, to the last lookup."""
    cache: Any = watch_cache(cachetools.LRUCache(2), name="leaves its counts")
    cache["a"] = 1
    found = [cache["a"], cache.get("a"), cache.get("b")]
    del cache
    gc.collect()
    left = statistics_of("leaves its counts")

    assert [1, 1, None] == found
    assert left is not None
    assert (2, 1, None) == (left.hits, left.misses, left.entries)


def test_counts_outlive_their_cache() -> None:
    """A cache that is garbage before anything was collected has its numbers, without a size, and its name goes on from them."""
    with recorded() as telemetry:

        def make() -> Any:
            return otel_agent.cached(name="short-lived")(abs)

        for value in (1, 1, 2):
            cache = make()
            cache(value)
            cache(value)
            del cache
            gc.collect()
        found = {
            (metric, point.get("agent.cache.result")): value
            for metric, points in telemetry.metrics.items()
            for point, value in points
            if point.get("agent.cache.name") == "short-lived"
        }

    assert (3, 3) == (found["agent.cache.requests", "hit"], found["agent.cache.requests", "miss"])
    assert ("agent.cache.entry.count", None) not in found
