"""
`cached`: results of functions kept in memory, loaded once however many ask at the same time, and measured.

A hit takes the lock, one lookup of cachetools and one addition. What a miss does stands in `function_cache`, what is refused in
`arguments`.
"""

import asyncio
import contextlib
import functools
import inspect
import threading
import weakref
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, Self, TypeVar, overload

from otel_agent import guard
from otel_agent.arguments import with_known_names
from otel_agent.instruments.caches.arguments import check_cached, check_function, full_name, is_used_up
from otel_agent.instruments.caches.function_cache import (
    CacheInfo,
    Entries,
    FunctionCache,
    InFlightLoad,
    LoaderCancelledError,
)
from otel_agent.instruments.caches.watching import CacheStatistics, registry
from otel_agent.instruments.functions.callables import is_awaited
from otel_agent.instruments.functions.signatures import wrap
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from cachetools import keys
else:
    keys = late_module("cachetools.keys")

__all__ = ["CachedFunction", "cached"]

_Arguments = ParamSpec("_Arguments")
_Result_co = TypeVar("_Result_co", covariant=True)


class CachedFunction(Protocol[_Arguments, _Result_co]):
    """Result of `cached`: the function as it was, functools' two methods, and `cache_forget`."""

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

    def cache_forget(self, *args: Any, **kwargs: Any) -> bool:
        """Forget the result of one call, made with the same arguments; answers whether there was one."""
        ...


@overload
def cached(maxsize: Callable[_Arguments, _Result_co], /) -> CachedFunction[_Arguments, _Result_co]: ...
@overload
def cached(
    maxsize: int | None = 1024,
    ttl_s: float | None = None,
    name: str | None = None,
    key: Callable[..., Any] | None = None,
) -> Callable[[Callable[_Arguments, _Result_co]], CachedFunction[_Arguments, _Result_co]]: ...
@with_known_names
def cached(maxsize: Any = 1024, ttl_s: Any = None, name: Any = None, key: Any = None) -> Any:
    """
    Keep results of a function or coroutine function in memory.

    Args:
        maxsize: Entries there is room for, for each instance when it is a method; `None` for no limit. The decorated function itself when
            used without brackets.
        ttl_s: How long a result is good for, in seconds; `None` for ever.
        name: Cache name in metrics; the function's qualified name by default.
        key: Makes the key of the arguments (without `self`); all arguments by default. Must be hashable; a call with a key
            that is not goes to the function itself.

    Returns:
        A decorator. What it returns has `cache_info()` and `cache_clear()` as in functools, and `cache_forget(...)`, which removes the
        entry of the same call and answers whether there was one.

    Raises:
        TypeError: An argument has the wrong type, or there is none of that name; or what is decorated cannot be called, or gives generators, which can be read once.
        ValueError: A number is out of its range.

    Example:
        ```python
        @otel_agent.cached(maxsize=500, ttl_s=5.0, name="quotes")
        def quote(symbol: str) -> float: ...
        ```
    """
    if callable(maxsize) or isinstance(maxsize, classmethod):
        return cached()(maxsize)
    check_cached(maxsize, ttl_s, name, key)

    def decorate(function: Any) -> Any:
        if isinstance(function, staticmethod | classmethod):
            return type(function)(decorate(function.__func__))
        check_function(function)
        make = functools.partial(_wrapped, maxsize, ttl_s, name or full_name(function), key)
        if type(function) is functools.partial:
            return _CachedPartial(function, make)
        if type(function) is MethodType:
            return MethodType(make(function.__func__), function.__self__)
        wrapper = make(function)
        # What does not bind in a class body does not begin to because of us.
        return wrapper if hasattr(type(function), "__get__") else _CachedCallable(wrapper)

    return decorate


def _wrapped(maxsize: Any, ttl_s: Any, name: str, key: Any, function: Callable[..., Any]) -> Any:
    cache = FunctionCache(maxsize, ttl_s)
    more = (cache, key or keys.hashkey, _is_method(function))
    wrapper: Any
    if not is_awaited(function):
        wrapper, forget = _build_sync(function, *more), _build_forget(function, *more)
    elif key is not None:
        wrapper, forget = _build_async(function, *more), _build_forget(function, *more)
    else:
        # With the parameters of the function a call that lacks one fails at the call. The keys hold defaults then, always.
        wrapper, forget = wrap(_build_async, function, *more), wrap(_build_forget, function, *more)
    wrapper.cache_info, wrapper.cache_clear, wrapper.cache_forget = cache.info, cache.clear, forget
    registry.reinit_in_forks(cache)
    living = weakref.ref(cache)
    registry.add(name, lambda: _statistics(living()), key=id(cache), last=cache.counts.statistics)
    return wrapper


def _statistics(cache: FunctionCache | None) -> CacheStatistics | None:
    return None if cache is None else cache.statistics()


class _CachedPartial(functools.partial):  # type: ignore[type-arg] # its parameters are those of what it calls
    """A partial whose results are kept."""

    def __new__(cls, target: Any, make: Callable[[Callable[..., Any]], Any]) -> Self:
        """
        Make a partial like another.

        Args:
            target: The other partial.
            make: Makes the wrapper of what it calls.
        """
        made = super().__new__(cls, target.func, *target.args, **target.keywords)
        wrapper = made._wrapper = make(target.func)
        made.__dict__.update(target.__dict__)
        made.cache_info, made.cache_clear = wrapper.cache_info, wrapper.cache_clear
        made.cache_forget = functools.partial(wrapper.cache_forget, *target.args, **target.keywords)
        return made

    _wrapper: Any
    cache_info: Any
    cache_clear: Any
    cache_forget: Any

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Answer from the cache, or by what it calls."""
        return self._wrapper(*self.args, *args, **{**self.keywords, **kwargs})


class _CachedCallable:
    """Calls a wrapper; in a class body it gets no `self`, as the callable that was decorated."""

    def __init__(self, wrapper: Any) -> None:
        functools.update_wrapper(self, wrapper)
        self.__wrapped__ = wrapper.__wrapped__
        self._wrapper = wrapper

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Answer from the cache, or by what was decorated."""
        return self._wrapper(*args, **kwargs)


def _build_sync(
    function: Callable[..., Any],
    cache: FunctionCache,
    make_key: Callable[..., Any],
    is_method: bool,  # noqa: FBT001 - see `wrap`
) -> Callable[..., Any]:
    shared, counts = cache.shared, cache.counts

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        entries, key = (
            cache.locate(make_key, args, kwargs) if is_method and args else (shared, make_key(*args, **kwargs))
        )
        try:
            with cache.lock:
                try:
                    value = entries.storage[key]
                except KeyError:
                    counts.misses += 1
                else:
                    counts.hits += 1
                    return value
        except TypeError as error:
            _report_unhashable(function, error)
            return function(*args, **kwargs)
        return _load(cache, entries, key, functools.partial(function, *args, **kwargs))

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
            _succeed(cache, entries, key, found, value)
            return value
        with contextlib.suppress(LoaderCancelledError):
            return found.result.result()


def _build_async(
    function: Callable[..., Any],
    cache: FunctionCache,
    make_key: Callable[..., Any],
    is_method: bool,  # noqa: FBT001 - see `wrap`
) -> Callable[..., Any]:
    shared, counts = cache.shared, cache.counts

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        entries, key = (
            cache.locate(make_key, args, kwargs) if is_method and args else (shared, make_key(*args, **kwargs))
        )
        try:
            with cache.lock:
                try:
                    value = entries.storage[key]
                except KeyError:
                    counts.misses += 1
                else:
                    counts.hits += 1
                    return value
        except TypeError as error:
            _report_unhashable(function, error)
            return await function(*args, **kwargs)
        return await _load_async(cache, entries, key, functools.partial(function, *args, **kwargs))

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
            _succeed(cache, entries, key, found, value)
            return value
        with contextlib.suppress(LoaderCancelledError):
            return await asyncio.wrap_future(found.result)


def _succeed(cache: FunctionCache, entries: Entries, key: object, load: InFlightLoad, value: Any) -> None:
    if not is_used_up(value):
        cache.succeed(entries, key, load, value)
        return
    cache.abandon(entries, key, load)
    kind = type(value).__name__
    guard.shared.report(
        f"cache.result.{value.__qualname__}",
        f"a {kind} of {value.__qualname__} is not kept, it can be read once only: decorate what it is made of with `cached`",
    )


def _build_forget(
    function: Callable[..., Any],
    cache: FunctionCache,
    make_key: Callable[..., Any],
    is_method: bool,  # noqa: FBT001 - see `wrap`
) -> Callable[..., Any]:
    shared = cache.shared

    @functools.wraps(function)
    def cache_forget(*args: Any, **kwargs: Any) -> bool:
        entries, key = (
            cache.locate(make_key, args, kwargs) if is_method and args else (shared, make_key(*args, **kwargs))
        )
        with contextlib.suppress(TypeError):  # what cannot be a key has no entry
            return cache.forget(entries, key)
        return False

    return cache_forget


def _is_method(function: Callable[..., Any]) -> bool:
    # A decorator sees a function before its class exists: where it stands and what its first parameter is called must do.
    owner = getattr(function, "__qualname__", "").rpartition(".")[0]
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some builtins have none
        return False
    return bool(owner) and not owner.endswith("<locals>") and parameters[:1] == ["self"]


def _report_unhashable(function: Callable[..., Any], error: TypeError) -> None:
    name = full_name(function)
    guard.shared.report(
        f"cache.key.{name}",
        f"a call of {name} cannot be cached, its arguments are not hashable: pass key= to `cached`",
        error,
    )
