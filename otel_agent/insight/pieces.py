"""
Pieces of work: the calls to databases, services and tools that one span has below it, gathered until it ends.

Spans end before their parents, so the calls wait here for their parent. What a helper function has called is handed on to the span
that the helper stands below, because a loop and what it repeats are often functions of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType

__all__ = ["Call", "Frame", "Gathering", "PieceOfWork", "common_frame", "place_of_frame"]

MOST_CALLS = 160
"""Calls of one piece; of more, the piece is judged and begins anew."""

MOST_PIECES = 512
"""Pieces that wait for the end of their span; of more, the oldest are forgotten."""

HELPERS = 2
"""Levels of helper functions through which calls are handed on."""

Frame = tuple[CodeType, int, int]
"""Code of a function, offset of the instruction at which it stood, and identity of the frame."""


@dataclass(slots=True)
class Call:
    """A call to something outside the agent: a query, a request, a tool."""

    kind: str
    """"query", "client" or "tool"."""
    name: str
    """Span name, or name of the tool."""
    trace_id: int
    span_id: int
    parent_id: int
    start_ns: int
    end_ns: int
    text: str = ""
    """Query text without literals."""
    table: str = ""
    operation: str = ""
    """Of a query: SELECT, INSERT. Of a request: GET, POST."""
    place: str = ""
    """File and line it comes from; empty where it is not known."""
    is_write: bool = False
    """Whether it changes something."""
    is_error: bool = False
    rows: int = -1
    """Rows of the result; negative where it is not known."""
    frames: tuple[Frame, ...] = ()
    """Where it was made, innermost function of the agent first; empty where it is not known."""
    callers: tuple[Frame, ...] = ()
    """Where it, or an earlier execution of the same query, was made; innermost function first. Only code and offsets mean anything."""
    arguments: frozenset[int] = frozenset()
    """Digests of its arguments and what they hold."""
    results: frozenset[int] = frozenset()
    """Digests of its result and what it holds."""
    argument: int | None = None
    """Digest of all arguments; None where there is none."""
    result: int | None = None
    """Digest of the result."""
    helper: str = ""
    """Function between it and the span of the piece."""
    level: int = 0
    """How many functions are in between."""

    @property
    def took_s(self) -> float:
        """Seconds it took."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(slots=True)
class PieceOfWork:
    """A span that has ended, with the calls below it in the order in which they began."""

    name: str
    trace_id: int
    start_ns: int
    end_ns: int
    calls: list[Call]
    is_whole: bool = True
    """Whether its span has ended; otherwise there were too many calls to wait for that."""
    is_agent: bool = False
    """Whether it is a run of an agent that calls tools."""

    @property
    def took_s(self) -> float:
        """Seconds it took."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(slots=True)
class _Open:
    trace_id: int
    calls: list[Call] = field(default_factory=list)


class Gathering:
    """
    Calls that wait for the end of their parent. Used by one thread.

    Args:
        judge: Called with each piece of work that has come to its end; answers with the calls that are dealt with and are not to be
            handed on.
    """

    def __init__(self, judge: Callable[[PieceOfWork], set[int]]) -> None:
        self._judge = judge
        self.open: dict[int, _Open] = {}
        """By span id of the parent; whoever feeds it looks here whether a span is one that calls wait for."""

    def add(self, call: Call) -> None:
        """
        Take in a call that has ended.

        Args:
            call: The call; one without a parent is a piece of work of nobody's and is left out.
        """
        if not call.parent_id:
            return
        self._let_wait(call.parent_id, call.trace_id, (call,))

    def end(
        self, span_id: int, parent_id: int, name: str, start_ns: int, end_ns: int, *, is_agent: bool = False
    ) -> None:
        """
        Judge a piece whose span has ended.

        Args:
            span_id: The span, one of `open`.
            parent_id: Its parent; 0 for none.
            name: Span name.
            start_ns: When it began, in nanoseconds since 1970.
            end_ns: When it ended, in nanoseconds since 1970.
            is_agent: Whether it is a run of an agent that calls tools.
        """
        waiting = self.open.pop(span_id, None)
        if waiting is None or not waiting.calls:
            return
        calls = sorted(waiting.calls, key=lambda call: call.start_ns)
        dealt_with = self._judge(
            PieceOfWork(name, waiting.trace_id, start_ns, end_ns, calls, is_whole=True, is_agent=is_agent)
        )
        if not parent_id:
            return
        handed_on = [
            replace(call, helper=name, level=call.level + 1)
            for call in calls
            if call.kind == "query" and call.level < HELPERS and call.span_id not in dealt_with
        ]
        if handed_on:
            self._let_wait(parent_id, waiting.trace_id, handed_on)

    def _let_wait(self, parent_id: int, trace_id: int, more: Sequence[Call]) -> None:
        """Let calls wait for their parent; too many are judged without it."""
        waiting = self._waiting(parent_id, trace_id)
        waiting.calls.extend(more)
        if len(waiting.calls) >= MOST_CALLS:
            calls, waiting.calls = waiting.calls, []
            self._judge(_unfinished(trace_id, calls))

    def _waiting(self, span_id: int, trace_id: int) -> _Open:
        found = self.open.get(span_id)
        if found is None:
            if len(self.open) >= MOST_PIECES:
                del self.open[next(iter(self.open))]
            found = self.open[span_id] = _Open(trace_id)
        return found


def _unfinished(trace_id: int, calls: list[Call]) -> PieceOfWork:
    ordered = sorted(calls, key=lambda call: call.start_ns)
    last_ns = max(call.end_ns for call in calls)
    return PieceOfWork("", trace_id, ordered[0].start_ns, last_ns, ordered, is_whole=False)


def common_frame(earlier: Call, later: Call) -> tuple[CodeType, int, int] | None:
    """
    The innermost function that made two calls, itself or through others.

    Args:
        earlier: The one that was made first.
        later: The other one.

    Returns:
        Its code and the offsets at which it stood during each; None where there is none.
    """
    known = {(id(code), frame): offset for code, offset, frame in earlier.frames}
    for code, offset, frame in later.frames:
        before = known.get((id(code), frame))
        if before is not None:
            return code, before, offset
    return None


def place_of_frame(frame: Frame) -> str:
    """
    File and line at which a function stood.

    Args:
        frame: Its code, and the offset of the instruction.
    """
    code, offset, _ = frame
    line = None
    for start, end, number in code.co_lines():
        if start <= offset < end and number:
            line = number
    return f"{code.co_filename}:{line or code.co_firstlineno}"
