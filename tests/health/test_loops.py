"""Event loops that hang are noticed without their help."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from otel_agent import primitives
from otel_agent.clock import ManualClock
from otel_agent.health.loops import LoopProbe
from otel_agent.health.registry import CheckRegistry
from otel_agent.health.stalls import Stall, stalls


class Looked:
    """A probe and its clock."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.registry = CheckRegistry(self.clock)
        self.probe = LoopProbe(self.registry, within_s=3.0, clock=self.clock)

    def tick(self, after_s: float = 1.0) -> list[Stall]:
        """Let time pass and look."""
        self.clock.advance(after_s)
        self.probe.tick()
        return stalls(self.registry.heartbeats())

    def names(self) -> list[str]:
        """The loops that are known."""
        return [beat.name for beat in self.registry.heartbeats()]


def in_main_loop(test: Callable[[Looked], None]) -> Looked:
    """Run a test on another thread while a loop runs in this one."""
    looked = Looked()

    async def main() -> None:
        await asyncio.to_thread(test, looked)

    asyncio.run(main())
    return looked


def settle(loop: asyncio.AbstractEventLoop) -> None:
    """Wait until a loop has done what it was asked."""
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(20)


def test_a_running_loop_beats_and_is_forgotten_when_it_ends() -> None:
    """However long it lives; the main thread's has the plain name."""

    def test(looked: Looked) -> None:
        for _ in range(10):
            assert [] == looked.tick()
            loop = looked.probe.main_loop()
            assert loop is not None
            settle(loop)
        assert ["event loop"] == looked.names()

    looked = in_main_loop(test)
    looked.tick()

    assert [] == looked.names()
    assert looked.probe.main_loop() is None


def test_a_blocked_loop_shows_the_line_that_blocks() -> None:
    """And is well again when it goes on."""
    begun, release = threading.Event(), threading.Event()

    def careless_call() -> None:
        begun.set()
        release.wait(30)

    def test(looked: Looked) -> None:
        looked.tick()
        loop = looked.probe.main_loop()
        assert loop is not None
        settle(loop)
        loop.call_soon_threadsafe(careless_call)
        assert begun.wait(20)
        assert [] == looked.tick(1)
        assert [] == looked.tick(2)
        (stall,) = looked.tick(2)
        release.set()
        settle(loop)

        assert ("event loop", 5.0, True) == (stall.name, stall.age_s, stall.is_critical)
        assert any(line.endswith("in careless_call") for line in stall.stack)
        assert [] == looked.tick()

    in_main_loop(test)


def test_loops_of_other_threads_are_found_and_ours_are_not() -> None:
    """Named after their thread."""
    looked = Looked()
    loops = {number: asyncio.new_event_loop() for number in range(3)}
    threads: list[Any] = [threading.Thread(target=loops[number].run_forever, name="feed") for number in range(2)]
    threads.append(primitives.Thread(loops[2].run_forever, "otel-agent-probes"))
    for thread in threads:
        thread.start()
    for loop in loops.values():
        settle(loop)
    looked.tick()
    names = looked.names()
    for loop in loops.values():
        loop.call_soon_threadsafe(loop.stop)
    for thread in threads:
        thread.join(20)
    looked.tick()
    for loop in loops.values():
        loop.close()

    assert "event loop of feed" == names[0]
    assert names[1].startswith("event loop of feed (")
    assert 2 == len(names)
    assert [] == looked.names()


def test_a_blocked_loop_is_asked_once() -> None:
    """It does not find a pile of questions when it goes on."""
    loop = asyncio.new_event_loop()
    begun, release = threading.Event(), threading.Event()
    asked = []

    def block() -> None:
        begun.set()
        release.wait(30)

    original = loop.call_soon_threadsafe

    def counting(*arguments: object, **more: object) -> object:
        asked.append(arguments)
        return original(*arguments, **more)  # type: ignore[arg-type]  # passed on as it came

    loop.call_soon(block)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    assert begun.wait(20)
    loop.call_soon_threadsafe = counting  # type: ignore[assignment,method-assign]  # counts what is asked
    looked = Looked()
    for _ in range(20):
        looked.tick()
    release.set()
    original(loop.stop)
    thread.join(20)
    loop.close()

    assert 1 == len(asked)


def test_an_agent_without_a_loop_has_none() -> None:
    """Nothing to watch."""
    looked = Looked()

    assert [] == looked.tick()
    assert [] == looked.names()
