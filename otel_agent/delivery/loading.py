"""
Libraries that only sending needs, loaded by the first request and never in the middle of a fork.

A child that is forked while another thread loads a module inherits half of it, and a lock that nobody gives back. So one lock
is held while anything is loaded here, and a fork waits for it.
"""

import threading
from importlib import import_module
from typing import Any

__all__ = ["go_on_after_fork", "hold_for_fork", "load", "reinit_after_fork"]

_FORK_PATIENCE_S = 3.0
"""A fork waits so long, in seconds: what takes a tenth of a second may take ten times that on a machine that is busy."""

_turn = threading.Lock()
_loaded: dict[str, Any] = {}
_holder: int | None = None


def load(name: str, *more: str) -> Any:
    """
    A module, loaded when first asked for.

    Args:
        name: Of the module.
        more: Names of modules that it loads itself when it is used.

    Raises:
        ImportError: It is not installed.
    """
    found = _loaded.get(name)
    if found is None:
        with _turn:
            for other in more:
                import_module(other)
            found = _loaded[name] = import_module(name)
    return found


def hold_for_fork() -> None:
    """Let what is being loaded be loaded to its end."""
    global _holder
    if _turn.acquire(timeout=_FORK_PATIENCE_S):
        _holder = threading.get_ident()


def go_on_after_fork() -> None:
    """Go on, in the parent."""
    global _holder
    if _holder == threading.get_ident():
        _holder = None
        _turn.release()


def reinit_after_fork() -> None:
    """Make the lock anew in a forked child."""
    global _turn, _holder
    _turn = threading.Lock()
    _holder = None
