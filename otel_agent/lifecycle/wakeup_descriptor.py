"""
The wake-up descriptor: there is one in a process, and the interpreter's C code writes the number of each signal into it at once.

It is ours as long as nobody wants it. Whoever sets it by `signal.set_wakeup_fd` gets it, and finds that nobody had it before; Trio warns
otherwise. When they give it up it is ours again. Who took that function earlier gets it too, and sees a number of ours then.

Only the main thread may set it.
"""

import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

__all__ = ["WakeupDescriptor"]

_set = signal.set_wakeup_fd
_NOBODY = -1
_ours: set[int] = set()
"""Numbers of ours: of everyone who has held the descriptor, in a forked child also those of its parent."""


class WakeupDescriptor:
    """Holds the descriptor where it is free; nothing is wrapped before `take`."""

    def __init__(self) -> None:
        self._number = _NOBODY
        self._below: Callable[..., int] | None = None
        self._wrapper: Callable[..., int] | None = None

    def take(self, descriptor: int) -> None:
        """
        Have signals written to a descriptor from now on, unless somebody else has theirs written.

        Args:
            descriptor: Does not block.
        """
        self._number = descriptor
        _ours.add(descriptor)
        if self._wrapper is None:
            self._below = signal.set_wakeup_fd
            self._wrapper = signal.set_wakeup_fd = self._wrapped(self._below)
        self._claim()

    def release(self) -> bool:
        """
        Give it back; safe before `take` and twice.

        Returns:
            Whether nothing is written to what was ours any more: other threads than the main one cannot see to that.
        """
        self.unwrap()
        number, self._number = self._number, _NOBODY
        try:
            before = _set(_NOBODY)
        except ValueError:
            return number == _NOBODY
        if before not in {_NOBODY, number}:
            _set(before, warn_on_full_buffer=False)
        _ours.discard(number)
        return True

    def unwrap(self) -> None:
        """Put `signal.set_wakeup_fd` back, where nobody has wrapped it since; safe before `take` and twice."""
        if self._wrapper is not None and signal.set_wakeup_fd is self._wrapper:
            signal.set_wakeup_fd = self._below  # type: ignore[assignment]
        self._wrapper = None

    def _claim(self) -> None:
        try:
            before = _set(self._number, warn_on_full_buffer=False)
        except ValueError:
            return  # not the main thread, a subinterpreter, or the agent has closed it
        if before != _NOBODY and before not in _ours:
            _set(before, warn_on_full_buffer=False)

    def _wrapped(self, below: Callable[..., int]) -> Callable[..., int]:
        @wraps(below)
        def set_and_take_back(fd: Any, /, *arguments: Any, **keywords: Any) -> int:
            before = below(fd, *arguments, **keywords)
            if self._wrapper is not set_and_take_back:
                return before
            if fd == _NOBODY:
                self._claim()
            return _NOBODY if before in _ours else before

        return set_and_take_back
