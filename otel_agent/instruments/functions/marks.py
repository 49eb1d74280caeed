"""
Functions that automatic tracing leaves alone: those decorated with `traced`, `timed` or `untraced`.

A wrapper carries a mark; what is under it is known by its code, because that is what automatic tracing watches. A decorator runs
after the module's functions have been found, so whoever watches is told.
"""

import inspect
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

__all__ = ["is_decorated", "is_left_alone", "leave_alone", "mark_decorated", "on_decorated"]

_left_alone: dict[int, CodeType] = {}
"""Code of decorated functions, by identity; kept, so that the identity stays its own."""

_told: list[Callable[[CodeType], object]] = []
"""Who is told of each; at most one."""

_MARK = "__otel_agent_decorated__"
"""Attribute of wrappers; `functools.wraps` hands it on to whatever wraps them in turn."""


def mark_decorated(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """
    Mark a wrapper of ours.

    Args:
        wrapper: Wrapper that `traced` or `timed` made.

    Returns:
        The same wrapper.
    """
    wrapper.__dict__[_MARK] = True
    return wrapper


def is_decorated(member: Any) -> bool:
    """
    Whether something is, or wraps, a function that is decorated with `traced` or `timed`.

    Args:
        member: Member of a module or class, of any type.
    """
    return bool(getattr(member, "__dict__", {}).get(_MARK, False))


def leave_alone(function: Any) -> None:
    """
    Keep automatic tracing from a function, and from a class's methods.

    Args:
        function: What is decorated, of any type; decorators below are looked under.
    """
    for _ in range(50):  # deeper than any stack of decorators
        if function is None:
            return
        if isinstance(function, type):
            for member in vars(function).values():
                if isinstance(member, FunctionType | staticmethod | classmethod | type):
                    leave_alone(member)
            return
        code = function.__code__ if type(function) is FunctionType else None
        if code is not None and id(code) not in _left_alone:
            _left_alone[id(code)] = code
            for tell in _told:
                tell(code)
        function = (
            function.__func__
            if isinstance(function, staticmethod | classmethod)
            else inspect.getattr_static(function, "__wrapped__", None)
        )


def is_left_alone(code: CodeType) -> bool:
    """
    Whether the function of a code object is decorated.

    Args:
        code: Code of a function.
    """
    return _left_alone.get(id(code)) is code


def on_decorated(tell: Callable[[CodeType], object] | None) -> None:
    """
    Have somebody told of the code of every function that is decorated from now on.

    Args:
        tell: Takes the code; must be quick. `None`: nobody is told.
    """
    _told[:] = [] if tell is None else [tell]
