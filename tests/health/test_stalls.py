"""Heartbeats that fall silent."""

import threading

from otel_agent.clock import ManualClock
from otel_agent.health.registry import CheckRegistry
from otel_agent.health.stalls import STACK_LINES, stalls


def test_silence_shows_the_stack_of_the_thread_that_should_beat() -> None:
    """The innermost line is the one that blocks."""
    clock = ManualClock()
    registry = CheckRegistry(clock)
    beat = registry.heartbeat("worker", within_s=5)
    begun, release = threading.Event(), threading.Event()

    def blocking_line() -> None:
        begun.set()
        release.wait(20)

    def work() -> None:
        beat()
        blocking_line()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(10)
    clock.advance(5)

    assert [] == stalls(registry.heartbeats())

    clock.advance(1)
    (stall,) = stalls(registry.heartbeats())
    release.set()
    thread.join()

    assert ("worker", 6.0, True) == (stall.name, stall.age_s, stall.is_critical)
    assert any(line.endswith("in blocking_line") for line in stall.stack)
    assert stall.stack[-1].endswith("in wait")
    assert () == stalls(registry.heartbeats())[0].stack


def test_a_heartbeat_that_beats_or_has_stopped_is_no_stall() -> None:
    """Only silence beyond what is allowed counts, however often it is looked for."""
    clock = ManualClock()
    registry = CheckRegistry(clock)
    beat = registry.heartbeat("worker", within_s=5)
    for _ in range(5):
        clock.advance(4)
        beat()
        assert [] == stalls(registry.heartbeats())
    beat.stop()
    clock.advance(99)

    assert [] == stalls(registry.heartbeats())


def test_a_deep_stack_is_shown_by_its_innermost_lines() -> None:
    """A probe's answer stays short."""
    clock = ManualClock()
    registry = CheckRegistry(clock)
    beat = registry.heartbeat("worker", within_s=5, critical=False)

    def deep(levels: int) -> int:
        if levels:
            return deep(levels - 1)
        beat()
        clock.advance(6)
        (stall,) = stalls(registry.heartbeats())
        return len(stall.stack)

    assert STACK_LINES == deep(40)
