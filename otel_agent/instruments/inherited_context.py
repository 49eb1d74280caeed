"""
The context that a thread has from whoever started it, and when it is over.

A thread that does one thing does it for its starter. A thread that lives on (a worker, a consumer, a scheduler) was merely started by
whoever came first, and must not record below that one's span for ever. So the context is an `InheritedContext`: it reads like the
starter's, and from some moment on it is empty.

* While the starter's span is open it is the starter's context.
* After that it depends on what the thread is doing. In the middle of a loop, or in an event loop, it serves whoever comes: the context
  is empty from now on. Otherwise it does the one thing it was started for, however late: the context stays the starter's.
* A thread that was started by such a late one has the context only as long as the span is open: timers that start themselves anew do
  not go on for ever. And after `MOST_LATE_LOOKS` looks it is over in any case.

Whether a loop runs is read from the stack: the code of a function says which of its instructions lie between a loop's beginning and its
jump back. That is asked only after the starter's span has ended, and only where a thread has no other span current.
"""

import dis
import sys
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from opentelemetry.context import Context

from otel_agent.guard import guarded, shared
from otel_agent.recording.context import SPAN_KEY

__all__ = ["MOST_LATE_LOOKS", "InheritedContext", "is_in_loop", "is_late", "settled"]

MOST_LATE_LOOKS = 64
"""How often a thread may look at its context after its starter's span has ended; a span looks a few times."""

_OWN = ("otel_agent.", "opentelemetry.", "logging")
"""Beginnings of the names of modules whose loops are not the thread's own."""


class InheritedContext(Context):
    """
    A starter's context, until it is over; see the module.

    Reading it may end it: then it becomes an ordinary, empty context for good. One thread reads it, the one that was started.

    Args:
        context: Context of the starter; only what it holds is kept, and a weak reference, which tells when it is left by everybody.
        bottom: Code of the function at whose frame the thread's own work begins.
        is_late: Whether the starter was itself in a thread whose starter's span had ended.

    Raises:
        TypeError: The context cannot be referred to weakly, because it is none of OpenTelemetry's.
    """

    def __init__(self, context: Context, bottom: CodeType, *, is_late: bool) -> None:
        super().__init__(context)
        state = self.__dict__
        state["bottom"] = bottom
        state["looks"] = MOST_LATE_LOOKS if is_late else 0
        if type(context) is InheritedContext:
            state["source"], state["span"] = context.__dict__["source"], context.__dict__["span"]
        else:
            span: Any = context.get(SPAN_KEY)
            state["source"] = ref(context)
            state["span"] = span if span is not None and span.is_recording() else None

    def is_open(self) -> bool:
        """Whether the starter's span is open; without a span that is recorded, whether anybody still holds the starter's context."""
        span = self.__dict__.get("span")
        if span is not None:
            try:
                return bool(span.is_recording())
            except Exception as error:  # noqa: BLE001 - a span of somebody else's making, asked for our sake
                shared.report("instruments.threads", "a span cannot be asked whether it is open", error)
                return False
        source = self.__dict__.get("source")
        return source is not None and source() is not None

    # Whatever reads the context settles it first.

    def get(self, key: str, default: Any = None) -> Any:
        """Value of a key."""
        return dict.get(_settle(self), key, default)

    def __contains__(self, key: object) -> bool:
        """Whether there is a key."""
        return dict.__contains__(_settle(self), key)

    def __iter__(self) -> Any:
        """Keys, one after the other."""
        return dict.__iter__(_settle(self))

    def __len__(self) -> int:
        """Number of keys."""
        return dict.__len__(_settle(self))

    def keys(self) -> Any:
        """Keys."""
        return dict.keys(_settle(self))

    def values(self) -> Any:
        """Values."""
        return dict.values(_settle(self))

    def items(self) -> Any:
        """Keys and values."""
        return dict.items(_settle(self))

    def copy(self) -> Any:
        """An ordinary dictionary of what there is now."""
        return dict(dict.items(_settle(self)))


def settled(context: Context) -> Context:
    """
    A context to be handed on to other threads: as it is now, for good.

    Args:
        context: Any context.
    """
    return Context(context.copy()) if isinstance(context, InheritedContext) else context


def is_late(context: Any) -> bool:
    """
    Whether a thread still has its starter's context although the starter's span has ended.

    Args:
        context: What the thread was given; anything else than an `InheritedContext` is not late.
    """
    if isinstance(context, InheritedContext):
        _settle(context)
    return isinstance(context, InheritedContext) and not context.is_open()


def _settle(context: InheritedContext) -> InheritedContext:
    """End a context if it is over, and give it back."""
    # Of a class that may have changed meanwhile, nothing but this look at it is asked.
    if type(context) is InheritedContext and not context.is_open():
        state = context.__dict__
        state["looks"] += 1
        is_over = state["looks"] > MOST_LATE_LOOKS
        with guarded("instruments.threads", "it cannot be told whether a thread works in a loop"):
            is_over = is_over or is_in_loop(sys._getframe(2), state["bottom"])  # noqa: SLF001 - the interpreter's way to a stack
        if is_over:
            state.clear()
            dict.clear(context)
            context.__class__ = Context  # type: ignore[assignment] # nothing is left to ask; reading costs nothing more
    return context


def is_in_loop(frame: FrameType | None, bottom: CodeType) -> bool:
    """
    Whether a thread is in the middle of a loop.

    Args:
        frame: Innermost frame of the thread.
        bottom: Code of the frame at which to stop; what called it is not the thread's own work.
    """
    events = sys.modules.get("asyncio.events")
    if events is not None and events._get_running_loop() is not None:  # noqa: SLF001 - asks without raising
        return True
    while frame is not None and frame.f_code is not bottom:
        if not frame.f_globals.get("__name__", "").startswith(_OWN) and any(
            first <= frame.f_lasti <= last for first, last in _loops(frame.f_code)
        ):
            return True
        frame = frame.f_back
    return False


@lru_cache(maxsize=1024)
def _loops(code: CodeType) -> tuple[tuple[int, int], ...]:
    """Offsets of the first and the last instruction of each loop."""
    return tuple(
        (each.argval, each.offset)
        for each in dis.get_instructions(code)
        if "JUMP" in each.opname
        and not each.opname.endswith("NO_INTERRUPT")  # the waiting of `await` and `yield from`
        and isinstance(each.argval, int)
        and each.argval <= each.offset
        and each.opcode in _JUMPS
    )


_JUMPS = frozenset((*dis.hasjrel, *dis.hasjabs))
