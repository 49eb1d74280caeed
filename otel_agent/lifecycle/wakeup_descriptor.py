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


class WakeupDescriptor:
    """Holds the descriptor where it is free; nothing is wrapped before `take`."""

    def __init__(self) -> None:
        self._ours = _NOBODY
        self._earlier: set[int] = set()
        """Numbers that were ours: a parent's, or closed by the agent."""
        self._below: Callable[..., int] | None = None
        self._wrapper: Callable[..., int] | None = None

    def take(self, descriptor: int) -> None:
        """
        Have signals written to a descriptor from now on, unless somebody else has theirs written.

        Args:
            descriptor: Does not block.
        """
        if self._ours not in {_NOBODY, descriptor}:
            self._earlier.add(self._ours)
        self._ours = descriptor
        if self._wrapper is None:
            self._below = signal.set_wakeup_fd
            self._wrapper = signal.set_wakeup_fd = self._wrapped(self._below)
        self._claim()

    def inherit(self, parent: "WakeupDescriptor") -> None:
        """
        In a forked child: what was the parent's is nobody's.

        Args:
            parent: The one of the parent, which is not used any more.
        """
        self._earlier = parent._earlier | {parent._ours} - {_NOBODY}  # noqa: SLF001 - of this class
        parent._unwrap()  # noqa: SLF001 - of this class

    def release(self) -> bool:
        """
        Give it back; safe before `take` and twice.

        Returns:
            Whether nothing is written to what was ours any more: other threads than the main one cannot see to that.
        """
        self._unwrap()
        try:
            before = _set(_NOBODY)
        except ValueError:
            return self._ours == _NOBODY
        if not self._is_free(before):
            _set(before, warn_on_full_buffer=False)
        self._ours = _NOBODY
        return True

    def _claim(self) -> None:
        try:
            before = _set(self._ours, warn_on_full_buffer=False)
        except ValueError:
            return  # not the main thread, a subinterpreter, or the agent has closed it
        if not self._is_free(before):
            _set(before, warn_on_full_buffer=False)

    def _is_free(self, descriptor: int) -> bool:
        return descriptor in {_NOBODY, self._ours} or descriptor in self._earlier

    def _unwrap(self) -> None:
        if self._wrapper is not None and signal.set_wakeup_fd is self._wrapper:
            signal.set_wakeup_fd = self._below  # type: ignore[assignment]
        self._wrapper = None

    def _wrapped(self, below: Callable[..., int]) -> Callable[..., int]:
        @wraps(below)
        def set_and_take_back(fd: Any, /, *arguments: Any, **keywords: Any) -> int:
            before = below(fd, *arguments, **keywords)
            if self._wrapper is not set_and_take_back:
                return before
            if fd == _NOBODY:
                self._claim()
            return _NOBODY if self._is_free(before) else before

        return set_and_take_back
