"""
Probes: what stands for the function in its wrapper while somebody wants to know more about its calls.

A wrapper finds its function in a cell; a probe is put there and taken away again while calls go on. Without one a call costs nothing
more. A call that is looked at has digests made of its arguments and its result, never copies; see `insight.digests`.
"""

import random
import sys
from collections import deque
from collections.abc import Callable
from types import CellType
from typing import Any, NamedTuple

from otel_agent.clock import perf_ns
from otel_agent.guard import shared as guard
from otel_agent.insight.call_notes import CallNote, CallNotes
from otel_agent.insight.digests import digest, parts_of
from otel_agent.instruments.agent_frames import frames_above, place_of
from otel_agent.recording.context import SPAN_KEY, current

__all__ = ["AwaitedCallProbe", "CallProbe", "Sample", "SampleProbe", "arm", "disarm"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""

FIRST_COST_SHARE = 0.1
COST_SHARE = 0.005
FIRST_SAMPLES = 250
"""Share of a function's time that looking at its calls may take, for the first samples and afterwards."""

CHANGED_EVERY = 4
"""Whether arguments are others afterwards is looked at in one of so many samples."""

RAREST = 64
"""At least one of so many calls is looked at."""

QUICK_NS = 50_000
QUICK_CALLS = 64
"""A call probe takes itself away when so many calls in a row were quicker than this."""


class Sample(NamedTuple):
    """One call of a function that was looked at."""

    argument: int | None
    """Digest of its arguments; None where there is none."""
    result: int | None
    """Digest of its result."""
    took_ns: int
    has_changed: bool
    """Whether its arguments were others afterwards."""
    is_none: bool
    """Whether it returned None."""
    is_error: bool


class _StandIn:
    """What all probes are: callable, pickled as the function they stand for, and asked for its attributes as it."""

    __slots__ = ("__weakref__", "function")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (self.function,)


def _itself(function: Any) -> Any:
    return function


class SampleProbe(_StandIn):
    """
    Looks at some calls of a plain function.

    Args:
        function: The function.
        samples: Takes a `Sample` of each call that was looked at.
    """

    __slots__ = ("every", "left", "looked_at", "samples")

    def __init__(self, function: Callable[..., Any], samples: "deque[Sample]") -> None:
        super().__init__(function)
        self.samples = samples
        self.every = 2
        self.left = 1
        self.looked_at = 0

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function, and look at the call when it is its turn."""
        self.left -= 1
        if self.left > 0:
            return self.function(*args, **kwargs)
        self.left = random.randrange(1, 2 * self.every + 1)  # noqa: S311 - which calls are looked at is no secret
        begin_ns = perf_ns()
        before = _digest_of(args, kwargs)
        started_ns = perf_ns()
        try:
            result = self.function(*args, **kwargs)
        except BaseException:
            self.samples.append(Sample(before, None, perf_ns() - started_ns, False, False, True))
            raise
        ended_ns = perf_ns()
        self._keep(before, args, kwargs, result, ended_ns - started_ns, started_ns - begin_ns)
        return result

    def _keep(self, before: int | None, args: Any, kwargs: Any, result: Any, took_ns: int, cost_ns: int) -> None:
        begin_ns = perf_ns()
        try:
            self.looked_at += 1
            is_compared = before is not None and self.looked_at % CHANGED_EVERY == 1
            has_changed = is_compared and _digest_of(args, kwargs) != before
            self.samples.append(Sample(before, digest(result), took_ns, has_changed, result is None, False))
        except Exception as error:  # noqa: BLE001 - the agent has its result whatever happens here
            guard.report("insight.probe", "a call could not be looked at", error)
        cost_ns += perf_ns() - begin_ns
        share = FIRST_COST_SHARE if self.looked_at < FIRST_SAMPLES else COST_SHARE
        self.every = max(1, min(RAREST, round(cost_ns / (share * max(took_ns, 1)))))


class CallProbe(_StandIn):
    """
    Looks at every call of a function that calls something outside, such as a service or a tool.

    Args:
        function: The function.
        notes: Takes what is known of each call, by its span.
        cell: Where the probe stands; it leaves when calls are too quick to matter.
    """

    __slots__ = ("cell", "notes", "quick")

    def __init__(self, function: Callable[..., Any], notes: CallNotes, cell: CellType) -> None:
        super().__init__(function)
        self.notes = notes
        self.cell = cell
        self.quick = 0

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function, and look at the call."""
        given = _given(args, kwargs)
        started_ns = perf_ns()
        result = self.function(*args, **kwargs)
        self._note(given, result, perf_ns() - started_ns, sys._getframe(1))  # noqa: SLF001 - the documented way to the stack
        return result

    def _note(self, given: Any, result: Any, took_ns: int, frame: Any) -> None:
        try:
            self.quick = self.quick + 1 if took_ns < QUICK_NS else 0
            if self.quick >= QUICK_CALLS:
                disarm(self.cell)
            span_id = getattr(current().get(SPAN_KEY), "span_id", None)
            if span_id is None:
                return
            frames = frames_above(frame)
            place = place_of(frames[0][0], _line(frames[0])) if frames else ""
            argument, arguments = given
            self.notes.put(
                span_id, CallNote(frames, place, argument, digest(result), arguments, frozenset(parts_of(result)))
            )
        except Exception as error:  # noqa: BLE001 - the agent has its result whatever happens here
            guard.report("insight.probe", "a call could not be looked at", error)


class AwaitedCallProbe(CallProbe):
    """The same for a coroutine function."""

    __slots__ = ()

    async def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function, await it, and look at the call."""
        given = _given(args, kwargs)
        frame = sys._getframe(1)  # noqa: SLF001 - as above
        started_ns = perf_ns()
        # Where it was awaited is where the frames above stand now: they do not move on before it has ended.
        result = await self.function(*args, **kwargs)
        self._note(given, result, perf_ns() - started_ns, frame)
        return result


def arm(cell: CellType | None, make: Callable[[Callable[..., Any]], _StandIn]) -> bool:
    """
    Put a probe in the place of a function.

    Args:
        cell: Cell in which the wrapper finds its function; None for a function that has none.
        make: Makes the probe for the function.

    Returns:
        Whether it stands there now.
    """
    if cell is None or isinstance(cell.cell_contents, _StandIn):
        return False
    cell.cell_contents = make(cell.cell_contents)
    return True


def disarm(cell: CellType | None) -> None:
    """
    Put the function back; calls that are under way end as they began.

    Args:
        cell: Cell in which the wrapper finds its function.
    """
    if cell is not None and isinstance(cell.cell_contents, _StandIn):
        cell.cell_contents = cell.cell_contents.function


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int | None, frozenset[int]]:
    try:
        return _digest_of(args, kwargs), frozenset(parts_of((*args, *kwargs.values())))
    except Exception as error:  # noqa: BLE001 - the agent's call goes on whatever happens here
        guard.report("insight.probe", "the arguments of a call could not be looked at", error)
        return None, frozenset()


def _digest_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    return digest((args, sorted(kwargs.items()))) if kwargs else digest(args)


def _line(frame: tuple[Any, int, int]) -> int | None:
    code, offset, _ = frame
    return next((line for start, end, line in code.co_lines() if start <= offset < end and line), None)
