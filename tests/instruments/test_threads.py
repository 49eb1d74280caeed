"""The context crosses threads and thread pools."""

import asyncio
import gc
import os
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from forked import status_of_child
from opentelemetry import context as context_api
from opentelemetry.context import Context

from otel_agent.instruments import threads


class Value:
    """Something a weak reference can watch."""


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """Carry contexts during a test, and leave nothing behind."""
    before = (threading.Thread.start, ThreadPoolExecutor.submit)
    assert "instrumented" == threads.install()
    yield
    threads.uninstall()
    assert before == (threading.Thread.start, ThreadPoolExecutor.submit)


@pytest.fixture
def marked() -> Iterator[Context]:
    """A current context with one mark."""
    context = context_api.set_value("mark", "here")
    token = context_api.attach(context)
    yield context
    context_api.detach(token)


def mark() -> Any:
    """The mark of the current context."""
    return context_api.get_value("mark")


def test_a_thread_begins_in_the_context_of_its_starter(marked: Context) -> None:
    """A target function sees the starter's context."""
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(mark()))
    thread.start()
    thread.join()

    assert ["here"] == seen


def test_a_subclass_with_its_own_run_keeps_the_context(marked: Context) -> None:
    """Overriding run does not lose the context."""

    class Worker(threading.Thread):
        seen: object = None

        def run(self) -> None:
            self.seen = mark()

    worker = Worker()
    worker.start()
    worker.join()

    assert "here" == worker.seen
    assert "run" not in worker.__dict__


def test_a_timer_keeps_the_context(marked: Context) -> None:
    """A timer fires in the context in which it was started."""
    seen: list[object] = []
    timer = threading.Timer(0, lambda: seen.append(mark()))
    timer.start()
    timer.join()

    assert ["here"] == seen


def test_pool_jobs_keep_the_context_of_their_submitter_only() -> None:
    """Two jobs on one worker see their own contexts, and a job without one sees none."""
    with ThreadPoolExecutor(1) as pool:
        token = context_api.attach(context_api.set_value("mark", "first"))
        first = pool.submit(mark)
        context_api.detach(token)
        second = pool.submit(mark)

        assert ["first", None] == [first.result(), second.result()]


def test_map_and_run_in_executor_keep_the_context(marked: Context) -> None:
    """What is built on submit is covered."""

    async def through_loop(pool: ThreadPoolExecutor) -> list[Any]:
        loop = asyncio.get_running_loop()
        return [
            await loop.run_in_executor(pool, mark),
            await loop.run_in_executor(None, mark),
            await asyncio.to_thread(mark),
        ]

    with ThreadPoolExecutor(2) as pool:
        assert ["here", "here"] == list(pool.map(lambda _: mark(), range(2)))
        assert ["here"] * 3 == asyncio.run(through_loop(pool))


def test_arguments_and_exceptions_pass_through(marked: Context) -> None:
    """A job named like our own parameters arrives unharmed, and its exception too."""

    def job(*args: object, **kwargs: object) -> tuple[object, object]:
        if not kwargs:
            raise ValueError(args)
        return args, kwargs

    with ThreadPoolExecutor(1) as pool:
        assert ((1,), {"context": 2, "function": 3, "self": 4}) == pool.submit(
            job, 1, context=2, function=3, self=4
        ).result()
        with pytest.raises(ValueError, match="7"):
            pool.submit(job, 7).result()


def test_no_context_outlives_its_thread() -> None:
    """A finished thread and an idle worker hold nothing of the context they ran in."""
    value = Value()
    watch = weakref.ref(value)
    token = context_api.attach(context_api.set_value("value", value))
    thread = threading.Thread(target=mark)
    with ThreadPoolExecutor(1) as pool:
        thread.start()
        thread.join()
        pool.submit(mark).result()
        context_api.detach(token)
        del value, token
        pool.submit(mark).result()
        gc.collect()

        assert watch() is None


def test_a_thread_that_cannot_start_is_left_as_it_was(marked: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting twice raises what it always raised, and a failed start leaves no trace on the thread."""
    thread = threading.Thread(target=mark)
    thread.start()
    with pytest.raises(RuntimeError, match="once"):
        thread.start()
    thread.join()
    refused = threading.Thread(target=mark)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_start_below", refuse)
    with pytest.raises(RuntimeError, match="can't start"):
        refused.start()

    assert "run" not in refused.__dict__


def test_installing_twice_wraps_once() -> None:
    """Installing is idempotent."""
    start = threading.Thread.start
    threads.install()

    assert start is threading.Thread.start


def test_a_wrapper_of_somebody_else_survives_uninstalling(marked: Context) -> None:
    """Uninstalling beneath somebody else's wrapper keeps theirs and makes ours pass through; installing again revives it."""
    ours = threading.Thread.start
    seen: list[object] = []

    def theirs(thread: threading.Thread) -> None:
        ours(thread)

    def start() -> None:
        thread = threading.Thread(target=lambda: seen.append(mark()))
        thread.start()
        thread.join()

    threading.Thread.start = theirs  # type: ignore[method-assign, assignment]
    try:
        threads.uninstall()
        start()
        threads.install()
        start()
    finally:
        threading.Thread.start = ours  # type: ignore[method-assign]

    assert [None, "here"] == seen


def test_steps_aside_for_the_official_instrumentation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contexts are not carried twice when opentelemetry-instrumentation-threading is active."""

    class Contrib:
        class ThreadingInstrumentor:
            is_instrumented_by_opentelemetry = True

    threads.uninstall()
    monkeypatch.setitem(sys.modules, threads.CONTRIB_MODULE, Contrib)

    assert "already instrumented by opentelemetry-instrumentation-threading" == threads.install()
    assert threading.Thread.start is not threads._start
    monkeypatch.undo()
    threads.install()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_can_uninstall_whatever_another_thread_was_doing() -> None:
    """It does not wait for one that installed at the moment of the fork."""
    assert 0 == status_of_child(threads.uninstall, threads._lock)
