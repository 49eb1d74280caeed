"""
`memory.tune`: shorter collections after the start, and back again.

What an agent has when its start is over (modules, classes, caches, its model of the market) mostly lives until its end, and every full
collection walks through it again. `gc.freeze` takes it out of that walk. Source: https://docs.python.org/3/library/gc.html#gc.freeze
"""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from otel_agent.clock import perf_ns

__all__ = ["CollectionState", "Tuning", "tune"]

Thresholds = tuple[int, ...]

FEW_FROZEN = 1000
"""Python 3.12 freezes some hundreds of objects of its own at its start; an agent that freezes has many more."""


@dataclass(frozen=True, slots=True)
class CollectionState:
    """The garbage collector at one moment."""

    full_collection_s: float
    """How long a full collection took, in seconds."""
    frozen: int
    """Objects that collections leave out."""
    threshold: Thresholds
    """`gc.get_threshold()`."""


@dataclass(slots=True)
class Tuning:
    """What was measured before and after, and the way back: `undo()`, or leaving its `with`."""

    before: CollectionState
    """Before anything was changed."""
    after: CollectionState
    """With everything changed."""
    _is_undone: bool = field(default=False, repr=False)

    def undo(self) -> None:
        """
        Put thresholds and frozen objects back as they were; safe twice.

        A threshold that the agent has set meanwhile stays. Where the agent had frozen objects itself before, everything stays frozen,
        because no call tells them apart.
        """
        if self._is_undone:
            return
        self._is_undone = True
        if gc.get_threshold() == self.after.threshold:
            gc.set_threshold(*self.before.threshold)
        if self.before.frozen <= FEW_FROZEN and self.after.frozen > self.before.frozen:
            gc.unfreeze()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()

    def __str__(self) -> str:
        before, after = self.before, self.after
        changed = "" if before.threshold == after.threshold else f", thresholds {before.threshold} → {after.threshold}"
        return (
            f"a full collection took {before.full_collection_s * 1e3:.3g} ms and takes {after.full_collection_s * 1e3:.3g} ms,"
            f" {after.frozen - before.frozen} objects frozen{changed}"
        )


def tune(freeze: bool = True, threshold: int | Sequence[int] | None = None) -> Tuning:  # noqa: FBT001, FBT002 - the public interface has it so
    """
    Shorten garbage collections. Call it once, when the start is over; it takes as long as two full collections.

    Args:
        freeze: Whether everything that is there now is left out of collections from now on. Garbage is collected before.
        threshold: Objects after which a young collection comes, or all three thresholds of `gc.set_threshold`; `None` leaves them.

    Returns:
        What was measured before and after; undone by its `undo()`, or by leaving its `with`.

    Raises:
        ValueError: A threshold is negative, or there are more than three.

    Example:
        ```python
        print(otel_agent.memory.tune())
        ```
    """
    wanted = None if threshold is None else _thresholds(threshold)
    before = _state()
    if freeze:
        gc.freeze()
    if wanted is not None:
        gc.set_threshold(*wanted)
    return Tuning(before, _state())


def _state() -> CollectionState:
    begin_ns = perf_ns()
    gc.collect()
    return CollectionState((perf_ns() - begin_ns) / 1e9, gc.get_freeze_count(), gc.get_threshold())


def _thresholds(threshold: int | Sequence[int]) -> Thresholds:
    given = (threshold,) if isinstance(threshold, int) else tuple(threshold)
    if not 1 <= len(given) <= 3 or any(type(each) is not int or each < 0 for each in given):  # noqa: PLR2004 - generations
        raise ValueError(f"threshold: expected one to three whole numbers of at least 0, found {threshold!r}")
    return given
