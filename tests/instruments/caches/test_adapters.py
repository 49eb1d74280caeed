"""Caches that others made are measured, and stay what they are."""

import copy
import functools
import gc
import pickle

import cachetools
import pytest
from collected_metrics import CollectedMetrics

from otel_agent import guard
from otel_agent.instruments.caches.adapters import watch_cache
from otel_agent.instruments.caches.cached import cached


def test_functools_caches_are_watched(caches: CollectedMetrics) -> None:
    """Counts equal `cache_info()`, clearing never makes a counter fall, and the end of the cache does not take its counts away."""

    @functools.lru_cache(maxsize=8)
    def double(number: int) -> int:
        return 2 * number

    assert double is watch_cache(double, name="functools")
    for number in (1, 1, 2):
        double(number)
    first = caches.of_cache("functools")
    double.cache_clear()
    double(1)
    second = caches.of_cache("functools")

    assert (1, 2, 2, 8) == tuple(first[key] for key in ("requests hit", "requests miss", "entry.count", "entry.limit"))
    assert (1, 3) == (second["requests hit"], second["requests miss"])
    del double
    gc.collect()
    assert {"requests hit": 1, "requests miss": 3, "hit_ratio": 0.25} == caches.of_cache("functools")


def test_cachetools_caches_are_watched(caches: CollectedMetrics) -> None:
    """A bare cache counts from now on, stays what it is, and can be copied and pickled."""
    cache: cachetools.TTLCache[str, int] = cachetools.TTLCache(maxsize=2, ttl=60)
    watch_cache(cache, name="bare")
    watch_cache(cache, name="bare")
    for number, key in enumerate("abc"):
        cache[key] = number
    assert (2, None) == (cache.get("c"), cache.get("a"))
    with pytest.raises(KeyError):
        cache["a"]
    found = caches.of_cache("bare")

    assert isinstance(cache, cachetools.TTLCache)
    assert (1, 2, 2, 2, 1) == tuple(
        found[key] for key in ("requests hit", "requests miss", "entry.count", "entry.limit", "evictions capacity")
    )
    assert cachetools.TTLCache is type(pickle.loads(pickle.dumps(cache)))
    assert {"b": 1, "c": 2} == dict(copy.copy(cache))


def test_a_cache_that_makes_missing_values_behaves_as_before(caches: CollectedMetrics) -> None:
    """Asking with `get` makes no value, a value that was made is a miss, and a copy counts nothing."""

    class Squares(cachetools.LRUCache[int, int]):
        def __missing__(self, key: int) -> int:
            self[key] = key * key
            return key * key

    cache = watch_cache(Squares(8), name="squares")
    assert (None, 0) == (cache.get(3), len(cache))
    assert (16, 16, 16) == (cache[4], cache[4], cache.get(4))
    twin = copy.copy(cache)
    assert (Squares, 16) == (type(twin), twin[4])

    found = caches.of_cache("squares")

    assert (2, 2) == (found["requests hit"], found["requests miss"])


def test_functions_under_other_caches_are_watched(caches: CollectedMetrics) -> None:
    """Functions under cachetools and cachebox are counted by these."""
    cachebox = pytest.importorskip("cachebox")
    with_tools = watch_cache(cachetools.cached(cachetools.LRUCache(4), info=True)(abs), name="tools")
    with_box = watch_cache(cachebox.cached(cachebox.LRUCache(4))(abs), name="box")
    for function in (with_tools, with_box):
        for number in (1, 1, 2):
            function(number)

    assert (1, 2) == tuple(caches.of_cache("tools")[key] for key in ("requests hit", "requests miss"))
    assert (1, 2, 2, 4) == tuple(
        caches.of_cache("box")[key] for key in ("requests hit", "requests miss", "entry.count", "entry.limit")
    )


def test_objects_that_count_are_watched(caches: CollectedMetrics) -> None:
    """Anything with hits and misses will do."""

    class Redis:
        hits = 3

        def misses(self) -> int:
            return 1

    cache = watch_cache(Redis(), name="redis")

    assert 0.75 == caches.of_cache("redis")["hit_ratio"]
    assert cache.hits == 3


def test_what_is_no_cache_is_given_back() -> None:
    """A mistake costs a line, never an exception."""
    before = guard.shared.counts().get("cache.watch", 0)

    assert 5 == watch_cache(5)
    assert before + 1 == guard.shared.counts()["cache.watch"]


def test_a_decorated_function_can_be_renamed(caches: CollectedMetrics) -> None:
    """`watch_cache` on a function of ours gives its cache another name."""

    @cached(name="old")
    def double(number: int) -> int:
        return 2 * number

    double(1)
    watch_cache(double, name="new")

    assert {} == caches.of_cache("old")
    assert 1 == caches.of_cache("new")["requests miss"]
