"""tracemalloc is on for a while, and the agent's own is left alone."""

import os
import tracemalloc
from pathlib import Path

import pytest

from otel_agent.insight.memory.allocation_window import AllocationWindow

HERE = Path(__file__).name


def allocated() -> list[bytearray]:
    """What a window sees."""
    return [bytearray(100) for _ in range(50)]


def test_a_window_sees_what_is_allocated_in_it() -> None:
    """By file and line; it is off afterwards, also when the block raises."""
    with pytest.raises(RuntimeError, match="out"), AllocationWindow() as window:
        kept = allocated()
        (blocks,) = [count for (file, _), (_, count) in window.lines().items() if file.endswith(HERE) and count >= 50]
        raise RuntimeError("out")

    assert blocks >= len(kept)
    assert not tracemalloc.is_tracing()
    assert {} == AllocationWindow.lines()


def test_the_place_of_an_object_is_known() -> None:
    """Of one that is older than the window it is not."""
    old = allocated()
    with AllocationWindow() as window:
        new = allocated()
        places = window.places([*old, *new])

    assert len(new) == len(places)
    assert {HERE} == {Path(file).name for file, _ in places}


def test_several_windows_share_the_tracing() -> None:
    """The last one turns it off."""
    first, second = AllocationWindow(), AllocationWindow()
    with first:
        with second:
            pass
        assert tracemalloc.is_tracing()

    assert not tracemalloc.is_tracing()


def test_the_tracing_of_the_agent_is_left_on() -> None:
    """With the depth it asked for."""
    tracemalloc.start(5)
    try:
        with AllocationWindow():
            pass

        assert tracemalloc.is_tracing()
        assert 5 == tracemalloc.get_traceback_limit()
    finally:
        tracemalloc.stop()


def test_an_agent_that_begins_to_trace_in_a_window_goes_on() -> None:
    """As deep as it asked for; the function it calls is Python's own again."""
    start = tracemalloc.start
    try:
        with AllocationWindow():
            tracemalloc.start(7)

        assert tracemalloc.is_tracing()
        assert 7 == tracemalloc.get_traceback_limit()
        assert start is tracemalloc.start
    finally:
        tracemalloc.stop()


def test_an_agent_that_ends_tracing_in_a_window_is_obeyed() -> None:
    """The window sees nothing any more."""
    with AllocationWindow() as window:
        tracemalloc.stop()

        assert {} == window.lines()
        assert [] == window.places([object()])


def test_a_forked_child_does_not_trace() -> None:
    """Whoever opened the window is not there to close it."""
    with AllocationWindow():
        child = os.fork()
        if not child:
            os._exit(int(tracemalloc.is_tracing()))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        assert tracemalloc.is_tracing()
    assert 0 == status


def test_what_is_ours_is_known() -> None:
    """This package and the SDK."""
    from opentelemetry.sdk import trace

    import otel_agent

    assert AllocationWindow.is_ours(str(otel_agent.__file__))
    assert AllocationWindow.is_ours(str(trace.__file__))
    assert not AllocationWindow.is_ours(__file__)
