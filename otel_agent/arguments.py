"""
What callers of the public interface get wrong: messages that say which argument, what was expected, and what was meant.

Python's own message says that a keyword argument was unexpected; which one was meant is what its reader wants to know. What users
call has `@with_known_names`, which leaves signature, docstring and behaviour as they are.
"""

import functools
import math
from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import difflib  # for mistakes only
else:
    difflib = late_module("difflib")

__all__ = ["function_argument", "milliseconds", "with_known_names"]

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_LIKENESS = 0.5


def with_known_names(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """
    Let a function say which argument was meant.

    Args:
        function: A Python function or method that takes no `**kwargs`.

    Returns:
        The function; called with a keyword argument of another name it raises `TypeError`, which names the nearest, or all there are.
    """
    code = function.__code__
    known = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(function)
    def named(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        for name in kwargs:
            if name not in known:
                raise TypeError(_refusal(function.__name__, name, known))
        return function(*args, **kwargs)

    return named


def milliseconds(name: str, seconds: Any) -> int:
    """
    A moment or a length of time in whole milliseconds.

    Args:
        name: Name of the argument.
        seconds: What was given for it.

    Raises:
        TypeError: It is no number.
        ValueError: It has no end, or is "not a number".
    """
    if type(seconds) is bool or not isinstance(seconds, Real):
        raise TypeError(f"{name} must be a number of seconds, not {seconds!r}")
    try:
        if math.isfinite(seconds):
            return round(float(seconds) * 1000)
    except OverflowError:
        pass
    raise ValueError(f"{name} must be a finite number of seconds, not {str(seconds)[:20]}")


def function_argument(name: str, function: Any) -> Any:
    """
    A function that will be called later, refused now when it cannot be.

    Args:
        name: Name of the argument.
        function: What was given for it.

    Raises:
        TypeError: It cannot be called.
    """
    if not callable(function):
        raise TypeError(f"{name} must be something that can be called, not {function!r}")
    return function


def _refusal(place: str, name: str, known: tuple[str, ...]) -> str:
    known = tuple(one for one in known if one != "self")
    near = difflib.get_close_matches(name, known, 1, _LIKENESS)
    return f"{place}: there is no argument {name!r}; " + (
        f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    )
