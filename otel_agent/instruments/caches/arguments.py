"""What `cached` refuses when something is decorated, because it would fail, or lie, at the first call."""

import math
from collections.abc import Callable
from numbers import Integral, Real
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

from otel_agent.instruments.functions.callables import is_generator, qualified_name

__all__ = ["check_cached", "check_function", "full_name", "is_used_up"]

_USED_UP = (CoroutineType, GeneratorType, AsyncGeneratorType)


def full_name(function: Callable[..., Any]) -> str:
    """
    Module and qualified name of a callable of any kind.

    Args:
        function: The callable.
    """
    module = getattr(function, "__module__", None)
    return f"{module}.{qualified_name(function)}" if module else qualified_name(function)


def check_cached(maxsize: Any, ttl_s: Any, name: Any, key: Any) -> None:
    """
    Look at the arguments of `cached`.

    Args:
        maxsize: Entries there is room for.
        ttl_s: Age of the oldest entry, in seconds.
        name: Name of the cache.
        key: Makes keys.

    Raises:
        TypeError: One has the wrong type.
        ValueError: A number is out of its range.
    """
    if maxsize is not None and (type(maxsize) is bool or not isinstance(maxsize, Integral)):
        raise TypeError(f"cached: maxsize must be a whole number of entries or None, not {maxsize!r}")
    if maxsize is not None and maxsize < 0:
        raise ValueError(f"cached: maxsize must be at least 0, not {maxsize!r}")
    if ttl_s is not None and (type(ttl_s) is bool or not isinstance(ttl_s, Real)):
        raise TypeError(f"cached: ttl_s must be a number of seconds or None, not {ttl_s!r}")
    if ttl_s is not None and (ttl_s < 0 or math.isnan(ttl_s)):
        raise ValueError(f"cached: ttl_s must be at least 0 seconds, not {ttl_s!r}")
    if name is not None and not isinstance(name, str):
        raise TypeError(f"cached: name must be a string or None, not {name!r}")
    if key is not None and not callable(key):
        raise TypeError(f"cached: key must be a function of the arguments or None, not {key!r}")


def check_function(function: Any) -> None:
    """
    Look at what is decorated with `cached`.

    Args:
        function: What is decorated.

    Raises:
        TypeError: It cannot be called, or gives what can be read once only.
    """
    if not callable(function):
        raise TypeError(f"cached: function must be something that can be called, not {function!r}")
    if is_generator(function):
        raise TypeError(
            f"cached: function {full_name(function)} is a generator function; what it gives can be read once, and so cannot be kept:"
            " return a list, or cache what the generator calls"
        )


def is_used_up(result: Any) -> bool:
    """
    Whether a result can be read once only, and so must not be kept.

    Args:
        result: What a function returned.
    """
    return isinstance(result, _USED_UP)
