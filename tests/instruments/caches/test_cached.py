"""Functions under `cached` are loaded once, and answer as they would without it."""

import asyncio
import gc
import inspect
import threading
from typing import Any

import pytest
from waiting import until

from otel_agent import guard
from otel_agent.instruments.caches.cached import CachedFunction, cached

LONG_S = 20.0


async def until_asked(function: CachedFunction[Any, Any], misses: int) -> None:
    """Let others run until a function was asked that often for what it had not."""
    async with asyncio.timeout(LONG_S):
        while function.cache_info().misses < misses:  # noqa: ASYNC110 - the count has no event to wait for
            await asyncio.sleep(0)


def test_fifty_threads_on_a_cold_key_load_once() -> None:
    """Whoever asks while a load is under way waits for it."""
    loads: list[int] = []
    release = threading.Event()

    @cached()
    def slow(number: int) -> int:
        loads.append(number)
        release.wait(LONG_S)
        return -number

    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(slow(7))) for _ in range(50)]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join(LONG_S)

    assert ([7], [-7] * 50) == (loads, answers)


def test_fifty_tasks_on_a_cold_key_load_once() -> None:
    """Coroutine functions are loaded once as well, without blocking the loop."""
    loads: list[int] = []

    @cached()
    async def slow(number: int) -> int:
        loads.append(number)
        await until_asked(slow, 50)
        return -number

    async def agent() -> list[int]:
        return await asyncio.gather(*(slow(7) for _ in range(50)))

    assert inspect.iscoroutinefunction(slow)
    assert [-7] * 50 == asyncio.run(agent())
    assert [7] == loads


def test_loops_of_two_threads_share_a_load() -> None:
    """One load for a key at a time, also across event loops."""
    loads: list[int] = []

    @cached()
    async def slow(number: int) -> int:
        loads.append(number)
        await until_asked(slow, 2)
        return -number

    async def agent(answers: list[int]) -> None:
        answers.append(await slow(7))

    answers: list[int] = []
    threads = [threading.Thread(target=lambda: asyncio.run(agent(answers))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)

    assert ([7], [-7, -7]) == (loads, answers)


def test_a_failing_load_reaches_all_who_wait_and_is_not_kept() -> None:
    """Nothing is cached on failure: the next call loads again."""
    loads: list[int] = []
    release = threading.Event()

    @cached()
    def failing(number: int) -> int:
        loads.append(number)
        release.wait(LONG_S)
        raise ValueError(number)

    errors: list[str] = []

    def ask() -> None:
        with pytest.raises(ValueError, match="7") as caught:
            failing(7)
        errors.append(str(caught.value))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    assert until(lambda: failing.cache_info().misses == 10)
    release.set()
    for thread in threads:
        thread.join(LONG_S)
    before = len(loads)
    ask()

    assert ["7"] * 11 == errors
    assert before + 1 == len(loads)
    assert 0 == failing.cache_info().currsize


def test_a_cancelled_loader_does_not_poison_those_who_wait() -> None:
    """One of them loads instead."""
    loads: list[int] = []

    @cached()
    async def slow(number: int) -> int:
        loads.append(number)
        if len(loads) == 1:
            await asyncio.Event().wait()
        return -number

    async def agent() -> list[int]:
        first = asyncio.create_task(slow(7))
        await until_asked(slow, 1)
        others = [asyncio.create_task(slow(7)) for _ in range(5)]
        await until_asked(slow, 6)
        first.cancel()
        return await asyncio.gather(*others)

    assert [-7] * 5 == asyncio.run(agent())
    assert [7, 7] == loads


def test_a_cancelled_waiter_disturbs_nobody() -> None:
    """The load goes on for the others."""
    release = asyncio.Event()

    @cached()
    async def slow(number: int) -> int:
        await release.wait()
        return -number

    async def agent() -> list[Any]:
        tasks = [asyncio.create_task(slow(7)) for _ in range(3)]
        await until_asked(slow, 3)
        tasks[1].cancel()
        release.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third = asyncio.run(agent())

    assert (-7, -7) == (first, third)
    assert isinstance(second, asyncio.CancelledError)


def test_a_loader_that_exits_does_not_take_others_along() -> None:
    """`sys.exit` in one thread is that thread's affair."""
    entered, release = threading.Event(), threading.Event()
    loads: list[int] = []

    @cached()
    def load(number: int) -> int:
        loads.append(number)
        if len(loads) == 1:
            entered.set()
            release.wait(LONG_S)
            raise SystemExit(1)
        return -number

    def ask_first() -> None:
        with pytest.raises(SystemExit):
            load(7)

    answers: list[int] = []
    first = threading.Thread(target=ask_first)
    first.start()
    entered.wait(LONG_S)
    second = threading.Thread(target=lambda: answers.append(load(7)))
    second.start()
    release.set()
    first.join(LONG_S)
    second.join(LONG_S)

    assert [-7] == answers


def test_a_function_may_call_itself() -> None:
    """Recursion over other keys is cached, over the same key it is the function's own affair."""

    @cached(maxsize=None)
    def fibonacci(number: int) -> int:
        return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)

    seen: list[int] = []

    @cached()
    def again(number: int) -> int:
        seen.append(number)
        return again(number) if len(seen) < 3 else 5

    assert 12586269025 == fibonacci(50)
    assert 5 == again(1)


def test_keys_are_made_by_the_given_function() -> None:
    """What does not matter for the result can be left out of the key."""
    loads: list[str] = []

    @cached(key=str.lower)
    def quote(symbol: str) -> str:
        loads.append(symbol)
        return symbol

    assert ["EUR", "EUR"] == [quote("EUR"), quote("eur")]
    assert ["EUR"] == loads


def test_none_is_a_result() -> None:
    """A function that answers `None` is not asked again."""
    loads: list[int] = []

    @cached()
    def nothing(number: int) -> None:
        loads.append(number)

    nothing(1)
    nothing(1)

    assert [1] == loads


def test_arguments_that_cannot_be_keys_go_to_the_function() -> None:
    """A list as an argument is a missed chance, not an error of the agent."""

    @cached()
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    before = sum(count for kind, count in guard.shared.counts().items() if kind.startswith("cache.key."))

    assert 6 == total([1, 2, 3])
    assert before + 1 == sum(count for kind, count in guard.shared.counts().items() if kind.startswith("cache.key."))


class Market:
    """Has methods that are cached."""

    def __init__(self, factor: int) -> None:
        self.factor = factor
        self.loads = 0

    __hash__ = None  # type: ignore[assignment]  # like a data class that compares by value

    @cached(maxsize=2)
    def price(self, symbol: str) -> int:
        """Documented."""
        self.loads += 1
        return self.factor * len(symbol)

    @cached()
    async def later(self, symbol: str) -> int:
        self.loads += 1
        return self.factor * len(symbol)


def test_methods_are_cached_for_each_instance() -> None:
    """Instances do not share entries, need no hash, and are not kept alive."""
    one, ten = Market(1), Market(10)

    assert [3, 30, 3] == [one.price("EUR"), ten.price("EUR"), one.price("EUR")]
    assert [30, 30] == [asyncio.run(ten.later("EUR")) for _ in range(2)]
    assert (1, 2) == (one.loads, ten.loads)
    assert "Documented." == Market.price.__doc__
    before = Market.price.cache_info()  # type: ignore[attr-defined]  # as functools
    del one, ten
    gc.collect()
    after = Market.price.cache_info()  # type: ignore[attr-defined]  # as functools
    assert (2, 0) == (before.currsize, after.currsize)
    assert before.hits == after.hits == 1
