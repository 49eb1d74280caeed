"""`timed`: calls with a duration and no span."""

import asyncio
import inspect
import threading
from typing import Any

import pytest

from otel_agent.instruments.functions import decorators
from otel_agent.instruments.functions.decorators import timed


async def collect(steps: Any) -> list[Any]:
    """Everything an async generator gives."""
    return [item async for item in steps]


def test_every_kind_of_callable_can_be_timed(rig: Any) -> None:
    """`timed` counts calls, durations and errors, and makes no span."""

    @timed
    def plain() -> int:
        return 1

    @timed
    async def later() -> int:
        return 1

    @timed
    def steps() -> Any:
        got = yield 1
        return got

    @timed
    async def ticks() -> Any:
        got = yield 1
        yield got

    @timed("by another name")
    def fails() -> None:
        raise LookupError

    class Book:
        @timed
        @classmethod
        def empty(cls) -> int:
            return 1

    plain()
    asyncio.run(later())
    list(steps())
    assert [1, None] == asyncio.run(collect(ticks()))
    Book.empty()
    with pytest.raises(LookupError):
        fails()
    short = {name.rpartition(".")[2]: (error, count) for (name, error), count in rig.calls().items()}

    assert [] == rig.spans
    assert {
        "plain": (None, 1), "later": (None, 1), "steps": (None, 1), "ticks": (None, 1), "empty": (None, 1),
        "by another name": ("LookupError", 1),
    } == short  # fmt: skip
    assert inspect.iscoroutinefunction(later)
    assert inspect.isasyncgenfunction(ticks)


def test_timed_generators_keep_their_protocol(rig: Any) -> None:
    """`send`, `throw` and an early end reach the body; none of them is an error."""

    @timed
    async def ticks() -> Any:
        try:
            got = yield 1
            yield got
        except ValueError:
            yield "caught"

    async def main() -> list[Any]:
        steps: Any = ticks()
        found = [await anext(steps), await steps.asend("a"), await steps.athrow(ValueError)]
        await steps.aclose()
        return found

    assert [1, "a", "caught"] == asyncio.run(main())
    assert [None] == [error for _, error in rig.calls()]


def test_timed_functions_run_bare_without_telemetry(make_rig: Any) -> None:
    """Before `init` and after the end nothing is counted."""
    found = make_rig()

    @timed
    def plain() -> None: ...

    plain()
    decorators.bind(None)
    plain()

    assert [1] == list(found.calls().values())


def test_calls_are_counted_exactly_over_threads(rig: Any) -> None:
    """Eight threads and a hundred thousand calls each: none is lost, also of threads that are gone."""

    @timed("work")
    def work() -> None: ...

    def many() -> None:
        for _ in range(100_000):
            work()

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert {("work", None): 800_000} == rig.calls()
