"""Threads that wait for the next call, and those kept ready for an end at which none can be started."""

import os
import threading
import weakref
from contextvars import ContextVar
from functools import partial
from pathlib import Path

import pytest
from agent_process import Agent
from waiting import until

from otel_agent.lifecycle.idle_threads import IdleThreads, is_the_end
from otel_agent.lifecycle.tasks import Latch

COUNT = 3
_place: ContextVar[str] = ContextVar("place", default="")


class Owner:
    """Who wants threads."""


def new(before: set[threading.Thread]) -> int:
    """How many threads are kept ready that were not there before."""
    return sum(thread.name == "otel-agent-standby" for thread in {*threading.enumerate()} - before)


def test_as_many_calls_run_at_once_as_there_are_threads_and_no_more() -> None:
    """The next one is refused until one of them is free again."""
    threads, owner, gates = IdleThreads(COUNT), Owner(), [Latch() for _ in range(COUNT)]
    threads.keep(owner)

    assert [True] * COUNT == [threads.lend(lambda gate=gate: gate.wait(20)) for gate in gates]  # type: ignore[misc]
    assert not threads.lend(print)

    gates[0].open()
    done = Latch()
    assert until(lambda: threads.lend(done.open))
    assert done.wait(20)
    for gate in gates:
        gate.open()
    threads.give_back(owner)


def test_a_call_that_fails_costs_no_thread() -> None:
    """Its failure is reported, and the thread waits for the next one."""
    threads, owner, done = IdleThreads(1), Owner(), Latch()
    threads.keep(owner)

    assert threads.lend(lambda: 1 / 0)
    assert until(lambda: threads.lend(done.open))
    assert done.wait(20)
    threads.give_back(owner)


def test_threads_go_when_their_last_owner_gives_them_back() -> None:
    """Not before, and they come again with the next one."""
    before = {*threading.enumerate()}
    threads, first, second = IdleThreads(COUNT), Owner(), Owner()
    threads.keep(first)
    threads.keep(second)
    threads.keep(second)
    assert COUNT == new(before)

    threads.give_back(first)
    assert COUNT == new(before)
    threads.give_back(second)
    threads.give_back(second)
    assert until(lambda: new(before) == 0)

    threads.keep(first)
    assert COUNT == new(before)
    threads.give_back(first)


def test_a_thread_that_has_made_its_call_stays_for_the_next() -> None:
    """Both are made on one thread, and starting another is saved."""
    threads, owner, idents = IdleThreads(0), Owner(), list[int]()
    threads.keep(owner)

    def call() -> None:
        idents.append(threading.get_ident())

    threads.begin(call)

    assert until(lambda: threads.lend_spare(call))
    assert until(lambda: len(idents) == 2)
    assert idents[0] == idents[1]
    threads.give_back(owner)


def test_no_more_stay_than_are_useful() -> None:
    """Ten calls at once leave as many threads as may stay."""
    before = {*threading.enumerate()}
    threads, owner, gate = IdleThreads(0, spare=COUNT), Owner(), Latch()
    threads.keep(owner)
    for _ in range(10):
        threads.begin(lambda: gate.wait(20))
    gate.open()

    assert until(lambda: len({*threading.enumerate()} - before) == COUNT == new(before))
    threads.give_back(owner)
    assert until(lambda: not {*threading.enumerate()} - before)


def test_nobody_stays_where_nobody_is_wanted() -> None:
    """Before telemetry starts, and after it has ended."""
    before = {*threading.enumerate()}
    threads, done = IdleThreads(0), Latch()
    threads.begin(done.open)

    assert done.wait(20)
    assert until(lambda: not {*threading.enumerate()} - before)
    assert not threads.lend(print)


def test_what_the_end_needs_is_not_given_to_others() -> None:
    """A call that may as well have a thread of its own gets none of those kept for the end."""
    threads, owner = IdleThreads(COUNT), Owner()
    threads.keep(owner)

    assert not threads.lend_spare(print)
    assert threads.lend(lambda: None)
    threads.give_back(owner)


def test_a_call_is_made_in_the_context_of_its_caller_and_leaves_nothing_in_it() -> None:
    """Neither the first caller's context nor what a call sets is seen by the next one."""
    threads, owner, seen = IdleThreads(0), Owner(), list[str]()
    threads.keep(owner)

    def call() -> None:
        seen.append(_place.get())
        _place.set("set by a call")

    _place.set("first")
    threads.begin(call)
    _place.set("second")
    assert until(lambda: threads.lend(call))
    assert until(lambda: len(seen) == 2)
    _place.set("nowhere")

    assert ["first", "second"] == seen
    threads.give_back(owner)


def test_a_call_that_was_made_is_not_held_while_its_thread_waits() -> None:
    """What it referred to is free at once."""

    class Held:
        """Something large."""

    threads, owner, held = IdleThreads(0), Owner(), Held()
    alive = weakref.ref(held)
    threads.keep(owner)
    threads.begin(partial(id, held))
    del held

    assert until(lambda: alive() is None)
    assert until(lambda: threads.lend(lambda: None))
    threads.give_back(owner)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_child_that_is_forked_by_a_call_ends_when_the_call_is_over(tmp_path: Path) -> None:
    """It has nobody to wait for."""
    code = """
    import os, time
    from otel_agent.lifecycle.idle_threads import IdleThreads
    from otel_agent.lifecycle.tasks import Latch
    threads, owner, children, done = IdleThreads(0), Latch(), [], Latch()
    threads.keep(owner)
    threads.begin(lambda: (children.append(os.fork()), done.open()))
    done.wait(10)
    end_s = time.monotonic() + 20
    found = (0, 0)
    while not found[0] and time.monotonic() < end_s:
        found = os.waitpid(children[0], os.WNOHANG)
        time.sleep(0.01)
    print(found[0] == children[0])
    os.kill(children[0], 9) if not found[0] else None
    """
    with Agent(code, tmp_path) as agent:
        assert "True" == agent.end().out.strip().splitlines()[-1]


def test_none_are_kept_where_they_are_not_needed() -> None:
    """As on most versions of Python."""
    before = {*threading.enumerate()}
    threads = IdleThreads(0)
    threads.keep(Owner())

    assert 0 == new(before)
    assert not threads.lend(print)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_has_threads_of_its_own() -> None:
    """Those of the parent are not there."""
    threads, owner = IdleThreads(1), Owner()
    threads.keep(owner)
    child = os.fork()
    if child == 0:
        done = Latch()
        os._exit(0 if threads.lend(done.open) and done.wait(20) else 1)

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    threads.give_back(owner)


def test_the_end_is_told_from_a_lack_of_threads() -> None:
    """One is nobody's mistake, the other is said."""
    assert is_the_end(RuntimeError("can't create new thread at interpreter shutdown"))
    assert not is_the_end(RuntimeError("can't start new thread"))
    assert not is_the_end(ValueError("interpreter shutdown"))
