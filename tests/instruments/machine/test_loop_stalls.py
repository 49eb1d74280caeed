"""Event loops that a line keeps from everything else, seen from another thread."""

import asyncio
import threading
import time

import pytest

from otel_agent.catalog import runtime as metrics
from otel_agent.insight.findings import Sighting
from otel_agent.instruments.distributions import BucketCounts
from otel_agent.instruments.machine.event_loops import LoopWatch
from otel_agent.instruments.machine.loop_stalls import LoopStalls, run_delay_s


def found(main: object) -> list[Sighting]:
    """What is found while a coroutine runs in a loop of its own."""
    watch = LoopWatch(BucketCounts(metrics.EVENT_LOOP_DELAY))
    watch.install()
    sightings: list[Sighting] = []
    stalls = LoopStalls(watch, 0.05, sightings.append)
    thread = threading.Thread(target=lambda: asyncio.run(main()))  # type: ignore[operator]  # a coroutine function
    try:
        thread.start()
        while thread.is_alive():
            stalls.look()
            time.sleep(stalls.period_s() / 2)
    finally:
        thread.join()
        watch.close()
    return sightings


async def blocking() -> None:
    for _ in range(3):
        time.sleep(0.2)  # noqa: ASYNC251 - the fault
        await asyncio.sleep(0.04)


async def waiting() -> None:
    for _ in range(3):
        await asyncio.sleep(0.15)


def test_the_line_that_blocks_is_named() -> None:
    """And what to do when it sleeps."""
    sighting = found(blocking)[-1]

    assert ("blocked_loop", "blocking") == (sighting.rule, sighting.subject)
    assert f"{__file__}:{blocking.__code__.co_firstlineno + 2}" == sighting.place
    assert "asyncio.sleep" in sighting.fix
    assert sighting.saved_s is not None
    assert sighting.saved_s >= 0.2


def test_a_loop_that_waits_is_not_blocked() -> None:
    """Nothing runs in it."""
    assert [] == found(waiting)


def test_how_long_a_thread_waits_for_a_processor_is_known_or_nothing() -> None:
    """A thread that is not there has not waited."""
    assert run_delay_s(threading.get_native_id()) >= 0
    assert pytest.approx(0.0) == run_delay_s(1 << 30)
