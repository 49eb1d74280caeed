"""
tracemalloc, on for a while and off again whatever happens.

While it is on, allocations take three times as long, so a window is short and ends with an exception as well, and in a forked child at
once. Where the agent uses tracemalloc itself, its tracing is used and left on; where it begins to in the middle of a window, tracing is
begun anew as it asked, and the window ends early.

`_lock` guards how many windows are open; of several, the last one to end turns tracing off.
"""

import os
import tracemalloc
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from otel_agent import primitives

__all__ = ["AllocationWindow", "LineSize"]

LineSize = tuple[int, int]
"""Bytes and blocks that were allocated at a line and are still there."""

_spec = find_spec("opentelemetry.sdk")
_SDK = tuple(f"{each}/*" for each in (_spec.submodule_search_locations or ())) if _spec is not None else ()
_OURS = (f"{Path(__file__).parents[2]}/*", *_SDK, tracemalloc.__file__)
"""Files whose allocations are not told: this package and the SDK, whose memory is bounded and not the agent's to mend."""


class _Tracing:
    """Whether tracing is on because of us, in this process."""

    def __init__(self) -> None:
        self.lock = primitives.Lock()
        self.windows = 0
        self.is_ours = False
        self.start: Callable[..., None] | None = None

    def open(self) -> None:
        with self.lock:
            if not self.windows and not tracemalloc.is_tracing():
                tracemalloc.start()
                self.is_ours = True
                self.start = tracemalloc.start
                tracemalloc.start = self.started_by_agent
            self.windows += 1

    def close(self) -> None:
        with self.lock:
            self.windows = max(0, self.windows - 1)  # in a forked child there is none any more
            if not self.windows:
                self.end()

    def end(self) -> None:
        """Give everything back; safe twice."""
        if self.start is not None and tracemalloc.start == self.started_by_agent:
            tracemalloc.start = self.start
        self.start = None
        if self.is_ours:
            self.is_ours = False
            tracemalloc.stop()

    def started_by_agent(self, nframe: int = 1) -> None:
        """Stands for `tracemalloc.start` while a window of ours is open."""
        with self.lock:
            self.end()
        tracemalloc.start(nframe)

    def reinit_after_fork(self) -> None:
        """The thread that would have closed the window is not in the child."""
        self.lock = primitives.Lock()
        self.windows = 0
        self.end()


_tracing = _Tracing()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tracing.reinit_after_fork)


class AllocationWindow:
    """A context manager: allocations are traced inside of it."""

    def __enter__(self) -> Self:
        _tracing.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _tracing.close()

    @staticmethod
    def lines() -> dict[tuple[str, int], LineSize]:
        """
        What was allocated since tracing began and is still there.

        Returns:
            By file and line, our own left out; empty when the agent has ended tracing.
        """
        if not tracemalloc.is_tracing():
            return {}
        try:
            snapshot = tracemalloc.take_snapshot()
        except RuntimeError:  # ended between the two
            return {}
        kept = snapshot.filter_traces([tracemalloc.Filter(inclusive=False, filename_pattern=each) for each in _OURS])
        return {
            (each.traceback[0].filename, each.traceback[0].lineno): (each.size, each.count)
            for each in kept.statistics("lineno")
        }

    @staticmethod
    def places(objects: Sequence[Any]) -> list[tuple[str, int]]:
        """
        Where objects were allocated.

        Args:
            objects: Any; those that are older than the window are left out.

        Returns:
            File and line of each.
        """
        traces = [tracemalloc.get_object_traceback(each) for each in objects]
        return [(trace[-1].filename, trace[-1].lineno) for trace in traces if trace is not None and len(trace)]

    @staticmethod
    def is_ours(filename: str) -> bool:
        """
        Whether a file is this package's or the SDK's.

        Args:
            filename: As a frame names it.
        """
        return any(fnmatchcase(filename, each) for each in _OURS)
