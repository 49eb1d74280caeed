"""Arguments and results as attributes, when somebody asked for them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from otel_agent.instruments.functions.captures import MAX_CHARS, attribute_value
from otel_agent.instruments.functions.decorators import traced


async def collect(steps: Any) -> list[Any]:
    """Everything an async generator gives."""
    return [item async for item in steps]


def test_arguments_and_results_are_taken_only_when_asked(way: Any) -> None:
    """Plain values as they are, others as bounded text; `self` is left out."""

    class Order:
        def __repr__(self) -> str:
            return "Order()"

    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    class Book:
        @traced("place", capture_arguments=True, capture_result=True)
        def place(self, order: Order, size: int, *notes: str, odd: Any = None, **more: Any) -> str:
            return "x" * 5_000

        @traced("later", capture_arguments=True, capture_result=True)
        async def later(self, size: int) -> list[int]:
            return [size]

        @traced("steps", capture_arguments=True)
        def steps(self, size: int) -> Iterator[int]:
            yield size

        @traced("ticks", capture_arguments=True)
        async def ticks(self, size: int) -> AsyncIterator[int]:
            yield size

        @traced("silent")
        def silent(self, size: int) -> None: ...

    book = Book()
    book.place(Order(), 3, "a", odd=Odd(), x=None)
    asyncio.run(book.later(4))
    list(book.steps(5))
    asyncio.run(collect(book.ticks(6)))
    book.silent(7)
    found = {
        each.name: {
            key.removeprefix("agent.function."): value
            for key, value in each.attributes.items()
            if key.startswith("agent.function.")
        }
        for each in way.spans()
    }

    assert {
        "argument.order": "Order()",
        "argument.size": 3,
        "argument.notes": "('a',)",
        "argument.odd": "<Odd: its __repr__ raised RuntimeError>",
        "argument.more": "{'x': None}",
        "result": "x" * 1023 + "…",
    } | {"argument.odd": found["place"]["argument.odd"]} == found["place"]
    assert "its __repr__ raised RuntimeError" in found["place"]["argument.odd"]
    assert {"argument.size": 4, "result": "[4]"} == found["later"]
    assert [{"argument.size": 5}, {"argument.size": 6}, {}] == [found["steps"], found["ticks"], found["silent"]]


def test_a_call_that_cannot_be_bound_fails_as_it_would(rig: Any) -> None:
    """Capturing arguments does not change the message of a wrong call."""

    @traced(capture_arguments=True)
    def place(order: int) -> None: ...

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'order'"):
        place()  # type: ignore[call-arg] # a mistake of the caller's


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (3, 3),
        (None, None),
        ("text", "text"),
        ([1, 2], "[1, 2]"),
        ("x" * (MAX_CHARS + 1), "x" * (MAX_CHARS - 1) + "…"),
    ],
)
def test_a_value_is_itself_or_bounded_text(value: object, expected: object) -> None:
    """Plain values keep their type, and nothing is longer than the bound."""
    assert expected == attribute_value(value)
