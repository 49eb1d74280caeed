"""Where a thread was stopped, and whether it may hold a lock there."""

import asyncio
import functools
import json
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from agent_process import run_agent
from opentelemetry import trace

import otel_agent
from otel_agent.clock import ManualClock
from otel_agent.instruments.functions import wrappers
from otel_agent.lifecycle.lock_holders import may_hold_locks
from otel_agent.lifecycle.shutdown import Shutdown
from otel_agent.testing import recorded

WRAPPERS = wrappers.__name__
OWN, LIBRARY, STANDARD = "/home/me/agent.py", "/usr/lib/site-packages/some.py", json.__file__


def stopped_in(*calls: tuple[str, str]) -> FrameType:
    """The frame of the last of some functions that call each other; each has a module and a file."""
    frame: Any = sys._getframe
    for module, file in reversed(calls):
        mark = module == WRAPPERS
        namespace: dict[str, Any] = {"__name__": module, "inner": frame, "CALLS_THE_AGENT": mark}
        exec(compile("def f():\n    return inner()", file, "exec"), namespace)
        frame = namespace["f"]
    found: FrameType = frame()
    return found


@pytest.mark.parametrize(
    ("calls", "may"),
    {
        "the agent": ([("agent", OWN)], False),
        "the agent, under a decorator of ours": (
            [(WRAPPERS, "wrappers.py"), ("agent", OWN)],
            False,
        ),
        "an installed agent, under a decorator of ours": (
            [(WRAPPERS, "wrappers.py"), ("agent", LIBRARY)],
            False,
        ),
        "a span that a decorator of ours begins": (
            [
                ("agent", OWN),
                (WRAPPERS, "wrappers.py"),
                ("otel_agent.recording.spans", "spans.py"),
            ],
            True,
        ),
        "a library of the agent": ([("agent", OWN), ("some", LIBRARY)], False),
        "starting a thread": ([("agent", OWN), ("threading", STANDARD)], True),
        "ending a span": ([("agent", OWN), ("otel_agent.recording.spans", "spans.py")], True),
        "a metric of the SDK": ([("agent", OWN), ("opentelemetry.sdk.metrics", LIBRARY), ("json", STANDARD)], True),
        "a log call of a library": (
            [("agent", OWN), ("some", LIBRARY), ("logging", STANDARD), ("json", STANDARD)],
            True,
        ),
        "a log handler of the agent": ([("agent", OWN), ("logging", STANDARD), ("agent", OWN)], False),
    }.values(),
)
def test_the_innermost_code_that_is_the_agent_s_decides(calls: list[tuple[str, str]], may: bool) -> None:
    """Behind it may be anything; before it, one of ours is enough."""
    assert may == may_hold_locks(stopped_in(*calls))


def test_who_waits_for_the_end_holds_nothing() -> None:
    """Stepping aside there would let the program end with another status."""
    seen: dict[str, bool] = {}

    class Looking(ManualClock):
        """A clock that looks who asks it, and lets time pass."""

        def monotonic_s(self) -> float:
            """Look."""
            frame = sys._getframe(1)
            seen[frame.f_code.co_name] = may_hold_locks(frame)
            self.advance(1)
            return super().monotonic_s()

    assert not Shutdown(0, Looking()).wait()
    assert {"__init__": True, "wait": False} == seen


def test_a_thread_that_has_not_begun_holds_nothing() -> None:
    """It has no frame."""
    assert not may_hold_locks(None)


AUTOMATIC = """
import sys

def between():
    found, frame = [], sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("otel_agent.") and frame.f_globals.get("CALLS_THE_AGENT") is not True:
            found.append(module)
    return found

def plain():
    return between()

async def coroutine():
    return between()

def generator():
    yield between()
"""

HOLDING = {
    "otel_agent.instruments.caches.cached": "its own lines hold the lock of the cache, which the last collection takes"
}
"""Modules that call the agent's functions and must not be marked, and why."""


def between() -> set[str]:
    """Modules of ours between the caller and whoever called it first."""
    found, frame = set(), sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("otel_agent.") and frame.f_globals.get("CALLS_THE_AGENT") is not True:
            found.add(module)
    return found - set(HOLDING)


def plain() -> set[str]:
    """A function of the agent's."""
    return between()


async def coroutine() -> set[str]:
    """A coroutine function of the agent's."""
    return between()


def generator() -> Generator[set[str]]:
    """A generator function of the agent's."""
    yield between()


async def async_generator() -> AsyncGenerator[set[str]]:
    """An async generator function of the agent's."""
    yield between()


async def first(items: AsyncGenerator[set[str]]) -> set[str]:
    """All of its one item."""
    (item,) = [item async for item in items]
    return item


def in_current_span(function: Callable[[], Any]) -> Callable[[], Any]:
    """Decorated by OpenTelemetry's own means."""
    decorated: Callable[[], Any] = trace.get_tracer("agent").start_as_current_span("work")(function)
    return decorated


class Called:
    """An object that can be called, and a context manager."""

    def __call__(self) -> set[str]:
        return between()

    @otel_agent.traced
    def __enter__(self) -> set[str]:
        return between()

    @otel_agent.traced
    async def __aenter__(self) -> set[str]:
        return between()

    def __exit__(self, *exception: object) -> None:
        """Nothing to give back."""


CALLS: dict[str, Callable[[], set[str]]] = {
    "traced": otel_agent.traced(plain),
    "traced coroutine": lambda: asyncio.run(otel_agent.traced(coroutine)()),
    "traced generator": lambda: next(otel_agent.traced(generator)()),
    "traced async generator": lambda: asyncio.run(first(otel_agent.traced(async_generator)())),
    "traced partial": otel_agent.traced(functools.partial(plain)),
    "traced object": otel_agent.traced(Called()),
    "traced context manager": lambda: Called().__enter__(),
    "traced context manager, coroutine": lambda: asyncio.run(Called().__aenter__()),
    "timed": otel_agent.timed(plain),
    "timed coroutine": lambda: asyncio.run(otel_agent.timed(coroutine)()),
    "timed generator": lambda: next(otel_agent.timed(generator)()),
    "timed async generator": lambda: asyncio.run(first(otel_agent.timed(async_generator)())),
    "current span": lambda: in_current_span(plain)(),  # noqa: PLW0108 - decorated once there is telemetry
    "current span, coroutine": lambda: asyncio.run(in_current_span(coroutine)()),
    "cached": otel_agent.cached(maxsize=1)(plain),
    "cached coroutine": lambda: asyncio.run(otel_agent.cached(maxsize=1)(coroutine)()),
    "generator without a decorator": lambda: next(generator()),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_calls_the_agent_is_marked(call: Callable[[], set[str]]) -> None:
    """No module of ours stands unmarked between the agent and its function."""
    with recorded():
        assert set() == call()


def test_what_calls_functions_that_nobody_decorated_is_marked(tmp_path: Path) -> None:
    """`trace_modules` reaches every kind of function."""
    (tmp_path / "traced_agent.py").write_text(AUTOMATIC)
    code = """
    import asyncio
    import otel_agent
    import traced_agent
    with otel_agent.init("x", export="none", trace_modules=["traced_agent"], trace_min_duration_s=0):
        print(traced_agent.plain(), asyncio.run(traced_agent.coroutine()), next(traced_agent.generator()))
    """
    ended = run_agent(code, tmp_path)

    assert "[] [] []" == ended.out.strip(), ended.err
