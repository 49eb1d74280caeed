"""
Caches that answer few of their lookups, or lose what they would be asked for.

Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American Statistical
Association 22 (1927): the upper bound says how large the true ratio may be.
"""

from collections.abc import Mapping
from math import sqrt

from otel_agent.insight.findings import Sighting

__all__ = ["FEWEST", "low_value", "upper_bound"]

FEWEST = 500
"""Lookups before anything is said."""

LEAST_RATIO = 0.2
"""A cache is worth little when its hit ratio is surely below this."""

_Z = 1.96


def upper_bound(hits: int, lookups: int) -> float:
    """
    The largest hit ratio that agrees with what was seen, with 97.5 % certainty.

    Args:
        hits: Lookups that were answered.
        lookups: All lookups, at least 1.
    """
    share, square = hits / lookups, _Z * _Z
    spread = _Z * sqrt(share * (1 - share) / lookups + square / (4 * lookups * lookups))
    return (share + square / (2 * lookups) + spread) / (1 + square / lookups)


def low_value(
    name: str, hits: int, misses: int, limit: int | None, evictions: Mapping[str, int], began_s: float, now_s: float
) -> Sighting | None:
    """
    Judge a cache by its counts.

    Args:
        name: Name of the cache.
        hits: Lookups that were answered.
        misses: Lookups that were not.
        limit: Entries it may have; None where there is no limit.
        evictions: Entries that left, by reason.
        began_s: Since when it was counted, in seconds since 1970.
        now_s: Seconds since 1970.
    """
    lookups = hits + misses
    if lookups < FEWEST or upper_bound(hits, lookups) >= LEAST_RATIO:
        return None
    crowded = evictions.get("capacity", 0)
    if limit is not None and crowded > misses / 2:
        fix = f"Give it more than {limit} entries, for most that it loses it loses for want of room; or remove it, if what it is asked for never comes again."
    else:
        fix = "Remove it: what it is asked for hardly comes again; or choose a key that does."
    evidence: dict[str, float | int | str] = {"lookups": lookups, "hit_ratio": hits / lookups, "evicted": crowded}
    if limit is not None:
        evidence["limit"] = limit
    return Sighting("low_value_cache", name, "", evidence, fix, None, began_s, now_s, 0.9, count=lookups, is_total=True)
