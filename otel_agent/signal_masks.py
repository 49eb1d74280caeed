"""
Signals that threads of ours do not take: all but those that an instruction of a thread itself causes.

A signal for the process goes to any thread that has not blocked it. An agent that blocks one in its own threads, to wait for it by
`sigwait`, would never see it if ours took it, and would end by it if that is its default.

A program that is started inherits the mask of the thread that starts it, so functions of the agent's run under the mask that there
was when our thread began.
"""

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any, TypeVar

__all__ = ["block", "calling"]

_T = TypeVar("_T")

_signal: Any = import_module("_signal")  # `signal` itself is not needed by an agent that has not called `init`
_set_mask: Any = getattr(_signal, "pthread_sigmask", None)
_OF_THE_THREAD = {getattr(_signal, f"SIG{name}", 0) for name in ("SEGV", "BUS", "FPE", "ILL", "ABRT", "TRAP", "SYS")}
_OF_THE_AGENT: frozenset[int] = frozenset(_signal.valid_signals()) - _OF_THE_THREAD


def block() -> Collection[int] | None:
    """
    Take no signals of the agent's on the present thread from now on.

    Returns:
        Signals that were blocked before; None where threads have no such mask.
    """
    return None if _set_mask is None else _set_mask(_signal.SIG_BLOCK, _OF_THE_AGENT)


def calling(mask: Collection[int] | None, function: Callable[[], _T]) -> _T:
    """
    Call a function of the agent's on a thread of ours.

    Args:
        mask: What `block` has returned on this thread.
        function: Called once.

    Returns:
        What it returns.
    """
    if _set_mask is None or mask is None:
        return function()
    _set_mask(_signal.SIG_SETMASK, mask)
    try:
        return function()
    finally:
        _set_mask(_signal.SIG_BLOCK, _OF_THE_AGENT)
