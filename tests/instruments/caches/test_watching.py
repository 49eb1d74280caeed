"""Caches that are gone: their counts stay."""

import gc
from typing import Any

import cachetools

from otel_agent.instruments.caches.adapters import watch_cache
from otel_agent.instruments.caches.watching import MOST_GONE, CacheRegistry, Figures, registry


def figures(name: str, known: CacheRegistry = registry) -> Figures | None:
    """What is known of a cache."""
    return next((each.figures() for each in known.each() if each.name == name), None)


def test_the_last_numbers_are_asked_for_once_the_cache_is_gone() -> None:
    """Those that came after the last look are among them; the size is not."""
    known, numbers = CacheRegistry(), [Figures(1, 1, 1, 8, {"capacity": 0})]
    known.add("a", lambda: numbers[0] if numbers else None, last=lambda: Figures(3, 2, None, None, {"capacity": 4}))
    first = figures("a", known)
    numbers.clear()

    assert Figures(1, 1, 1, 8, {"capacity": 0}) == first
    assert Figures(3, 2, None, None, {"capacity": 4}) == figures("a", known) == figures("a", known)


def test_without_them_it_is_what_was_seen_last() -> None:
    """Others' caches take their counts with them."""
    known, numbers = CacheRegistry(), [Figures(1, 1, 1, 8)]
    known.add("a", lambda: numbers[0] if numbers else None)
    figures("a", known)
    numbers.clear()

    assert Figures(1, 1) == figures("a", known)


def test_another_cache_of_the_name_goes_on_from_them() -> None:
    """A counter does not fall, and the name gets no number."""
    known = CacheRegistry()
    known.add("a", lambda: None, last=lambda: Figures(3, 2, None, None, {"capacity": 4}))

    assert "a" == known.add("a", lambda: Figures(1, 1, 1, 8, {"capacity": 1}))
    assert Figures(4, 3, 1, 8, {"capacity": 5}) == figures("a", known)


def test_only_so_many_are_remembered() -> None:
    """A program that makes caches without end does not grow by that; the oldest are forgotten."""
    known = CacheRegistry()
    for number in range(MOST_GONE + 2):
        known.add(f"cache {number}", lambda: None)
    first = len(list(known.each()))

    assert (MOST_GONE + 2, MOST_GONE) == (first, len(list(known.each())))
    assert None is figures("cache 0", known)


def test_a_cache_of_cachetools_leaves_its_counts() -> None:
    """Its own, to the last lookup."""
    cache: Any = watch_cache(cachetools.LRUCache(2), name="leaves its counts")
    cache["a"] = 1
    found = [cache["a"], cache.get("a"), cache.get("b")]
    del cache
    gc.collect()
    left = figures("leaves its counts")

    assert [1, 1, None] == found
    assert left is not None
    assert (2, 1, None) == (left.hits, left.misses, left.entries)
