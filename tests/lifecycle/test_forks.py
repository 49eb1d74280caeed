"""Forks: who follows rests before one, goes on in the parent, begins anew in the child."""

import gc
import os
import threading
from collections.abc import Callable
from typing import Any

from otel_agent import guard
from otel_agent.lifecycle.forks import follow_forks
from otel_agent.lifecycle.lifecycle import Lifecycle


class Follower:
    """Remembers what it was told."""

    def __init__(self, say: Callable[[str], object], name: str = "") -> None:
        self.say = say
        self.name = name

    def hold_for_fork(self) -> None:
        self.say(f"hold {self.name}")

    def go_on_after_fork(self) -> None:
        self.say(f"go on {self.name}")

    def reinit_after_fork(self) -> None:
        self.say(f"anew {self.name}")


def fork(in_child: Callable[[], object] = lambda: None) -> int:
    """Fork, and return the child's status; 99 when what it was to do failed."""
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            in_child()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_who_followed_last_rests_first_and_begins_last() -> None:
    """What feeds others comes to a rest before them."""
    told: list[str] = []
    first, second = Follower(told.append, "a"), Follower(told.append, "b")
    follow_forks(first)
    follow_forks(second)
    follow_forks(first)

    def in_child() -> None:
        assert ["hold b", "hold a", "anew a", "anew b"] == told

    assert 0 == fork(in_child)
    assert ["hold b", "hold a", "go on a", "go on b"] == told


def test_the_outermost_rests_first_and_begins_first() -> None:
    """Whenever it began to follow: in the child others depend on it, in the parent it waits for them."""
    told: list[str] = []
    outer, inner = Follower(told.append, "outer"), Follower(told.append, "inner")
    follow_forks(outer, is_outermost=True)
    follow_forks(inner)

    def in_child() -> None:
        assert ["hold outer", "hold inner", "anew outer", "anew inner"] == told

    assert 0 == fork(in_child)
    assert ["hold outer", "hold inner", "go on inner", "go on outer"] == told


def test_nobody_is_kept_alive_by_following() -> None:
    """Followers are held weakly."""
    told: list[str] = []
    follower = Follower(told.append)
    follow_forks(follower)
    del follower
    gc.collect()
    fork()

    assert [] == told


def test_whoever_was_held_goes_on() -> None:
    """Also when nobody else has it any more by then: it may have put signals off."""
    told: list[str] = []
    followers = [Follower(told.append, "a")]

    def forget(text: str) -> None:
        if text.startswith("go on"):
            followers.clear()
            gc.collect()

    last = Follower(forget, "b")
    follow_forks(last)
    follow_forks(followers[0])
    fork()

    assert ["hold a", "go on a"] == told


def test_a_follower_that_fails_stops_nobody() -> None:
    """The others are told, the fork happens, the failure is counted."""
    told: list[str] = []

    def fail(text: str) -> None:
        raise ValueError("broken")

    broken, whole = Follower(fail), Follower(told.append, "a")
    follow_forks(broken)
    follow_forks(whole)
    before = guard.shared.counts().get("lifecycle.fork", 0)

    assert 0 == fork()
    assert ["hold a", "go on a"] == told
    assert before + 2 == guard.shared.counts()["lifecycle.fork"]


def test_one_fork_follows_another() -> None:
    """Two threads that fork at once do not ask anybody to rest twice."""
    told: list[str] = []
    lock = threading.Lock()

    def say(text: str) -> None:
        if text.startswith("hold"):
            assert lock.acquire(blocking=False)
        elif text.startswith("go on"):
            lock.release()
        told.append(text)

    follower = Follower(say)
    follow_forks(follower)
    together = threading.Barrier(4)

    def run() -> None:
        together.wait(10)
        for _ in range(5):
            fork()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert ["hold ", "go on "] * 20 == told


def test_a_child_of_one_that_begins_to_end_has_what_had_not_begun_to_close(told: Any) -> None:
    """It runs, and ends by itself, while its parent's end goes on elsewhere."""
    life = Lifecycle([told.component("a"), told.component("b")])
    statuses: list[int] = []

    def in_child() -> None:
        assert ["hold b", "hold a", "anew a", "anew b"] == told.events
        assert life.is_running()
        statuses.append(0)  # its own end does not fork again
        assert life.close(60)
        assert ["close b", "close a"] == told.events[4:]

    def rest() -> None:
        if not statuses:
            told.events.clear()
            statuses.append(fork(in_child))

    life.on_stop(rest, timeout_s=30)
    life.start()

    assert life.close(60)
    assert [0] == statuses


def test_a_child_of_one_whose_data_is_being_saved_begins_anew_with_it(told: Any) -> None:
    """What had closed stays closed."""
    statuses: list[int] = []

    def in_child() -> None:
        assert life.is_running()
        assert "anew delivery" in told.events
        told.events.clear()
        statuses.append(0)
        assert life.close(60)
        assert ["close health"] == told.events

    def save(timeout_s: float) -> None:
        if not statuses:
            statuses.append(fork(in_child))

    delivery = told.component("delivery")._replace(close=save, saves_data=True)
    life = Lifecycle([told.component("health"), delivery, told.component("metrics")], shutdown_timeout_s=60)
    life.start()

    assert life.close()
    assert [0] == statuses


def test_a_child_of_one_whose_data_is_saved_has_ended_too(told: Any) -> None:
    """Nothing begins anew, and its own end does not wait for one that goes on elsewhere."""
    statuses: list[int] = []

    def in_child() -> None:
        assert not life.is_running()
        assert life.close(60)
        assert not any(event.startswith("anew") for event in told.events)

    def end(timeout_s: float) -> None:
        statuses.append(fork(in_child))

    delivery = told.component("delivery")._replace(saves_data=True)
    life = Lifecycle([told.component("health")._replace(close=end), delivery], shutdown_timeout_s=60)
    life.start()

    assert life.close()
    assert [0] == statuses
