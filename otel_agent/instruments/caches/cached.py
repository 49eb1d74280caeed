"""
`cached`: results of functions kept in memory, loaded once however many ask at the same time, and measured.

A hit takes the lock, one lookup of cachetools and one addition. A miss starts a *flight*: whoever asks for the same key while
it is under way waits for its result. An exception of the load reaches all who wait, and nothing is kept. When the loader is
cancelled or interrupted, that concerns nobody but it: one of those who wait loads instead.

`_Cached.lock` guards entries, flights and counts, and is never held while loading. A forked child makes it anew and forgets
flights, whose loaders are threads that do not exist there.
"""

import asyncio
import contextlib
import functools
import inspect
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar, cast

from otel_agent import guard
from otel_agent.instruments.caches.storage import Storage, build_storage
from otel_agent.instruments.caches.watching import Figures, registry

__all__ = ["CacheInfo", "cached"]

_Arguments = ParamSpec("_Arguments")
_Result_co = TypeVar("_Result_co", covariant=True)


class CacheInfo(NamedTuple):
    """As in functools."""

    hits: int
    misses: int
    maxsize: int | None
    currsize: int


class CachedFunction(Protocol[_Arguments, _Result_co]):
    """What `cached` returns: the function as it was, and functools' two methods."""

    def __call__(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result_co:
        """Answer from the cache, or by the function."""
        ...

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., _Result_co]:
        """Bind a method to its instance."""
        ...

    def cache_info(self) -> CacheInfo:
        """How often the cache was asked and knew."""
        ...

    def cache_clear(self) -> None:
        """Forget all results."""
        ...


class _Flight:
    """One load under way."""

    __slots__ = ("loader", "result")

    def __init__(self, loader: object) -> None:
        self.loader = loader
        self.result: Future[Any] = Future()
        # A future that runs cannot be cancelled by one of those who wait.
        self.result.set_running_or_notify_cancel()


class _AbandonedError(Exception):
    """The loader was cancelled or interrupted: load yourself."""


class _Entries:
    """What is kept and under way: for a function, or for one instance of a method."""

    __slots__ = ("flights", "storage")

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.flights: dict[object, _Flight] = {}


class _Cached:
    """Everything about one decorated function."""

    def __init__(self, build: Callable[[], Storage], evictions: Counter[str]) -> None:
        self._build = build
        self._evictions = evictions
        self.lock = threading.Lock()
        self.shared = _Entries(build())
        self._instances: dict[int, tuple[weakref.ref[Any], _Entries]] = {}
        self.hits = 0
        self.misses = 0

    def of(self, instance: object) -> _Entries:
        """The entries of one instance; they go when it goes."""
        identity = id(instance)
        known = self._instances.get(identity)
        if known is not None and known[0]() is instance:
            return known[1]
        try:
            # Not a method of ours, which would keep the whole of it alive as long as the instance lives.
            reference = weakref.ref(instance, functools.partial(_forget, self._instances, identity))
        except TypeError:
            return self.shared
        return self._instances.setdefault(identity, (reference, _Entries(self._build())))[1]

    def locate(
        self, make_key: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[_Entries, object]:
        """Entries and key of a method's call."""
        entries = self.of(args[0])
        key = make_key(*args[1:], **kwargs)
        # Instances that cannot be referred to weakly share their entries, told apart by the key.
        return entries, key if entries is not self.shared else (id(args[0]), key)

    def begin(self, entries: _Entries, key: object, loader: object) -> tuple[bool, Any]:
        """
        Look a key up once more and join or start a flight.

        Returns:
            Whether the value is there, and it; else the flight, which is one's own when one is its loader, or `None` when the
            loader asks for what it is loading.
        """
        with self.lock:
            try:
                return True, entries.storage[key]
            except KeyError:
                pass
            flight = entries.flights.get(key)
            if flight is not None:
                return False, None if flight.loader == loader else flight
            entries.flights[key] = flight = _Flight(loader)
            return False, flight

    def land(self, entries: _Entries, key: object, flight: _Flight, value: Any) -> None:
        """Keep a loaded value and give it to those who wait."""
        with self.lock:
            if entries.flights.get(key) is flight:
                del entries.flights[key]
                with contextlib.suppress(ValueError):  # no room for even one: `maxsize=0`
                    entries.storage[key] = value
        flight.result.set_result(value)

    def crash(self, entries: _Entries, key: object, flight: _Flight, error: BaseException) -> None:
        """Keep nothing; an exception reaches those who wait, anything else lets one of them load."""
        with self.lock:
            if entries.flights.get(key) is flight:
                del entries.flights[key]
        is_own_affair = isinstance(error, asyncio.CancelledError) or not isinstance(error, Exception)
        flight.result.set_exception(_AbandonedError() if is_own_affair else error)

    def figures(self) -> Figures:
        """What metrics are made of; expired entries are let go on the way."""
        with self.lock:
            every = self._every()
            for entries in every:
                if hasattr(entries.storage, "expire"):
                    entries.storage.expire()
            limit = self.shared.storage.maxsize
            return Figures(
                self.hits,
                self.misses,
                sum(len(entries.storage) for entries in every),
                None if limit == float("inf") else limit * max(1, len(self._instances)),
                {reason: self._evictions[reason] for reason in ("capacity", "expired", "explicit")},
            )

    def info(self) -> CacheInfo:
        """As in functools."""
        with self.lock:
            limit = self.shared.storage.maxsize
            size = sum(len(entries.storage) for entries in self._every())
            return CacheInfo(self.hits, self.misses, None if limit == float("inf") else limit, size)

    def clear(self) -> None:
        """Forget every entry; loads under way are not kept. Counts go on."""
        with self.lock:
            for entries in self._every():
                self._evictions["explicit"] += len(entries.storage)
                entries.storage = self._build()
                entries.flights = {}

    def renew(self) -> None:
        """In a forked child."""
        self.lock = threading.Lock()
        for entries in self._every():
            entries.flights = {}

    def _every(self) -> list[_Entries]:
        return [self.shared, *(entries for _, entries in list(self._instances.values()))]


def cached(
    maxsize: int | None = 1024,
    ttl_s: float | None = None,
    name: str | None = None,
    key: Callable[..., Any] | None = None,
) -> Callable[[Callable[_Arguments, _Result_co]], CachedFunction[_Arguments, _Result_co]]:
    """
    Keep results of a function or coroutine function in memory.

    Args:
        maxsize: Entries there is room for, for each instance when it is a method; `None` for no limit.
        ttl_s: How long a result is good for, in seconds; `None` for ever.
        name: Of the cache in metrics; the function's qualified name by default.
        key: Makes the key of the arguments (without `self`); all arguments by default. Must be hashable; a call with a key
            that is not goes to the function itself.

    Returns:
        A decorator. What it returns has `cache_info()` and `cache_clear()` as in functools.

    Example:
        ```python
        @otel_agent.cached(maxsize=500, ttl_s=5.0, name="quotes")
        def quote(symbol: str) -> float: ...
        ```
    """

    def decorate(function: Callable[_Arguments, _Result_co]) -> CachedFunction[_Arguments, _Result_co]:
        from cachetools.keys import hashkey  # at decoration: an agent without caches never loads it

        evictions: Counter[str] = Counter()
        state = _Cached(build_storage(maxsize, ttl_s, evictions), evictions)
        build = _build_async if inspect.iscoroutinefunction(function) else _build_sync
        wrapper = functools.wraps(function)(build(function, state, key or hashkey, is_method=_is_method(function)))
        wrapper.cache_info = state.info  # type: ignore[attr-defined]  # as functools does
        wrapper.cache_clear = state.clear  # type: ignore[attr-defined]  # as functools does
        reference = weakref.ref(wrapper)
        registry.renew_after_fork(state)
        registry.add(
            name or f"{function.__module__}.{function.__qualname__}",
            lambda: None if reference() is None else state.figures(),
            key=id(wrapper),
        )
        return cast(CachedFunction[_Arguments, _Result_co], wrapper)

    return decorate


def _build_sync(
    function: Callable[..., Any], state: _Cached, make_key: Callable[..., Any], *, is_method: bool
) -> Callable[..., Any]:
    shared = state.shared

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        entries, key = state.locate(make_key, args, kwargs) if is_method else (shared, make_key(*args, **kwargs))
        try:
            with state.lock:
                try:
                    value = entries.storage[key]
                except KeyError:
                    state.misses += 1
                else:
                    state.hits += 1
                    return value
        except TypeError as error:
            _say_unhashable(function, error)
            return function(*args, **kwargs)
        return _load(state, entries, key, lambda: function(*args, **kwargs))

    return wrapper


def _load(state: _Cached, entries: _Entries, key: object, call: Callable[[], Any]) -> Any:
    me = threading.get_ident()
    while True:
        is_there, found = state.begin(entries, key, me)
        if is_there:
            return found
        if found is None:
            return call()
        if found.loader == me:
            try:
                value = call()
            except BaseException as error:
                state.crash(entries, key, found, error)
                raise
            state.land(entries, key, found, value)
            return value
        with contextlib.suppress(_AbandonedError):
            return found.result.result()


def _build_async(
    function: Callable[..., Any], state: _Cached, make_key: Callable[..., Any], *, is_method: bool
) -> Callable[..., Any]:
    shared = state.shared

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        entries, key = state.locate(make_key, args, kwargs) if is_method else (shared, make_key(*args, **kwargs))
        try:
            with state.lock:
                try:
                    value = entries.storage[key]
                except KeyError:
                    state.misses += 1
                else:
                    state.hits += 1
                    return value
        except TypeError as error:
            _say_unhashable(function, error)
            return await function(*args, **kwargs)
        return await _load_async(state, entries, key, lambda: function(*args, **kwargs))

    return wrapper


async def _load_async(state: _Cached, entries: _Entries, key: object, call: Callable[[], Any]) -> Any:
    try:
        me: object = asyncio.current_task()
    except RuntimeError:  # another library's loop, where a flight cannot be waited for
        return await call()
    while True:
        is_there, found = state.begin(entries, key, me)
        if is_there:
            return found
        if found is None:
            return await call()
        if found.loader is me:
            try:
                value = await call()
            except BaseException as error:
                state.crash(entries, key, found, error)
                raise
            state.land(entries, key, found, value)
            return value
        with contextlib.suppress(_AbandonedError):
            return await asyncio.wrap_future(found.result)


def _is_method(function: Callable[..., Any]) -> bool:
    # A decorator sees a function before its class exists: where it stands and what its first parameter is called must do.
    owner = function.__qualname__.rpartition(".")[0]
    parameters = list(inspect.signature(function).parameters)
    return bool(owner) and not owner.endswith("<locals>") and parameters[:1] == ["self"]


def _forget(instances: dict[int, Any], identity: int, reference: weakref.ref[Any]) -> None:
    known = instances.get(identity)
    if known is not None and known[0] is reference:
        instances.pop(identity, None)


def _say_unhashable(function: Callable[..., Any], error: TypeError) -> None:
    guard.shared.report(
        f"cache.key.{function.__qualname__}",
        f"a call of {function.__qualname__} cannot be cached, its arguments are not hashable: pass key= to `cached`",
        error,
    )
