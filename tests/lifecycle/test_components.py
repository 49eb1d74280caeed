"""Components start in order and stop in reverse, whatever fails or hangs."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from otel_agent import guard
from otel_agent.clock import monotonic_s
from otel_agent.errors import LifecycleError
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.lifecycle import Lifecycle


class Told:
    """What happened, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def component(self, name: str, *, fails: bool = False) -> Component:
        """A component that says what is done to it."""

        def start() -> None:
            self.events.append(f"start {name}")
            if fails:
                raise OSError(f"{name} has no disk")

        return Component(
            name,
            start=start,
            close=lambda timeout_s: self.events.append(f"close {name}"),
            hold_for_fork=lambda: self.events.append(f"hold {name}"),
            go_on_after_fork=lambda: self.events.append(f"go on {name}"),
            reinit_after_fork=lambda: self.events.append(f"anew {name}"),
        )

    def say(self, text: str) -> Callable[[], None]:
        """A hook that says something."""

        def hook() -> None:
            self.events.append(text)

        return hook


@pytest.fixture
def told() -> Told:
    """Nothing has happened yet."""
    return Told()


def test_the_end_is_the_start_in_reverse(told: Told) -> None:
    """What is declared first starts first and is closed last."""
    life = Lifecycle([told.component("db"), told.component("web"), told.component("log")])
    with life:
        assert life.is_running()

    assert ["start db", "start web", "start log", "close log", "close web", "close db"] == told.events
    assert not life.is_running()


@pytest.mark.parametrize("failing", range(4))
def test_a_failing_start_stops_exactly_what_had_started(told: Told, failing: int) -> None:
    """A start that fails at step k stops k-1 … 1, and the caller hears of it."""
    life = Lifecycle([told.component(f"c{index}", fails=index == failing) for index in range(4)])
    with pytest.raises(LifecycleError, match=rf"c{failing} could not be started \(OSError: c{failing} has no disk\)"):
        life.start()

    assert [f"start c{index}" for index in range(failing + 1)] + [
        f"close c{index}" for index in reversed(range(failing))
    ] == told.events


def test_two_components_of_one_name_are_refused(told: Told) -> None:
    """A name stands for one component."""
    with pytest.raises(LifecycleError, match="same name"):
        Lifecycle([told.component("a"), told.component("a")]).start()


def test_nothing_is_added_after_the_start(told: Told) -> None:
    """What is added late would never have been started."""
    with Lifecycle() as life, pytest.raises(LifecycleError, match="after the start"):
        life.add(told.component("late"))


def test_what_has_ended_does_not_start_again(told: Told) -> None:
    """A second life needs a second object."""
    life = Lifecycle([told.component("a")])
    life.start()
    life.start()
    life.close()

    assert ["start a", "close a"] == told.events
    with pytest.raises(LifecycleError, match="build a new one"):
        life.start()


def test_close_is_safe_before_the_start_and_twice(told: Told) -> None:
    """Nothing is closed that was not started, and nothing twice."""
    never = Lifecycle([told.component("a")])

    assert never.close()
    assert [] == told.events

    once = Lifecycle([told.component("b")])
    once.start()

    assert once.close()
    assert once.close()
    assert ["start b", "close b"] == told.events


def test_readiness_goes_off_before_anything_stops(told: Told) -> None:
    """Drain, then the agent's hooks from the last to the first, then the components."""
    life = Lifecycle()
    life.add(told.component("a"))
    life.on_stop(told.say("first hook"))
    life.on_stop(told.say("second hook"))
    life.on_drain(told.say("not ready"))
    with life:
        told.events.append("work")

    assert ["start a", "work", "not ready", "second hook", "first hook", "close a"] == told.events


def test_a_hanging_hook_costs_its_deadline_and_no_more(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    """The components are closed all the same, and a line says what was left behind."""
    forever = threading.Event()
    life = Lifecycle([told.component("a")], shutdown_timeout_s=10)
    life.on_stop(forever.wait, timeout_s=0.1)
    life.start()
    began_s = monotonic_s()

    assert not life.close()
    assert monotonic_s() - began_s < 5
    assert ["start a", "close a"] == told.events
    forever.set()


def test_a_hanging_component_does_not_keep_the_last_one_from_saving_its_data(told: Told) -> None:
    """Part of the time is reserved for what is closed last, and the whole stays within the deadline."""
    forever = threading.Event()
    left_s: list[float] = []
    life = Lifecycle(
        [Component("delivery", close=left_s.append), Component("alerts", close=lambda timeout_s: forever.wait())],
        shutdown_timeout_s=0.4,
    )
    life.start()
    began_s = monotonic_s()

    assert not life.close()
    assert monotonic_s() - began_s < 3
    assert 1 == len(left_s)
    assert 0 < left_s[0] <= 0.1
    forever.set()


def test_the_reserve_is_kept_for_who_saves_data() -> None:
    """It need not be the last."""
    forever, saved = threading.Event(), threading.Event()
    left_s: list[float] = []

    def save(timeout_s: float) -> None:
        left_s.append(timeout_s)
        saved.wait(0.2)  # a disk
        saved.set()

    life = Lifecycle(
        [
            Component("probes", close=lambda timeout_s: None),
            Component("delivery", close=save, saves_data=True),
            Component("metrics", close=lambda timeout_s: forever.wait()),
            Component("alerts", close=lambda timeout_s: forever.wait()),
        ],
        shutdown_timeout_s=0.4,
    )
    life.start()

    assert not life.close()
    assert saved.is_set()
    assert 1 == len(left_s)
    forever.set()


def test_a_component_has_no_more_than_its_own_bound() -> None:
    """`at_most_s` holds also when more is left."""
    allowed_s: list[float] = []
    life = Lifecycle([Component("a", close=allowed_s.append, at_most_s=0.5)], shutdown_timeout_s=9)
    life.start()
    life.close()

    assert [0.5] == allowed_s


def test_the_remaining_time_shrinks() -> None:
    """One deadline for all: what the first one used, the next one lacks."""
    allowed_s: list[float] = []
    pause = threading.Event()

    def slow(timeout_s: float) -> None:
        allowed_s.append(timeout_s)
        pause.wait(0.2)

    life = Lifecycle([Component("b", close=allowed_s.append), Component("a", close=slow)], shutdown_timeout_s=5)
    life.start()
    life.close()

    assert allowed_s[1] <= allowed_s[0] - 0.2 + life.shutdown_timeout_s / 20
    assert allowed_s[0] < 5


def test_a_component_that_fails_to_close_stops_nobody(told: Told) -> None:
    """The others are closed, and the failure is counted."""

    def broken(timeout_s: float) -> None:
        raise OSError("disk gone")

    before = guard.shared.counts().get("lifecycle.end", 0)
    life = Lifecycle([told.component("a"), Component("b", close=broken), told.component("c")])
    life.start()

    assert not life.close()
    assert ["start a", "start c", "close c", "close a"] == told.events
    assert before + 1 == guard.shared.counts()["lifecycle.end"]


def test_hurry_ends_a_slow_end(told: Told) -> None:
    """With no more time everything is told to save what it has, and the last still closes."""
    forever, begun = threading.Event(), threading.Event()

    def slow(timeout_s: float) -> None:
        begun.set()
        forever.wait()

    life = Lifecycle(
        [told.component("delivery"), Component("slow", close=slow, hurry=told.say("hurry"))], shutdown_timeout_s=60
    )
    life.start()
    ending = threading.Thread(target=life.close)
    ending.start()
    begun.wait(10)
    life.hurry()
    life.hurry()
    ending.join(10)

    assert not ending.is_alive()
    assert ["start delivery", "hurry", "close delivery"] == told.events
    forever.set()


def test_two_threads_that_end_together_end_once(told: Told) -> None:
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


def test_async_with_runs_hooks_on_the_agents_own_loop(told: Told) -> None:
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


def test_async_with_hands_on_a_failing_start(told: Told) -> None:
    """Rolled back as without async."""

    async def main() -> None:
        async with Lifecycle([told.component("a"), told.component("b", fails=True)]):
            told.events.append("work")

    with pytest.raises(LifecycleError, match="b has no disk"):
        asyncio.run(main())

    assert ["start a", "start b", "close a"] == told.events


def test_hooks_are_not_called_for_a_start_that_failed(told: Told) -> None:
    """What they would end has never begun."""
    life = Lifecycle([told.component("a"), told.component("b", fails=True)])
    life.on_stop(told.say("stopped"))
    with pytest.raises(LifecycleError, match="b has no disk"):
        life.start()

    assert ["start a", "start b", "close a"] == told.events


def test_a_coroutine_hook_without_a_loop_gets_one(told: Told) -> None:
    """`with` takes coroutine functions too."""

    async def hook() -> None:
        told.events.append("stopped")

    life = Lifecycle()
    life.on_stop(hook)
    with life:
        pass

    assert ["stopped"] == told.events


def test_around_a_fork_components_rest_in_reverse_and_go_on_in_order(told: Told) -> None:
    """What feeds others rests first and begins last."""
    life = Lifecycle([told.component("a"), told.component("b")])
    life.start()
    told.events.clear()
    life.hold_for_fork()
    life.go_on_after_fork()
    life.reinit_after_fork()
    life.close()

    assert ["hold b", "hold a", "go on a", "go on b", "anew a", "anew b", "close b", "close a"] == told.events
