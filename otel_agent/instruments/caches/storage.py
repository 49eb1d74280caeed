"""The caches behind `cached`: cachetools' own, told why entries leave."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

__all__ = ["Storage", "build_storage"]

Storage = Any
"""A cache of cachetools: a mapping with `maxsize`."""


def build_storage(maxsize: int | None, ttl_s: float | None, evictions: Counter[str]) -> Callable[[], Storage]:
    """
    Prepare for making caches; loads cachetools.

    Args:
        maxsize: Entries there is room for; the one not used for longest leaves first. `None` for no limit.
        ttl_s: How long an entry is good for, in seconds; `None` for ever.
        evictions: Counts entries that leave, by reason, under the lock of whoever uses the cache.

    Returns:
        Makes an empty cache.
    """
    import cachetools  # at decoration: an agent without caches never loads it

    limit: Any = math.inf if maxsize is None else maxsize

    class Bounded(cachetools.LRUCache[Any, Any]):
        def popitem(self) -> tuple[Any, Any]:
            item = super().popitem()
            evictions["capacity"] += 1
            return item

    class Expiring(cachetools.TTLCache[Any, Any]):
        def popitem(self) -> tuple[Any, Any]:
            item = super().popitem()
            evictions["capacity"] += 1
            return item

        def expire(self, time: float | None = None) -> Any:
            expired = super().expire(time)
            evictions["expired"] += len(expired or ())
            return expired

    if ttl_s is None:
        return lambda: Bounded(limit)
    return lambda: Expiring(limit, ttl_s)
