"""What a hit of `cached` costs, as a ratio to cachetools' own decorator in the same run."""

import argparse
import json
import statistics
import threading
import timeit
from collections.abc import Callable

import cachetools

from otel_agent.instruments.caches.cached import cached

KEYS = 500
LIMIT = 1.3


def work(key: int) -> int:
    return key


def cost_ns(function: Callable[[int], int]) -> float:
    for key in range(KEYS):
        function(key)
    rounds = 100
    seconds = timeit.timeit(lambda: [function(key) for key in range(KEYS)], number=rounds)
    return seconds / rounds / KEYS * 1e9


def ratio(ours: Callable[[int], int], theirs: Callable[[int], int], repeats: int) -> dict[str, float]:
    """Interleave the two, so that the noise of the machine meets both."""
    pairs = [(cost_ns(ours), cost_ns(theirs)) for _ in range(repeats)]
    return {
        "ours_ns": round(min(pair[0] for pair in pairs), 1),
        "cachetools_ns": round(min(pair[1] for pair in pairs), 1),
        "ratio": round(statistics.median(pair[0] / pair[1] for pair in pairs), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    lru, ttl = cachetools.LRUCache(1024), cachetools.TTLCache(1024, 3600)
    cases = {
        "lru": (cached(maxsize=1024, name="lru")(work), cachetools.cached(lru, lock=threading.Lock(), info=True)(work)),
        "ttl": (
            cached(maxsize=1024, ttl_s=3600, name="ttl")(work),
            cachetools.cached(ttl, lock=threading.RLock(), info=True)(work),
        ),
    }
    results = {name: ratio(*pair, arguments.repeats) for name, pair in cases.items()}
    if arguments.json:
        print(json.dumps(results))
    else:
        for name, result in results.items():
            print(f"{name}: {result['ours_ns']} ns, cachetools {result['cachetools_ns']} ns, ratio {result['ratio']}")
    return 0 if all(result["ratio"] <= LIMIT for result in results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
