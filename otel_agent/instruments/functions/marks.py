"""The mark on functions that are decorated with `traced` or `timed`."""

from collections.abc import Callable
from typing import Any

__all__ = ["is_decorated", "mark_decorated"]

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
