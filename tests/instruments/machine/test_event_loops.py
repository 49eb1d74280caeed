"""Loops are found, and a callback that blocks one shows."""

import asyncio
import threading

from collected_metrics import CollectedMetrics
from waiting import PATIENCE_S, until

from otel_agent.catalog.runtime import EVENT_LOOP_DELAY
from otel_agent.instruments.distributions import BucketCounts
from otel_agent.instruments.machine import runtime
from otel_agent.instruments.machine.event_loops import INTERVAL_S, LoopWatch


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes as well when a test says so."""

    passed_s = 0.0

    def time(self) -> float:
        return super().time() + self.passed_s


def beats(delays: BucketCounts) -> int:
    """Heartbeats so far."""
    return sum(delays.read()[0])


async def until_heard(delays: BucketCounts) -> None:
    """Let the loop run until its heart has beaten."""
    async with asyncio.timeout(PATIENCE_S):
        while not beats(delays):  # noqa: ASYNC110 - the counts have no event to wait for
            await asyncio.sleep(0.005)


def test_a_callback_that_blocks_the_loop_shows() -> None:
    """The largest delay is the block, less at most the time between two heartbeats."""
    delays = BucketCounts(EVENT_LOOP_DELAY)
    watch = LoopWatch(delays)
    watch.install()

    async def agent() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, JumpingLoop)
        loop.passed_s += 5.0
        await until_heard(delays)

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(agent())
    watch.close()

    assert delays.read()[3] >= 5.0 - INTERVAL_S


def test_a_heartbeat_ends_with_its_loop(collected: CollectedMetrics) -> None:
    """No timer is left behind, and the wrapped function is given back."""
    original = asyncio.events._set_running_loop
    running = runtime.install(collected.meter)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    left = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]  # asyncio's own list
    loop.close()
    running.close()

    assert [] == left
    assert original is asyncio.events._set_running_loop


def test_a_loop_that_runs_already_is_watched() -> None:
    """`init` inside a coroutine finds the loop it is in."""
    delays = BucketCounts(EVENT_LOOP_DELAY)

    async def agent() -> None:
        watch = LoopWatch(delays)
        watch.install()
        await until_heard(delays)
        watch.close()

    asyncio.run(agent())

    assert beats(delays) >= 1


def test_loops_of_several_threads_are_watched() -> None:
    """Every thread may run a loop."""
    delays = BucketCounts(EVENT_LOOP_DELAY)
    watch = LoopWatch(delays)
    watch.install()
    release = threading.Event()

    async def agent() -> None:
        await asyncio.to_thread(release.wait, PATIENCE_S)

    threads = [threading.Thread(target=lambda: asyncio.run(agent())) for _ in range(3)]
    for thread in threads:
        thread.start()
    watched = until(lambda: len(watch._watched), lambda count: count == 3 and beats(delays) >= 3)
    release.set()
    for thread in threads:
        thread.join()
    watch.close()

    assert 3 == watched
    assert beats(delays) >= 3
    assert 0 == len(watch._watched)


def test_a_closed_watch_watches_nothing_and_closes_twice() -> None:
    """Loops that begin later are not watched, and closing before installing is no mistake."""
    watch = LoopWatch(BucketCounts(EVENT_LOOP_DELAY))
    watch.close()
    watch.install()
    watch.close()
    watch.close()

    async def agent() -> int:
        watch.watch_running_loop()
        return len(watch._watched)

    assert 0 == asyncio.run(agent())
