"""Whether one call's result flows into another: read from code, for every interpreter this runs on."""

import asyncio
import inspect
import sys
from types import CodeType
from typing import Any

import pytest

from otel_agent.insight.data_flow import depends, feeds_itself

SEEN: list[tuple[CodeType, int]] = []


def _note(depth: int) -> dict[str, Any]:
    frame = sys._getframe(depth)
    SEEN.append((frame.f_code, frame.f_lasti))
    return {"id": 1, "n": [1]}


async def ask(*_: Any, **__: Any) -> Any:
    return _note(2)


def call(*_: Any, **__: Any) -> Any:
    return _note(2)


async def two_names(town: str) -> Any:
    first = await ask(town)
    second = await ask(town)
    return first, second


async def appended(town: str) -> Any:
    found = []
    found.append(await ask(town))
    found.append(await ask(town))
    return found


async def in_a_display(town: str) -> Any:
    return {"a": await ask(town), "b": await ask(town)}


async def set_as_items(town: str) -> Any:
    found: dict[str, Any] = {}
    found["a"] = await ask(town)
    found["b"] = await ask(town, key=3)
    return found


async def in_a_loop(_: str) -> Any:
    found = []
    for each in ("a", "b"):
        found.append(await ask(each))
    return found


async def in_a_comprehension(_: str) -> Any:
    return [await ask(each) for each in ("a", "b")]


async def looked_at_between(town: str) -> Any:
    first = await ask(town)
    if first:
        str(first)
    return await ask(town)


async def added_up(town: str) -> Any:
    return (await ask(town))["id"] + (await ask(town))["id"]


def plain(town: str) -> Any:
    first, second = call(town), call(town)
    return first, second


INDEPENDENT = [
    two_names, appended, in_a_display, set_as_items, in_a_loop, in_a_comprehension, looked_at_between, added_up, plain
]  # fmt: skip


async def handed_on(town: str) -> Any:
    first = await ask(town)
    return await ask(first)


async def part_of_it(town: str) -> Any:
    first = await ask(town)
    address = f"/x/{first['id']}"
    return await ask(address)


async def given_up_without_it(town: str) -> Any:
    first = await ask(town)
    if not first:
        return None
    return await ask(town)


async def only_if(town: str) -> Any:
    first = await ask(town)
    if first["id"]:
        return await ask(town)
    return None


async def token_in_a_loop(_: str) -> Any:
    token = None
    for _number in range(2):
        token = await ask(token)


async def until_done(town: str) -> Any:
    is_done, count = False, 0
    while not is_done:
        answer = await ask(town)
        count += 1
        is_done = count > 1 and answer["id"] == 1


async def nested(town: str) -> Any:
    return await ask(await ask(town))


async def through_an_object(town: str) -> Any:
    context: dict[str, Any] = {}
    context.update(await ask(town))
    return await ask(context)


async def for_each_of_it(town: str) -> Any:
    for each in (await ask(town))["n"]:
        await ask(each)


def plain_chain(town: str) -> Any:
    first = call(town)
    second = [first["id"] + 1]
    return call(*second)


DEPENDENT = [
    handed_on, part_of_it, given_up_without_it, only_if, token_in_a_loop, until_done, nested, through_an_object, for_each_of_it, plain_chain
]  # fmt: skip


@pytest.mark.parametrize("function", [*INDEPENDENT, *DEPENDENT], ids=lambda each: each.__name__)
def test_the_second_call_depends_on_the_first_when_it_takes_what_that_gave(function: Any) -> None:
    """As a value, as part of one, or as the reason why it is made at all."""
    SEEN.clear()
    made = function("Bonn")
    if inspect.iscoroutine(made):
        asyncio.run(made)
    (code, first), (_, second) = SEEN[:2]

    assert (function in DEPENDENT) == depends(code, first, second)


def test_what_cannot_be_told_counts_as_dependent() -> None:
    """An offset that is no call of a loop."""
    assert depends(plain.__code__, 10_000, 3)


def walked(town: str) -> Any:
    seen: list[Any] = []
    at: Any = town
    while at is not None and len(seen) < 2:
        seen.append(at)
        at = call(at)["id"]
    return seen


def searched(town: str) -> Any:
    left = [town]
    for _number in range(2):
        left.extend(call(left.pop())["n"])
    return left


def one_for_each(_: str) -> Any:
    found = []
    for each in ("a", "b"):
        answer = call(each)
        if not answer:
            continue
        found.append(answer)
    return found


@pytest.mark.parametrize(
    ("function", "expected"), [(walked, True), (searched, True), (one_for_each, False), (plain, None)]
)
def test_a_call_in_a_loop_feeds_itself_when_it_takes_what_it_gave(function: Any, expected: bool | None) -> None:
    """What is only decided because of it does not count; a call in no loop has no answer."""
    SEEN.clear()
    function("Bonn")

    assert expected is feeds_itself(*SEEN[0])
