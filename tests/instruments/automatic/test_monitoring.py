"""Calls watched from outside: nothing of the program is changed, and what is quick costs nothing."""

import asyncio
import contextlib
import contextvars
import sys
import threading
from collections import deque
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import baggage, context, trace

from otel_agent.instruments.automatic.code_objects import functions_in
from otel_agent.instruments.automatic.monitoring import HAS_MONITORING, Monitor, open_monitor
from otel_agent.instruments.automatic.pending_spans import CallSite
from otel_agent.instruments.automatic.trials import TRIAL_CALLS
from otel_agent.instruments.automatic.watched_functions import WatchedFunction
from otel_agent.recording.provider import TracerProvider

pytestmark = pytest.mark.skipif(not HAS_MONITORING, reason="sys.monitoring is there from Python 3.12 on")

TRADER = """
import asyncio, contextlib, sys, time
from opentelemetry import baggage, context, trace

def quick(value=1): return value
def slow(): time.sleep(0.002); return quick()
def outer(): slow(); return slow()
def fails(): raise ValueError("no")
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
def caller(): return sys._getframe(1).f_code.co_name
def looks(): return trace.get_current_span().get_span_context().span_id

def numbers():
    for number in range(3):
        slow()
        yield number

async def fetch():
    await asyncio.sleep(0.002)
    slow()

async def ticks():
    for number in range(2):
        await asyncio.sleep(0)
        yield number

@contextlib.contextmanager
def desk(who):
    token = context.attach(baggage.set_baggage("who", who))
    try:
        yield
    finally:
        context.detach(token)

def begin(): return context.attach(baggage.set_baggage("who", "ana"))
"""


class Rig:
    """A module that is watched, and the spans of its functions."""

    def __init__(self, min_duration_s: float = 0.001) -> None:
        self.queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=lambda item: None)
        self.tracer = TracerProvider(shutdown_on_exit=False, queue=self.queue).get_tracer("tests")
        self.monitor = Monitor()
        self.counted: list[tuple[str, int, str | None]] = []
        self.forgotten: list[str] = []
        code = compile(TRADER, "trader.py", "exec")
        self.module: Any = SimpleNamespace()
        self.watched: dict[str, WatchedFunction] = {}
        exec(code, vars(self.module))
        for each in functions_in(code):
            name = each.co_qualname
            site = CallSite(name, {}, round(min_duration_s * 1e9), self.tracer)
            self.watched[name] = WatchedFunction(
                each, site, partial(self.observer, name), partial(self.forgotten.append, name)
            )
            self.monitor.watch(self.watched[name])

    def observer(self, name: str) -> Any:
        """Who takes the durations of one function."""
        return lambda ns, error: self.counted.append((name, ns, error))

    def tree(self) -> list[tuple[str, str | None]]:
        """Name and parent of the spans so far, in the order in which they ended."""
        names = {span.span_id: span.name for span in self.queue.items}
        return [(span.name, names.get(span.parent_id)) for span in self.queue.items]


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A module that is watched until the test is over."""
    found = Rig()
    yield found
    found.monitor.close()


def test_slow_calls_have_spans_from_the_first_one_on(rig: Rig) -> None:
    """Below each other as they were called; quick ones leave nothing."""
    assert 1 == rig.module.outer()
    assert [("slow", "outer"), ("slow", "outer"), ("outer", None)] == rig.tree()


def test_a_failed_call_has_a_span_with_its_error(rig: Rig) -> None:
    """However quick it was, and the exception is the program's own."""
    with pytest.raises(ValueError, match="no"):
        rig.module.fails()
    span = rig.queue.items[-1]

    assert ("fails", trace.StatusCode.ERROR, "ValueError") == (
        span.name,
        span.status.status_code,
        span.attributes["error.type"],
    )


def test_a_quick_call_that_something_refers_to_has_a_span(rig: Rig) -> None:
    """A parent that is named is recorded."""
    span_id = rig.module.looks()

    assert [("looks", span_id)] == [(span.name, span.span_id) for span in rig.queue.items]


def test_functions_stay_what_they_were(rig: Rig) -> None:
    """Code, defaults, callers and the depth of recursion are the program's own."""
    code = rig.module.quick.__code__
    rig.module.quick.__defaults__ = (7,)

    assert 7 == rig.module.quick()
    assert code is rig.module.quick.__code__
    assert "test_functions_stay_what_they_were" == rig.module.caller()
    assert sys.getrecursionlimit() - 150 == rig.module.depth(sys.getrecursionlimit() - 150)


def test_coroutines_are_parents_of_what_they_await(rig: Rig) -> None:
    """Also when two of them wait at the same time."""

    async def both() -> None:
        await asyncio.gather(rig.module.fetch(), rig.module.fetch())

    asyncio.run(both())

    assert [("fetch", None), ("fetch", None), ("slow", "fetch"), ("slow", "fetch")] == sorted(rig.tree(), key=str)


def test_nothing_is_current_between_the_steps_of_a_generator(rig: Rig) -> None:
    """Its span is the parent of what its body does, and of nothing else."""
    steps = rig.module.numbers()

    assert 0 == next(steps)
    assert trace.INVALID_SPAN is trace.get_current_span()
    assert [1, 2] == list(steps)
    assert [("slow", "numbers")] * 3 + [("numbers", None)] == rig.tree()


def test_an_async_generator_that_is_left_early_ends(rig: Rig) -> None:
    """It is finished by its loop, and no error."""

    async def first() -> int:
        async for number in rig.module.ticks():
            return int(number)
        return -1

    assert 0 == asyncio.run(first())
    assert 0 == rig.watched["ticks"].active


def test_what_a_context_manager_attaches_stays_for_its_block(rig: Rig) -> None:
    """And is gone after it; the block is nobody's child."""
    with rig.module.desk("ana"):
        inside = baggage.get_baggage("who"), trace.get_current_span()

    assert ("ana", trace.INVALID_SPAN) == inside
    assert {} == context.get_current()


def test_what_a_function_leaves_attached_stays_without_its_span(rig: Rig) -> None:
    """Whoever detaches it later comes back to what was current before, as far as spans are concerned."""

    def begins_and_ends() -> tuple[Any, Any, Any]:
        token = rig.module.begin()
        during = baggage.get_baggage("who"), trace.get_current_span()
        context.detach(token)
        return *during, trace.get_current_span()

    who, during, after = contextvars.copy_context().run(begins_and_ends)

    assert ("ana", trace.INVALID_SPAN) == (who, during)
    assert (False, False) == (after.is_recording(), after.get_span_context().is_valid)


def test_a_quick_function_is_left_alone_after_its_trial(rig: Rig) -> None:
    """A hundred thousand calls leave no span, and after the trial the interpreter tells nothing of it any more."""
    for _ in range(TRIAL_CALLS):
        rig.module.quick()
    events = sys.monitoring.get_local_events(rig.monitor._tool, rig.module.quick.__code__)  # type: ignore[attr-defined,unused-ignore]
    for _ in range(100_000):
        rig.module.quick()

    assert (0, False, []) == (events, rig.watched["quick"].trial.is_watched, rig.tree())


def test_counts_are_whole_or_not_there(rig: Rig) -> None:
    """Calls before the first one that mattered are counted with it; a function that is left alone is forgotten."""
    for _ in range(3):
        rig.module.quick()
    rig.module.slow()
    for _ in range(TRIAL_CALLS):
        rig.module.quick()

    assert ["slow"] == [name for name, _, _ in rig.counted]
    assert ["quick"] == rig.forgotten


def test_a_recursion_that_turns_out_to_matter_is_one_line_of_spans(rig: Rig) -> None:
    """However deep it is: parents come first, without a recursion of ours."""
    deep = sys.getrecursionlimit() - 200

    def bottom(n: int) -> int:
        return int(rig.module.looks())

    vars(rig.module)["depth_to"] = bottom
    exec("def down(n):\n    return depth_to(n) if n == 0 else down(n - 1)", vars(rig.module))
    code = rig.module.down.__code__
    rig.monitor.watch(WatchedFunction(code, CallSite("down", {}, 10**9, rig.tracer)))
    rig.module.down(deep)

    assert deep + 2 == len(rig.queue.items)


def test_tasks_that_start_tasks_hold_none_of_their_ancestors(rig: Rig) -> None:
    """A loop that goes on by calling itself later would otherwise remember its whole life."""
    seen: list[Any] = []

    async def main() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        vars(rig.module).update(loop=loop, done=done, left=[50], seen=seen)
        exec(
            "def again():\n    span = trace.get_current_span()\n    seen.append(span)\n    left[0] -= 1\n"
            "    loop.call_later(0, again) if left[0] else done.set()",
            vars(rig.module),
        )
        rig.monitor.watch(WatchedFunction(rig.module.again.__code__, CallSite("again", {}, 10**9, rig.tracer)))
        rig.module.again()
        await done.wait()

    asyncio.run(main())
    chain, length = seen[-1], 0
    while chain is not None and hasattr(chain, "outer"):
        chain, length = chain.outer.get(next(iter(chain.outer), "")), length + 1

    assert length <= 2


def test_two_tools_taken_by_others_are_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else's tool is touched."""
    with contextlib.ExitStack() as stack:
        for number in (3, 4):
            sys.monitoring.use_tool_id(number, "others")  # type: ignore[attr-defined,unused-ignore]
            stack.callback(sys.monitoring.free_tool_id, number)  # type: ignore[attr-defined,unused-ignore]
        with pytest.raises(RuntimeError, match="taken by others"):
            Monitor()


def test_after_close_nothing_is_watched(rig: Rig) -> None:
    """Safe twice, and calls that are under way end as they would have."""
    rig.monitor.close()
    rig.monitor.close()
    rig.module.slow()

    assert [] == rig.tree()
    assert sys.monitoring.get_tool(4) is None  # type: ignore[attr-defined,unused-ignore]


def test_a_call_that_ends_the_watching_has_its_context_back(rig: Rig) -> None:
    """An agent ends its telemetry in its own `main`, whose parts end on other threads, and may begin again there."""

    def ends() -> Any:
        thread = threading.Thread(target=rig.monitor.close)
        thread.start()
        thread.join()
        during = rig.monitor._tool, open_monitor_again()
        rig.monitor.close()
        return during

    def open_monitor_again() -> bool:
        return rig.monitor.go_on()

    vars(rig.module)["ends"] = ends
    exec("def main():\n    return ends()", vars(rig.module))
    rig.monitor.watch(WatchedFunction(rig.module.main.__code__, CallSite("main", {}, 0, rig.tracer)))
    during = rig.module.main()

    assert (4, True) == during
    assert {} == context.get_current()
    assert (0, None) == (rig.monitor._tool, sys.monitoring.get_tool(4))  # type: ignore[attr-defined,unused-ignore]


def test_the_monitor_of_a_process_is_one() -> None:
    """One that was closed makes room for the next."""
    first = open_monitor()
    first.close()
    second = open_monitor()
    second.close()

    assert first is not second


def test_a_coroutine_that_is_left_alone_tells_when_it_waits(rig: Rig) -> None:
    """What waits is on no stack; the frame is handed to whoever looks after slow calls."""
    waits: list[str] = []
    rig.monitor.on_wait = lambda frame, site, _: waits.append(site.name)
    rig.watched["fetch"].trial.calls_left = 0
    rig.watched["fetch"].trial.is_watched = False
    rig.monitor.leave(rig.watched["fetch"])
    asyncio.run(rig.module.fetch())

    assert ["fetch"] == waits
