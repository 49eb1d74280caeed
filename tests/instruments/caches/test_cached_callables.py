"""`cached` on everything that can be called, with and without brackets, and one entry that is forgotten."""

import asyncio
import functools
import inspect
import operator
from typing import Any

import pytest

from otel_agent.instruments.caches.cached import cached
from otel_agent.instruments.caches.function_cache import CacheInfo


def test_without_brackets_it_has_its_defaults() -> None:
    """As `traced` is written; the function keeps its name and words."""
    calls: list[int] = []

    @cached
    def area(side: int) -> int:
        """Square it."""
        calls.append(side)
        return side * side

    @cached
    async def area_later(side: int) -> int:
        calls.append(side)
        return side * side

    assert ([9, 9], [3]) == ([area(3), area(3)], calls)
    assert (CacheInfo(1, 1, 1024, 1), "Square it.") == (area.cache_info(), area.__doc__)
    assert [16, 16] == [asyncio.run(area_later(4)), asyncio.run(area_later(4))]
    assert inspect.iscoroutinefunction(area_later)


@pytest.mark.filterwarnings(
    "ignore:functools.partial will be a method descriptor:FutureWarning"
)  # Python 3.13's, with and without us
def test_partials_objects_and_builtins() -> None:
    """They get no `self` in a class body, and have the three methods of a cache."""

    class Called:
        loads = 0

        def __call__(self, value: int) -> int:
            self.loads += 1
            return value

    class CalledLater:
        async def __call__(self, value: int) -> int:
            return value

    called = Called()

    class Desk:
        plus = cached(functools.partial(operator.add, 2))
        call = cached()(called)
        later = cached(CalledLater())
        size = cached(len)

    desk: Any = Desk()

    assert (5, 7, 3) == (desk.plus(3), desk.call(7), desk.size("abc"))
    assert (5, 7, 3) == (desk.plus(3), desk.call(7), desk.size("abc"))
    assert [8, 8] == [asyncio.run(desk.later(8)) for _ in range(2)]
    assert 1 == called.loads
    assert {1} == {each.cache_info().hits for each in (desk.plus, desk.call, desk.later, desk.size)}
    assert [True, False] == [desk.plus.cache_forget(3), desk.plus.cache_forget(3)]
    assert [True, True] == [desk.call.cache_forget(7), desk.later.cache_forget(8)]
    assert (operator.add, (2,)) == (desk.plus.func, desk.plus.args)


def test_methods_of_every_kind() -> None:
    """Static, class and bound ones."""

    class Desk:
        @cached
        @staticmethod
        def static(value: int) -> int:
            return value

        @cached
        @classmethod
        def made(cls, value: int) -> tuple[str, int]:
            return cls.__name__, value

        def bound(self, value: int) -> int:
            return value

    desk: Any = Desk()
    bound: Any = cached(desk.bound)

    assert (1, ("Desk", 2), 3, 3) == (desk.static(1), Desk.made(2), bound(3), bound(3))
    assert (1, desk) == (bound.cache_info().hits, bound.__self__)


def test_one_entry_is_forgotten() -> None:
    """That of the same call, of a method with its instance; others stay, and what cannot be a key has none."""
    loads: list[Any] = []

    @cached
    def quote(symbol: str, *, venue: str = "XNYS") -> str:
        loads.append(symbol)
        return symbol + venue

    class Market:
        @cached
        def price(self, symbol: str) -> int:
            loads.append(symbol)
            return len(symbol)

    for symbol in ("A", "B", "A"):
        quote(symbol, venue="X")
    assert [True, False, False] == [
        quote.cache_forget("A", venue="X"),
        quote.cache_forget("A", venue="X"),
        quote.cache_forget([]),
    ]
    quote("A", venue="X")
    quote("B", venue="X")
    market, other = Market(), Market()
    market.price("C")
    other.price("C")
    assert [True, False] == [Market.price.cache_forget(market, "C"), Market.price.cache_forget(market, "C")]  # type: ignore[attr-defined] # as functools
    market.price("C")
    other.price("C")

    assert ["A", "B", "A", "C", "C", "C"] == loads


def test_a_call_without_its_arguments_fails_as_before() -> None:
    """At the call, with the function's own words, of a coroutine function and of a method too."""

    class Desk:
        @cached
        def size(self, value: int) -> int:
            return value

        @cached
        async def size_later(self, value: int, *, scale: int = 1) -> int:
            return value * scale

    untyped: Any = Desk
    with pytest.raises(TypeError, match=r"Desk.size\(\) missing 2 required positional arguments"):
        untyped.size()
    with pytest.raises(TypeError, match=r"Desk.size_later\(\) missing 1 required positional argument: 'value'"):
        untyped().size_later()
    desk = untyped()
    assert [6, 6] == [asyncio.run(desk.size_later(3, scale=2)), asyncio.run(desk.size_later(value=3, scale=2))]
    assert 1 == untyped.size_later.cache_info().hits


def test_what_can_be_read_once_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    """A function that turns out to return coroutines or generators goes on as without a cache, and a line says so."""

    async def later(value: int) -> int:
        return value

    @cached
    def disguised(value: int) -> Any:
        return later(value)

    async def main() -> list[int]:
        return [await disguised(3), await disguised(3)]

    assert [3, 3] == asyncio.run(main())
    assert 0 == disguised.cache_info().currsize
    assert "can be read once only" in caplog.text
