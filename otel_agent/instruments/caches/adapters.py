"""
`watch_cache`: caches that others made, measured.

What counts its lookups is asked for them: functions under `functools.lru_cache`, under `cachetools.cached(info=True)` or
`cachebox.cached`, and objects with `hits` and `misses`. Caches of cachetools do not count; they get a class derived from their
own that does. Anything else that has a length (caches of cachebox) is measured by its size only.
"""

import copy
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from otel_agent import guard
from otel_agent.arguments import with_known_names
from otel_agent.instruments.caches.function_cache import FunctionCache
from otel_agent.instruments.caches.watching import CacheStatistics, registry

__all__ = ["watch_cache"]

_Cache = TypeVar("_Cache")


@with_known_names
def watch_cache(cache: _Cache, name: str | None = None) -> _Cache:
    """
    Measure a cache; never raises.

    Args:
        cache: A decorated function, a cache, or an object with `hits` and `misses`; held weakly where it allows it.
        name: Cache name in metrics; the function's qualified name, or the class's, by default.

    Returns:
        The same object.
    """
    with guard.guarded("cache.watch", "a cache cannot be measured"):
        read = _reader_of(cache)
        if read is None:
            guard.shared.report(
                "cache.watch",
                f"{type(cache).__qualname__} cannot be measured as a cache:"
                " it has neither cache_info(), nor hits and misses, nor a length",
            )
        else:
            registry.add(
                name or _name_of(cache), _weakly(cache, read), key=_identity(cache), last=_last_of(cache, read)
            )
    return cache


def _reader_of(cache: Any) -> Callable[[Any], CacheStatistics] | None:
    if callable(getattr(cache, "cache_info", None)):
        return _read_info
    if hasattr(cache, "hits") and hasattr(cache, "misses"):
        return _read_counts
    # Whoever has a cache of cachetools has loaded it.
    cachetools = sys.modules.get("cachetools")
    if cachetools is not None and isinstance(cache, cachetools.Cache):
        _count(cache)
        return _read_counted
    return _read_size if hasattr(cache, "__len__") else None


def _own_cache(cache: Any) -> FunctionCache | None:
    """Cache of a function under `cached`, to be measured under another name; `None` of others'."""
    found = getattr(getattr(cache, "cache_info", None), "__self__", None)
    return found if isinstance(found, FunctionCache) else None


def _identity(cache: Any) -> int:
    own = _own_cache(cache)
    return id(cache if own is None else own)


def _last_of(cache: Any, read: Callable[[Any], CacheStatistics]) -> Callable[[], CacheStatistics] | None:
    """Answers with the last counts of a cache that is gone; `None` when they go with it."""
    own = _own_cache(cache)
    if own is not None:
        return own.counts.statistics
    if read is _read_counted:
        counts = cache.otel_agent_counts
        return lambda: _counted(counts, None, None)
    return None


def _read_info(cache: Any) -> CacheStatistics:
    own = _own_cache(cache)
    if own is not None:
        return own.statistics()
    info = cache.cache_info()
    entries = getattr(info, "currsize", getattr(info, "length", None))
    return CacheStatistics(info.hits, info.misses, entries, _limit(getattr(info, "maxsize", None)))


def _read_counts(cache: Any) -> CacheStatistics:
    entries = len(cache) if hasattr(cache, "__len__") else None
    return CacheStatistics(_value(cache.hits), _value(cache.misses), entries, _limit(getattr(cache, "maxsize", None)))


def _read_counted(cache: Any) -> CacheStatistics:
    return _counted(cache.otel_agent_counts, len(cache), _limit(cache.maxsize))


def _counted(counts: Counter[str], entries: int | None, limit: int | None) -> CacheStatistics:
    return CacheStatistics(
        max(0, counts["lookup"] - counts["miss"]),
        counts["miss"],
        entries,
        limit,
        {"capacity": counts["capacity"], "expired": counts["expired"]},
    )


def _read_size(cache: Any) -> CacheStatistics:
    return CacheStatistics(0, 0, len(cache), _limit(getattr(cache, "maxsize", None)))


def _value(number: Any) -> int:
    return int(number() if callable(number) else number)


def _limit(limit: Any) -> int | None:
    return int(limit) if isinstance(limit, int | float) and 0 < limit < sys.maxsize else None


def _count(cache: Any) -> None:
    if getattr(type(cache), "counts_for_otel_agent", False):
        return
    counts: Counter[str] = Counter()
    counted = _derive(type(cache), counts)
    cache.otel_agent_counts = counts
    cache.__class__ = counted


def _derive(own: Any, counts: Counter[str]) -> Any:
    """A class like another that counts what is looked up and what leaves."""

    class Counted(own):  # type: ignore[misc]  # the class is known only now
        counts_for_otel_agent = True

        def __getitem__(self, key: Any) -> Any:
            counts["lookup"] += 1
            return own.__getitem__(self, key)

        def __missing__(self, key: Any) -> Any:
            # Called for every key that is not there, also by a class of the agent's that makes a value then.
            counts["miss"] += 1
            return own.__missing__(self, key)

        def get(self, key: Any, default: Any = None) -> Any:
            if key in self:
                return self[key]
            counts["lookup"] += 1
            counts["miss"] += 1
            return default

        def popitem(self) -> Any:
            item = own.popitem(self)
            counts["capacity"] += 1
            return item

        def expire(self, time: Any = None) -> Any:
            expired = own.expire(self, time)
            counts["expired"] += len(expired or ())
            return expired

        # A copy or a pickle is a cache of its own class again.

        def __copy__(self) -> Any:
            with _in_class(self, own):
                return copy.copy(self)

        def __reduce_ex__(self, protocol: Any) -> Any:
            with _in_class(self, own):
                build, arguments, *rest = own.__reduce_ex__(self, protocol)
            return (_rebuild, (build, arguments), *rest)

    if not hasattr(own, "expire"):
        del Counted.expire
    Counted.__name__, Counted.__qualname__, Counted.__module__ = own.__name__, own.__qualname__, own.__module__
    return Counted


@contextmanager
def _in_class(cache: Any, own: type) -> Iterator[None]:
    counted = cache.__class__
    cache.__class__ = own
    try:
        yield
    finally:
        cache.__class__ = counted


def _rebuild(build: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return build(*arguments)


def _name_of(cache: Any) -> str:
    named = cache if hasattr(cache, "__qualname__") else type(cache)
    return f"{named.__module__}.{named.__qualname__}"


def _weakly(cache: Any, read: Callable[[Any], CacheStatistics]) -> Callable[[], CacheStatistics | None]:
    try:
        reference: Callable[[], Any] = weakref.ref(cache)
    except TypeError:  # some compiled classes cannot be referred to weakly; then the cache lives on
        return lambda: read(cache)

    def read_weakly() -> CacheStatistics | None:
        found = reference()
        return None if found is None else read(found)

    return read_weakly
