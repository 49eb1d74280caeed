"""Where a thread was stopped, and whether it may hold a lock there."""

import json
import sys
from types import FrameType
from typing import Any

import pytest

from otel_agent.clock import ManualClock
from otel_agent.lifecycle.lock_holders import may_hold_locks
from otel_agent.lifecycle.shutdown import Shutdown

OWN, LIBRARY, STANDARD = "/home/me/agent.py", "/usr/lib/site-packages/some.py", json.__file__


def stopped_in(*calls: tuple[str, str]) -> FrameType:
    """The frame of the last of some functions that call each other; each has a module and a file."""
    frame: Any = sys._getframe
    for module, file in reversed(calls):
        mark = getattr(sys.modules.get(module), "CALLS_THE_AGENT", False)
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
            [("otel_agent.instruments.functions.wrappers", "wrappers.py"), ("agent", OWN)],
            False,
        ),
        "an installed agent, under a decorator of ours": (
            [("otel_agent.instruments.functions.wrappers", "wrappers.py"), ("agent", LIBRARY)],
            False,
        ),
        "a span that a decorator of ours begins": (
            [
                ("agent", OWN),
                ("otel_agent.instruments.functions.wrappers", "wrappers.py"),
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
