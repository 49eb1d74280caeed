"""Slow calls seen on the stack: the end is exact, and nothing runs in the program's threads."""

import asyncio
import sys
import threading
import time
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.context import Context
from waiting import until

from otel_agent.instruments.automatic.pending_spans import CallSite
from otel_agent.instruments.automatic.stack_watch import StackWatch
from otel_agent.recording.provider import TracerProvider


class Rig:
    """Functions of interest, a thread that calls them, and a watch that is turned by hand."""

    def __init__(self) -> None:
        self.queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=lambda item: None)
        self.tracer = TracerProvider(shutdown_on_exit=False, queue=self.queue).get_tracer("tests")
        self.sites: dict[int, CallSite] = {}
        self.stacks = StackWatch(self.sites)
        self.is_in, self.goes_on = threading.Event(), threading.Event()
        self.stacks.look(0)  # threads that other tests have left waiting are known, and have not moved after this

    def interest(self, *functions: Any) -> None:
        """Watch for functions."""
        for each in functions:
            self.sites[id(each.__code__)] = CallSite(each.__name__, {}, 0, self.tracer)

    def run(self, function: Any) -> threading.Thread:
        """Call a function in a thread, until it is in the middle."""
        thread = threading.Thread(target=function)
        thread.start()
        assert self.is_in.wait(20)
        return thread

    def end(self, thread: threading.Thread) -> None:
        """Let the call end."""
        self.goes_on.set()
        thread.join(20)
        self.stacks.tell()


@pytest.fixture
def rig() -> Rig:
    """Nothing of interest yet."""
    return Rig()


def test_a_call_that_was_seen_has_a_span_with_its_own_end(rig: Rig) -> None:
    """And is marked, because its begin is known to lie between two looks only."""

    def work() -> None:
        rig.is_in.set()
        rig.goes_on.wait(20)

    rig.interest(work)
    thread = rig.run(work)
    rig.stacks.look(60_000_000)
    before_ns = time.time_ns()
    rig.end(thread)
    span = rig.queue.items[0]

    assert ("work", True) == (span.name, span.attributes["otel_agent.seen_on_stack"])
    assert span.start_ns < before_ns <= span.end_ns


def test_calls_around_it_are_its_parents(rig: Rig) -> None:
    """The stack says who called whom."""

    def inner() -> None:
        rig.is_in.set()
        rig.goes_on.wait(20)

    def outer() -> None:
        inner()

    rig.interest(inner, outer)
    thread = rig.run(outer)
    assert 2 == rig.stacks.look(60_000_000)
    rig.end(thread)
    spans = {span.name: span for span in rig.queue.items}

    assert spans["outer"].span_id == spans["inner"].parent_id


def test_a_quick_call_leaves_nothing(rig: Rig) -> None:
    """One that was seen by chance and cannot have taken long."""

    def work() -> None:
        rig.is_in.set()
        rig.goes_on.wait(20)

    rig.interest(work)
    thread = rig.run(work)
    rig.stacks.look(60_000_000)
    rig.goes_on.set()
    thread.join(20)
    for call in rig.stacks._ended:
        call.site.min_duration_ns = 1 + call.ended_ns - call.start_ns
    rig.stacks.tell()

    assert [] == list(rig.queue.items)


def test_a_call_is_seen_once(rig: Rig) -> None:
    """However often it is looked at."""

    def work() -> None:
        rig.is_in.set()
        rig.goes_on.wait(20)

    rig.interest(work)
    thread = rig.run(work)

    assert 1 == rig.stacks.look(60_000_000)
    for _ in range(3):
        rig.stacks.look(60_000_000)
    rig.end(thread)
    assert 1 == len(rig.queue.items)


def test_what_a_call_holds_is_let_go_of_as_ever(rig: Rig) -> None:
    """No frame is kept: what a function refers to is gone when it returns."""
    gone = threading.Event()

    class Resource:
        def __del__(self) -> None:
            gone.set()

    def work() -> None:
        held = Resource()
        rig.is_in.set()
        rig.goes_on.wait(20)
        assert held is not None

    rig.interest(work)
    thread = rig.run(work)
    rig.stacks.look(60_000_000)
    rig.goes_on.set()
    thread.join(20)

    assert gone.is_set()


def test_a_call_that_begins_to_wait_is_noted_with_its_parent(rig: Rig) -> None:
    """A coroutine is on no stack while it waits."""
    parent = rig.tracer.start_span("parent")
    from opentelemetry.trace import set_span_in_context

    def work() -> None:
        rig.stacks.note(
            sys._getframe(), CallSite("waits", {}, 10**6, rig.tracer), set_span_in_context(parent, Context())
        )

    work()
    rig.stacks._ended[0].ended_ns += 10**9
    rig.stacks.tell()

    assert ("waits", parent.get_span_context().span_id) == (rig.queue.items[0].name, rig.queue.items[0].parent_id)


def test_a_coroutine_that_waits_is_seen_in_its_task(rig: Rig) -> None:
    """It is on no stack; what it waits for is its child."""

    async def inner() -> None:
        rig.is_in.set()
        await asyncio.to_thread(rig.goes_on.wait, 20)

    async def outer() -> None:
        await inner()

    rig.interest(inner, outer)
    rig.stacks._coroutines = lambda: [task.get_coro() for task in asyncio.all_tasks(loops[0])]
    loops: list[Any] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        await asyncio.create_task(outer())

    thread = rig.run(lambda: asyncio.run(main()))
    until(lambda: rig.stacks.look(60_000_000) and len(rig.queue.items) == 0 and seen_in(loops[0]))
    rig.end(thread)
    spans = {span.name: span for span in rig.queue.items}

    assert {"inner", "outer"} == set(spans)
    assert spans["outer"].span_id == spans["inner"].parent_id


def seen_in(loop: Any) -> bool:
    """Whether a coroutine that waits has been seen."""
    return any(
        getattr(task.get_coro(), "cr_frame", None) is not None and task.get_coro().cr_frame.f_trace  # type: ignore[union-attr]
        for task in asyncio.all_tasks(loop)
    )


def test_the_thread_sees_a_slow_call_by_itself(rig: Rig) -> None:
    """Also one that begins just after it was put to rest."""

    def work() -> None:
        rig.goes_on.wait(20)

    rig.stacks.start()
    thread = threading.Thread(target=work)
    thread.start()
    rig.interest(work)
    rig.stacks.wake()
    until(lambda: any(frame.f_code is work.__code__ and frame.f_trace for frame in frames()))
    time_s = time.monotonic()
    until(lambda: time.monotonic() > time_s + 0.06)
    rig.goes_on.set()
    until(lambda: rig.queue.items)
    thread.join(20)
    rig.stacks.close()
    rig.stacks.close()

    assert ["work"] == [span.name for span in rig.queue.items]


def frames() -> Any:
    """Every frame of every other thread."""
    for ident, innermost in sys._current_frames().items():
        frame: Any = innermost if ident != threading.get_ident() else None
        while frame is not None:
            yield frame
            frame = frame.f_back
