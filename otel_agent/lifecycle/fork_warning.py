"""
The warning that a process with threads has forked, left out where all its threads but one are ours.

From Python 3.12 on the interpreter warns whoever forks with threads, because a thread of a stranger's may hold a lock then. Ours hold
none, that is what a fork waits for; and a program that has no other threads would not have been warned without us. With one of its own
it is warned as ever.

The filter stands in the list for as long as the fork takes, and nobody is told that the list has changed: otherwise every warning that
was shown once would be shown again. From Python 3.13 on the warning comes after all hooks, so the filter takes itself away when it is asked.
"""

import os
import sys
import warnings
from typing import Any

from otel_agent import primitives

__all__ = ["ForkWarning", "is_ours_alone"]

_IS_WARNED = sys.version_info >= (3, 12)
_IS_WARNED_LATE = sys.version_info >= (3, 13)


class ForkWarning:
    """The filter of one fork."""

    def __init__(self) -> None:
        self._filter = ("ignore", self, DeprecationWarning, None, 0)
        self._filters: list[Any] | None = None

    def leave_out(self) -> None:
        """Before the fork: leave the warning out, if it would be about our threads alone."""
        self.restore()
        if _IS_WARNED and is_ours_alone():
            filters: Any = warnings.filters
            filters.insert(0, self._filter)
            self._filters = filters

    def restore_in_parent(self) -> None:
        """After the fork, where the warning has been given by now."""
        if not _IS_WARNED_LATE:
            self.restore()

    def restore(self) -> None:
        """Take the filter away; safe twice."""
        filters, self._filters = self._filters, None
        if filters is not None and self._filter in filters:
            filters.remove(self._filter)

    def match(self, text: str) -> bool:
        """
        Say whether this is the warning; the filter is asked as if it were a pattern.

        Args:
            text: Text of a warning.
        """
        is_it = text.startswith("This process") and "multi-threaded" in text
        if is_it:
            self.restore()
        return is_it


def is_ours_alone() -> bool:
    """Whether all threads but one are ours, as far as the operating system says."""
    try:
        native_ids = [int(name) for name in os.listdir("/proc/self/task")]  # noqa: PTH208 - this is on the way of a fork
    except OSError:
        return False  # nobody knows; the warning stays
    return len(native_ids) > 1 >= primitives.count_others(native_ids)
