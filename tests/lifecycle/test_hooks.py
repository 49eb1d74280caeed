"""Hooks: functions and coroutine functions on threads of their own, each with its deadline."""

import asyncio
import threading

from waiting import PATIENCE_S

from otel_agent.lifecycle.hooks import Hook


def test_a_hook_is_called_on_a_thread_of_ours_named_after_it() -> None:
    """Whoever waits for it is not the one who calls it."""
    names: list[str] = []
    hook = Hook("close_broker", lambda: names.append(threading.current_thread().name), 1.0)
    task = hook.begin()

    assert task.wait(PATIENCE_S)
    assert ["otel-agent-hook-close_broker"] == names
    assert hook.problem(task, 1.0) is None


def test_a_coroutine_runs_to_its_end_without_a_loop_of_the_agent_s() -> None:
    """One is made for it."""
    done: list[str] = []

    async def close() -> None:
        await asyncio.sleep(0)
        done.append("closed")

    task = Hook("close", close, 1.0).begin()

    assert task.wait(PATIENCE_S)
    assert ["closed"] == done


def test_a_coroutine_runs_on_the_loop_it_is_given() -> None:
    """What belongs to that loop can be used in it."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def close() -> None:
        loops.append(asyncio.get_running_loop())

    async def main() -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        task = Hook("close", close, 1.0).begin(loop)
        assert await asyncio.to_thread(task.wait, PATIENCE_S)
        return loop

    loop = asyncio.run(main())

    assert [loop] == loops


def test_a_hook_that_failed_is_named_with_its_error() -> None:
    """A coroutine's failure counts as a function's does."""

    async def broken() -> None:
        raise OSError("no broker")

    hook = Hook("broken", broken, 1.0)
    task = hook.begin()
    task.wait(PATIENCE_S)

    assert "hook 'broken' failed (OSError: no broker)" == hook.problem(task, 1.0)


def test_a_hook_that_hangs_is_named_with_the_time_it_had() -> None:
    """It is left behind."""
    forever = threading.Event()
    hook = Hook("hanging", forever.wait, 1.0)
    task = hook.begin()

    assert "hook 'hanging' did not end within 0.25 s and was left behind" == hook.problem(task, 0.25)
    forever.set()
