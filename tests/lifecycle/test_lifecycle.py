"""Components start in order and stop in reverse, whatever fails."""

import asyncio
import threading
from typing import Any

import pytest

from otel_agent.errors import LifecycleError
from otel_agent.lifecycle.lifecycle import Lifecycle


def test_the_end_is_the_start_in_reverse(told: Any) -> None:
    """What is declared first starts first and is closed last."""
    life = Lifecycle([told.component("db"), told.component("web"), told.component("log")])
    with life:
        assert life.is_running()

    assert ["start db", "start web", "start log", "close log", "close web", "close db"] == told.events
    assert not life.is_running()


@pytest.mark.parametrize("failing", range(4))
def test_a_failing_start_stops_exactly_what_had_started(told: Any, failing: int) -> None:
    """A start that fails at step k stops k-1 … 1, and the caller hears of it."""
    life = Lifecycle([told.component(f"c{index}", fails=index == failing) for index in range(4)])
    with pytest.raises(LifecycleError, match=rf"c{failing} could not be started \(OSError: c{failing} has no disk\)"):
        life.start()

    assert [f"start c{index}" for index in range(failing + 1)] + [
        f"close c{index}" for index in reversed(range(failing))
    ] == told.events


def test_two_components_of_one_name_are_refused(told: Any) -> None:
    """A name stands for one component."""
    with pytest.raises(LifecycleError, match="same name"):
        Lifecycle([told.component("a"), told.component("a")]).start()


def test_nothing_is_added_after_the_start(told: Any) -> None:
    """What is added late would never have been started."""
    with Lifecycle() as life, pytest.raises(LifecycleError, match="after the start"):
        life.add(told.component("late"))


def test_what_has_ended_does_not_start_again(told: Any) -> None:
    """A second life needs a second object."""
    life = Lifecycle([told.component("a")])
    life.start()
    life.start()
    life.close()

    assert ["start a", "close a"] == told.events
    with pytest.raises(LifecycleError, match="build a new one"):
        life.start()


def test_close_is_safe_before_the_start_and_twice(told: Any) -> None:
    """Nothing is closed that was not started, and nothing twice."""
    never = Lifecycle([told.component("a")])

    assert never.close()
    assert [] == told.events

    once = Lifecycle([told.component("b")])
    once.start()

    assert once.close()
    assert once.close()
    assert ["start b", "close b"] == told.events


def test_readiness_goes_off_before_anything_stops(told: Any) -> None:
    """Drain, then the agent's hooks from the last to the first, then the components."""
    life = Lifecycle()
    life.add(told.component("a"))
    life.on_stop(told.say("first hook"))
    life.on_stop(told.say("second hook"))
    life.on_drain(told.say("not ready"))
    with life:
        told.events.append("work")

    assert ["start a", "work", "not ready", "second hook", "first hook", "close a"] == told.events


def test_two_threads_that_end_together_end_once(told: Any) -> None:
    """Both wait for the same end."""
    life = Lifecycle([told.component("a")])
    life.start()
    together = threading.Barrier(4)

    def end() -> None:
        together.wait(10)
        life.close()

    threads = [threading.Thread(target=end) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert ["start a", "close a"] == told.events


def test_async_with_runs_hooks_on_the_agents_own_loop(told: Any) -> None:
    """A coroutine hook may use what belongs to the agent's loop."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def hook() -> None:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())

    async def main() -> asyncio.AbstractEventLoop:
        life = Lifecycle([told.component("a")])
        life.on_stop(hook)
        async with life:
            told.events.append("work")
        return asyncio.get_running_loop()

    loop = asyncio.run(main())

    assert [loop] == loops
    assert ["start a", "work", "close a"] == told.events


def test_async_with_hands_on_a_failing_start(told: Any) -> None:
    """Rolled back as without async."""

    async def main() -> None:
        async with Lifecycle([told.component("a"), told.component("b", fails=True)]):
            told.events.append("work")

    with pytest.raises(LifecycleError, match="b has no disk"):
        asyncio.run(main())

    assert ["start a", "start b", "close a"] == told.events


def test_hooks_are_not_called_for_a_start_that_failed(told: Any) -> None:
    """What they would end has never begun."""
    life = Lifecycle([told.component("a"), told.component("b", fails=True)])
    life.on_stop(told.say("stopped"))
    with pytest.raises(LifecycleError, match="b has no disk"):
        life.start()

    assert ["start a", "start b", "close a"] == told.events


def test_a_coroutine_hook_without_a_loop_gets_one(told: Any) -> None:
    """`with` takes coroutine functions too."""

    async def hook() -> None:
        told.events.append("stopped")

    life = Lifecycle()
    life.on_stop(hook)
    with life:
        pass

    assert ["stopped"] == told.events


def test_around_a_fork_components_rest_in_reverse_and_go_on_in_order(told: Any) -> None:
    """What feeds others rests first and begins last."""
    life = Lifecycle([told.component("a"), told.component("b")])
    life.start()
    told.events.clear()
    life.hold_for_fork()
    life.go_on_after_fork()
    life.reinit_after_fork()
    life.close()

    assert ["hold b", "hold a", "go on a", "go on b", "anew a", "anew b", "close b", "close a"] == told.events
