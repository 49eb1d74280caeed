"""Waiting for a fact by looking again and again, which is as quick as the fact and never too short."""

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["PATIENCE_S", "until"]

PATIENCE_S = 60.0
"""How long a test waits for what comes within a second or two on an idle machine."""

T = TypeVar("T")


def until(
    look: Callable[[], T],
    enough: Callable[[T], object] = bool,
    *,
    timeout_s: float = PATIENCE_S,
    interval_s: float = 0.02,
) -> T:
    """
    Look again and again until there is enough to see.

    Args:
        look: Returns what is there now; a refused connection counts as nothing.
        enough: Whether that will do; by default anything true.
        timeout_s: When to give up.
        interval_s: Time between two looks.

    Returns:
        The last look, enough or not.
    """
    deadline_s = time.monotonic() + timeout_s
    while True:
        try:
            seen = look()
        except OSError:
            if time.monotonic() > deadline_s:
                raise
        else:
            if enough(seen) or time.monotonic() > deadline_s:
                return seen
        time.sleep(interval_s)
