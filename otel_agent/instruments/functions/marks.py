"""Which functions are under a decorator of ours."""

from collections.abc import Callable
from typing import Any

__all__ = ["is_watched", "watched"]

_MARK = "__otel_agent_watched__"
"""Attribute of wrappers; `functools.wraps` hands it on to whatever wraps them in turn."""


def watched(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """
    Mark a wrapper of ours.

    Args:
        wrapper: Made by `traced` or `timed`.
    """
    wrapper.__dict__[_MARK] = True
    return wrapper


def is_watched(member: Any) -> bool:
    """
    Whether something is, or wraps, a function under a decorator of ours.

    Args:
        member: Anything.
    """
    return bool(getattr(member, "__dict__", {}).get(_MARK, False))
