"""All caches are measured under their names, exactly."""

from collected_metrics import CollectedMetrics

from otel_agent import catalog
from otel_agent.instruments.caches.cached import cached
from otel_agent.instruments.caches.function_cache import CacheInfo
from otel_agent.instruments.caches.watching import CacheRegistry, CacheStatistics


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
    registry = CacheRegistry()
    names = [registry.add("quotes", lambda: CacheStatistics(0, 0)) for _ in range(3)]

    assert ["quotes", "quotes-2", "quotes-3"] == names


def test_the_ratio_is_that_of_the_last_minute() -> None:
    """An old success does not hide a fresh failure, and no lookup is not a ratio of zero."""
    now_s = [0.0]
    figures = [CacheStatistics(0, 0)]
    registry = CacheRegistry(lambda: now_s[0])
    registry.add("quotes", lambda: figures[0])
    (watched,) = registry.each()
    ratios = []
    for at_s, hits, misses in ((1, 90, 10), (30, 90, 10), (62, 90, 20), (200, 90, 20)):
        now_s[0], figures[0] = float(at_s), CacheStatistics(hits, misses)
        ratios.append(watched.hit_ratio())

    assert [0.9, 0.9, 0.0, None] == ratios
