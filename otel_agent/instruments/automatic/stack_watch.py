"""
Slow calls of functions that nobody watches, seen on the stack.

A thread looks at the stacks of all others some dozens of times a second. In the frame of a function that is of interest it leaves a
note; the interpreter lets go of the note when it lets go of the frame, in the very thread and at the very moment in which the call
ends. So the end is exact, and the begin is known to lie between two looks. Nothing is called in the program's threads, nothing is
traced, and a call that is over before anybody looked is not seen.

This is all there is on Python 3.11, where the coroutines of asyncio's tasks are looked at as well: one that waits is on no stack. From
3.12 on it looks after the functions that were left alone because they are quick, so that a single slow call of theirs is not
missed, and a coroutine gets its note when it begins to wait.

What a call seen here cannot have: the parent of what happened in it before it was seen, and on its own account the outcome.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty
from time import process_time_ns, thread_time, thread_time_ns
from types import FrameType
from typing import Any

from opentelemetry.context import Context

from otel_agent import primitives
from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.guard import guarded
from otel_agent.instruments.automatic.pending_spans import CallSite
from otel_agent.instruments.functions import wrappers
from otel_agent.lifecycle.threads import begin_thread
from otel_agent.recording.context import SPAN_KEY

__all__ = ["ALONE", "BESIDE_MONITORING", "Pace", "SeenCall", "StackWatch", "leave_note", "waiting_coroutines"]


@dataclass(frozen=True)
class Pace:
    """How often stacks are looked at, and which calls have a span for having been seen."""

    slow_s: float
    """Calls that may have taken this long have a span, in seconds, when they have certainly taken their function's minimum."""
    busy_s: float
    """Shortest time between two looks, while calls of interest come and go, in seconds."""
    idle_s: float
    """Longest time between two looks, while threads run and none moves, in seconds."""
    still_s: float
    """Longest time between two looks, while no thread runs, in seconds."""
    share: float = 1.0
    """Share of a core that looking may take in the long run, 0 to 1; in the first `EAGER_S` seconds five times as much."""


BESIDE_MONITORING = Pace(slow_s=0.05, busy_s=0.02, idle_s=0.045, still_s=0.045)
"""Where calls are watched otherwise, and only functions that were left alone are of interest."""

ALONE = Pace(slow_s=0.0, busy_s=0.001, idle_s=0.01, still_s=0.04, share=0.01)
"""Where there is nothing else."""

EAGER_S = 5.0
"""A start is looked at more closely, in seconds: short programs have nothing but a start."""

WAKE_S = 2e-5
"""What waking the thread takes beside what it does, in seconds of a core."""

REST_S = 0.5
"""Time between two looks while there is nothing of interest, in seconds."""

STILL_NS = 2_000
"""Two readings of one clock that are not made at the same moment differ by less than this."""

LIGHT = 0.02
"""Threads that run for less than this share of the time between two looks do not make the next one come sooner."""

DULL_LOOKS = 8
"""Looks at a thread that stays where it is, with nothing of interest on its stack, that only see that it is still there."""

DEPTH = 200
"""Frames of one thread that are looked at, from the innermost."""

SEEN = "otel_agent.seen_on_stack"
"""Attribute of such spans."""


class SeenCall:
    """
    One call that was seen while it ran.

    Args:
        site: Describes the function's spans.
        start_ns: When it was seen, or is estimated to have begun, in nanoseconds since 1970.
        slack_ns: How much earlier it may have begun, in nanoseconds.
        parent: Call around it that was seen, or context with its parent; `None`: it is a root.
    """

    __slots__ = ("_span", "ended_ns", "parent", "site", "slack_ns", "start_ns")

    def __init__(self, site: CallSite, start_ns: int, slack_ns: int, parent: "SeenCall | Context | None") -> None:
        self.site = site
        self.start_ns = start_ns
        self.slack_ns = slack_ns
        self.parent = parent
        self.ended_ns = 0
        self._span: Any = None

    def is_slow(self, slow_ns: int) -> bool:
        """
        Whether it has a span: it has certainly taken its function's minimum, and may have taken long.

        Args:
            slow_ns: What is long, in nanoseconds.
        """
        seen_ns = self.ended_ns - self.start_ns
        return seen_ns >= self.site.min_duration_ns and seen_ns + self.slack_ns >= slow_ns

    def span(self) -> Any:
        """Its span, begun when somebody asks first."""
        if self._span is None:
            parent = self.parent
            context = Context({SPAN_KEY: parent.span()}) if isinstance(parent, SeenCall) else parent or Context()
            self._span = self.site.tracer.start_span(
                self.site.name,
                context,
                attributes={**self.site.attributes, SEEN: True},
                start_time=self.start_ns - self.slack_ns // 2,
            )
        return self._span


class _Note:
    """Left in a frame; says when the frame is let go of."""

    __slots__ = ("_call", "_sink")

    def __init__(self, call: SeenCall, sink: "deque[SeenCall]") -> None:
        self._call = call
        self._sink = sink

    @property
    def call(self) -> SeenCall:
        return self._call

    def __call__(self, _frame: FrameType, _event: str, _argument: object) -> "_Note":
        """Do nothing: a debugger that is switched on meanwhile takes the note for a tracing function."""
        return self

    def __del__(self) -> None:
        self._call.ended_ns = wall_ns()
        self._sink.append(self._call)


class StackWatch:
    """
    Looks at stacks; nothing runs before `start`.

    Args:
        sites: Functions of interest, by the identity of their code; read at every look.
        pace: How often to look.
        coroutines: Coroutines that may be waiting, each the outermost of its task; `None`: they are not looked at.
        after_look: Called after each look, on the thread that looks.
    """

    def __init__(
        self,
        sites: Mapping[int, CallSite],
        *,
        pace: Pace = BESIDE_MONITORING,
        coroutines: Callable[[], Iterable[Any]] | None = None,
        after_look: Callable[[], object] = lambda: None,
    ) -> None:
        self._sites = sites
        self._pace = pace
        self._coroutines = coroutines
        self._slow_ns = round(pace.slow_s * 1e9)
        self._after_look = after_look
        self._ended: deque[SeenCall] = deque()
        self._dull: dict[int, tuple[tuple[int, int], int]] = {}
        self._is_closed = False
        self._calls: primitives.SimpleQueue[bool] = primitives.SimpleQueue()
        """Wakes the thread: true to look, false to end. A signal's handler may call in the middle of another call."""
        self._is_resting = False
        self._others_ns = 0
        """Time that all threads but this one have run, in nanoseconds."""
        self._thread: primitives.Thread | None = None

    def start(self) -> None:
        """Begin to look; safe twice. Where no thread can be started, nothing is seen."""
        if self._thread is not None or self._is_closed:
            return
        self._thread = begin_thread("stacks", self._run, self._calls)

    def close(self) -> None:
        """Look no more, and tell what has been seen so far; safe before `start` and twice."""
        self._is_closed = True
        self._calls.put(False)
        self.tell()

    def wake(self) -> None:
        """Look soon: there is something of interest."""
        if self._is_resting:
            self._is_resting = False
            self._calls.put(True)

    def reinit_after_fork(self) -> None:
        """A thread of its own for the child."""
        was_running = self._thread is not None
        self._thread = None
        self._ended.clear()
        self._calls = primitives.SimpleQueue()
        if was_running:
            self.start()

    def look(self, slack_ns: int) -> int:
        """
        Look at all stacks once.

        Args:
            slack_ns: Time since the last look, in nanoseconds.

        Returns:
            How many calls were seen for the first time; threads that have moved count, too.
        """
        own, seen, dull = primitives.get_ident(), 0, {}
        for ident, frame in sys._current_frames().items():  # noqa: SLF001 - documented, if named like a private one
            if ident == own:
                continue
            place = id(frame), frame.f_lasti
            known, looks_left = self._dull.get(ident, (None, 0))
            if place == known and looks_left:
                dull[ident] = place, looks_left - 1
                continue
            new, is_of_interest = self._look_at(frame, slack_ns)
            seen += new or place != known
            dull[ident] = place, 0 if is_of_interest else DULL_LOOKS
        self._dull = dull
        for coroutine in () if self._coroutines is None else self._coroutines():
            seen += self._look_at_frames(list(_frames_of(coroutine)), None, slack_ns)
        return seen

    def note(self, frame: FrameType, site: CallSite, context: Context) -> None:
        """
        Begin to watch a call that has begun to wait.

        Args:
            frame: Frame of a coroutine.
            site: Describes the function's spans.
            context: Holds the parent.
        """
        leave_note(frame, SeenCall(site, wall_ns(), 0, context), self._ended)

    def tell(self) -> None:
        """Make the spans of the calls that are over."""
        while self._ended:
            call = self._ended.popleft()
            if call.is_slow(self._slow_ns):
                span = call.span()
                if span.is_recording():
                    span.end(max(call.ended_ns, call.start_ns))

    def _look_at(self, innermost: FrameType, slack_ns: int) -> tuple[int, bool]:
        """How many calls were seen for the first time, and whether any of interest is there at all."""
        new: list[tuple[FrameType, CallSite]] = []
        around: SeenCall | Context | None = None
        frame: FrameType | None = innermost
        for _ in range(DEPTH):
            if frame is None:
                break
            site = self._sites.get(id(frame.f_code))
            if site is not None:
                note = frame.f_trace
                if type(note) is _Note:
                    around = note.call
                    break
                if note is None:
                    new.append((frame, site))
            elif new and frame.f_globals is wrappers.__dict__ and "span" in frame.f_locals:
                around = Context({SPAN_KEY: frame.f_locals["span"]})
                break
            frame = frame.f_back
        for each, site in reversed(new):
            call = SeenCall(site, wall_ns(), slack_ns, around)
            leave_note(each, call, self._ended)
            around = call
        return len(new), bool(new) or isinstance(around, SeenCall)

    def _look_at_frames(self, frames: Sequence[FrameType], around: SeenCall | None, slack_ns: int) -> int:
        """The same for the frames of a coroutine, the outermost first."""
        new = 0
        for frame in frames:
            site, note = self._sites.get(id(frame.f_code)), frame.f_trace
            if type(note) is _Note:
                around = note.call
            elif site is not None and note is None:
                new += 1
                around = SeenCall(site, wall_ns(), slack_ns, around)
                leave_note(frame, around, self._ended)
        return new

    def _run(self, calls: "primitives.SimpleQueue[bool]") -> None:
        pace, goes_on = self._pace, True
        pause_s, began_s = pace.busy_s, monotonic_s()
        looked_s = began_s
        while goes_on:
            self._is_resting = not self._sites
            with suppress(Empty):
                goes_on = calls.get(timeout=REST_S if self._is_resting else pause_s)
            ran_ns = self._others_ran_ns()
            if ran_ns < STILL_NS:
                pause_s = max(pause_s, min(pace.still_s, pause_s * 1.1))
                continue
            with guarded("instruments.stacks", "the stacks could not be looked at this time"):
                now_s, used_s = monotonic_s(), thread_time()
                is_moving = self._sites and self.look(round(min(now_s - looked_s, pace.idle_s) * 1e9))
                is_light = ran_ns < LIGHT * (now_s - looked_s) * 1e9
                looked_s = now_s
                self.tell()
                self._after_look()
                share = pace.share * (5 if now_s - began_s < EAGER_S else 1)
                least_s = max(pace.busy_s, (thread_time() - used_s + WAKE_S) / share)
                if is_light:
                    pause_s = max(pause_s, least_s)
                else:
                    pause_s = least_s if is_moving else min(max(pace.idle_s, least_s), max(pause_s, least_s) * 1.05)

    def _others_ran_ns(self) -> int:
        """Time that other threads have run since this was asked before; where they have not, nothing on their stacks has changed."""
        others_ns = -thread_time_ns() + process_time_ns()
        was_ns, self._others_ns = self._others_ns, others_ns
        return others_ns - was_ns


def waiting_coroutines() -> Iterator[Any]:
    """The outermost coroutine of every task of asyncio's in this process, whatever thread its loop runs in."""
    tasks: Any = sys.modules.get("asyncio.tasks")
    found: list[Any] = []
    for _ in range(10):
        with suppress(RuntimeError):  # a task was made meanwhile
            found = list(getattr(tasks, "_all_tasks", ()))
            break
    for task in found:
        with suppress(Exception):  # a task of somebody else's kind
            yield task.get_coro()


def _frames_of(coroutine: Any) -> Iterator[FrameType]:
    """The frames of a coroutine and of what it waits for, the outermost first."""
    for _ in range(DEPTH):
        frame = getattr(coroutine, "cr_frame", None)
        if not isinstance(frame, FrameType):
            return
        yield frame
        coroutine = getattr(coroutine, "cr_await", None)


def leave_note(frame: FrameType, call: SeenCall, sink: "deque[SeenCall]") -> None:
    """
    Have a call told when its frame is let go of.

    Args:
        frame: Frame of the call; one that is being debugged is left alone.
        call: What is told.
        sink: Where it is told.
    """
    if frame.f_trace is None:
        frame.f_trace = _Note(call, sink)
