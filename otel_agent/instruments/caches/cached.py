"""
`cached`: results of functions kept in memory, loaded once however many ask at the same time, and measured.

A hit takes the lock, one lookup of cachetools and one addition. What a miss does stands in `function_cache`.
"""

import asyncio
import contextlib
import functools
import inspect
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

from otel_agent import guard
from otel_agent.instruments.caches.function_cache import CacheInfo, Entries, FunctionCache, LoaderCancelledError
from otel_agent.instruments.caches.watching import registry
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from cachetools import keys
else:
    keys = late_module("cachetools.keys")

__all__ = ["CachedFunction", "cached"]

_Arguments = ParamSpec("_Arguments")
_Result_co = TypeVar("_Result_co", covariant=True)


class CachedFunction(Protocol[_Arguments, _Result_co]):
    """Result of `cached`: the function as it was, and functools' two methods."""

    def __call__(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result_co:
        """Answer from the cache, or by the function."""
        ...

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., _Result_co]:
        """Bind a method to its instance."""
        ...

    def cache_info(self) -> CacheInfo:
        """Hits, misses, limit and number of entries."""
        ...

    def cache_clear(self) -> None:
        """Forget all results."""
        ...


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
        name: Cache name in metrics; the function's qualified name by default.
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
        cache = FunctionCache(maxsize, ttl_s)
        build = _build_async if inspect.iscoroutinefunction(function) else _build_sync
        wrapper = functools.wraps(function)(build(function, cache, key or keys.hashkey, is_method=_is_method(function)))
        wrapper.cache_info = cache.info  # type: ignore[attr-defined]  # as functools does
        wrapper.cache_clear = cache.clear  # type: ignore[attr-defined]  # as functools does
        reference = weakref.ref(wrapper)
        registry.reinit_in_forks(cache)
        registry.add(
            name or f"{function.__module__}.{function.__qualname__}",
            lambda: None if reference() is None else cache.otel_agent_statistics(),
            key=id(wrapper),
        )
        return cast(CachedFunction[_Arguments, _Result_co], wrapper)

    return decorate


def _build_sync(
    function: Callable[..., Any], cache: FunctionCache, make_key: Callable[..., Any], *, is_method: bool
) -> Callable[..., Any]:
    shared = cache.shared

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        entries, key = cache.locate(make_key, args, kwargs) if is_method else (shared, make_key(*args, **kwargs))
        try:
            with cache.lock:
                try:
                    value = entries.storage[key]
                except KeyError:
                    cache.misses += 1
                else:
                    cache.hits += 1
                    return value
        except TypeError as error:
            _report_unhashable(function, error)
            return function(*args, **kwargs)
        return _load(cache, entries, key, lambda: function(*args, **kwargs))

    return wrapper


def _load(cache: FunctionCache, entries: Entries, key: object, call: Callable[[], Any]) -> Any:
    me = threading.get_ident()
    while True:
        is_there, found = cache.find_or_load(entries, key, me)
        if is_there:
            return found
        if found is None:
            return call()
        if found.loader == me:
            try:
                value = call()
            except BaseException as error:
                cache.fail(entries, key, found, error)
                raise
            cache.succeed(entries, key, found, value)
            return value
        with contextlib.suppress(LoaderCancelledError):
            return found.result.result()


def _build_async(
    function: Callable[..., Any], cache: FunctionCache, make_key: Callable[..., Any], *, is_method: bool
) -> Callable[..., Any]:
    shared = cache.shared

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        entries, key = cache.locate(make_key, args, kwargs) if is_method else (shared, make_key(*args, **kwargs))
        try:
            with cache.lock:
                try:
                    value = entries.storage[key]
                except KeyError:
                    cache.misses += 1
                else:
                    cache.hits += 1
                    return value
        except TypeError as error:
            _report_unhashable(function, error)
            return await function(*args, **kwargs)
        return await _load_async(cache, entries, key, lambda: function(*args, **kwargs))

    return wrapper


async def _load_async(cache: FunctionCache, entries: Entries, key: object, call: Callable[[], Any]) -> Any:
    try:
        me: object = asyncio.current_task()
    except RuntimeError:  # another library's loop, where a future cannot be waited for
        return await call()
    while True:
        is_there, found = cache.find_or_load(entries, key, me)
        if is_there:
            return found
        if found is None:
            return await call()
        if found.loader is me:
            try:
                value = await call()
            except BaseException as error:
                cache.fail(entries, key, found, error)
                raise
            cache.succeed(entries, key, found, value)
            return value
        with contextlib.suppress(LoaderCancelledError):
            return await asyncio.wrap_future(found.result)


def _is_method(function: Callable[..., Any]) -> bool:
    # A decorator sees a function before its class exists: where it stands and what its first parameter is called must do.
    owner = function.__qualname__.rpartition(".")[0]
    parameters = list(inspect.signature(function).parameters)
    return bool(owner) and not owner.endswith("<locals>") and parameters[:1] == ["self"]


def _report_unhashable(function: Callable[..., Any], error: TypeError) -> None:
    guard.shared.report(
        f"cache.key.{function.__qualname__}",
        f"a call of {function.__qualname__} cannot be cached, its arguments are not hashable: pass key= to `cached`",
        error,
    )
