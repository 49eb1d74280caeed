"""The queues are there at once, the engine when it is needed, and nothing is lost in between."""

import os
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from otel_agent import guard
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.late_engine import LateEngine
from otel_agent.delivery.queues import SignalQueue
from otel_agent.delivery.settings import DeliverySettings

LATE = DeliverySettings(delay_s=60.0, queue_logs=4)
"""Nobody comes by themselves within a test."""


class Built:
    """Builds engines whose items end with an observer, and remembers on which threads."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.seen: list[Any] = []

    def __call__(self, queues: Mapping[str, SignalQueue]) -> DeliveryEngine:
        self.threads.append(threading.current_thread().name)
        return DeliveryEngine(None, observers={"logs": [self.seen.extend]}, settings=LATE, queues=queues)


def put(late: LateEngine, *items: object) -> None:
    """What producers do."""
    queue = late.queues["logs"]
    for item in items:
        if len(queue.items) < queue.limit:
            queue.items.append(item)
        else:
            queue.overflow(item)


def test_items_wait_in_the_queues_until_somebody_asks() -> None:
    """A flush wakes the thread that loads, and everything put in before is seen; the engine is built once."""
    build = Built()
    late = LateEngine(build, LATE)
    late.start()
    put(late, 1, 2)

    assert [] == build.threads

    late.flush(10.0)
    put(late, 3)
    done = late.close(10.0)

    assert (["otel-agent-loading"], [1, 2, 3], 3) == (build.threads, build.seen, done.delivered)


def test_it_comes_by_itself() -> None:
    """Shortly after the start the engine is there, and what was to be loaded beside it."""
    build, is_done = Built(), threading.Event()
    late = LateEngine(build, DeliverySettings(delay_s=0.01), beside=is_done.set)
    late.start()

    assert is_done.wait(10.0)
    assert late.trouble() is None
    late.close(10.0)


def test_a_look_does_not_wait() -> None:
    """A flush without time says that everything is queued, and waits for nothing to be loaded."""
    late = LateEngine(Built(), LATE)
    late.start()
    put(late, 1)
    found = late.flush(0.0)

    assert (0, 1) == (found.delivered, found.queued)
    late.close(10.0)


def test_a_disk_that_comes_makes_room() -> None:
    """With a disk a crowded queue holds up to twice its limit until the engine is there; without one it drops."""
    for has_disk, held in ((True, 8), (False, 4)):
        late = LateEngine(Built(), LATE, has_disk=has_disk)
        put(late, *range(10))

        assert (held, 10 - held) == (
            len(late.queues["logs"].items),
            late.queues["logs"].turned_away["queue_full"],
        )
        late.close(10.0)


def test_a_journal_does_not_wait() -> None:
    """Where every item goes to the disk at once the engine is built at once."""
    build = Built()
    late = LateEngine(build, LATE, is_journaling=True)

    assert [threading.current_thread().name] == build.threads
    late.close(10.0)


def test_an_engine_that_cannot_be_built_is_said() -> None:
    """Nobody waits for it, and everything counts as queued."""

    def fail(_: Mapping[str, SignalQueue]) -> DeliveryEngine:
        raise ImportError("half an installation")

    before = guard.shared.counts().get("delivery.loading", 0)
    late = LateEngine(fail, LATE)
    late.start()
    put(late, 1)

    assert 1 == late.flush(10.0).queued
    assert 1 == late.close(10.0).queued
    assert before < guard.shared.counts()["delivery.loading"]


def test_without_threads_the_caller_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of the interpreter no thread can be started any more; what waits is delivered all the same."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    build = Built()
    late = LateEngine(build, LATE)
    put(late, 1)
    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert 1 == late.close(10.0).delivered
    assert [1] == build.seen


def test_hurry_before_there_is_an_engine_is_not_forgotten() -> None:
    """The engine is told as soon as it is there."""
    hurried = threading.Event()

    class Engine(DeliveryEngine):
        def hurry(self) -> None:
            hurried.set()

    late = LateEngine(lambda queues: Engine(None, settings=LATE, queues=queues), LATE)
    late.start()
    late.hurry()

    assert hurried.wait(10.0)
    late.close(10.0)


def test_a_child_loads_its_own() -> None:
    """A process that is forked before anything was loaded has queues of its own, empty, and an engine when it asks."""
    build = Built()
    late = LateEngine(build, LATE)
    late.start()
    put(late, "parent's")
    late.hold_for_fork()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            late.reinit_after_fork()
            put(late, "child's")
            late.close(10.0)
            os.write(write, repr(build.seen).encode())
        finally:
            os._exit(0)
    late.go_on_after_fork()
    os.close(write)
    said = os.read(read, 1000)
    os.close(read)
    os.waitpid(child, 0)
    late.close(10.0)

    assert (b'["child\'s"]', ["parent's"]) == (said, build.seen)
