"""Traced generators: their span is current only while their body runs."""

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.trace import StatusCode

from otel_agent.instruments.functions.decorators import span, timed, traced


def current() -> Any:
    """The current span."""
    return trace.get_current_span()


@traced
def generator(value: int = 3) -> Any:
    """A generator that gives what it is sent."""
    got = yield value
    while got is not None:
        got = yield got
    return "returned"


@traced
async def async_generator(value: int = 3) -> AsyncGenerator[Any, Any]:
    """An async generator that gives what it is sent."""
    await asyncio.sleep(0)
    got = yield value
    while got is not None:
        got = yield got


def test_a_generator_is_current_only_while_its_body_runs(way: Any) -> None:
    """Between two steps the caller's span is current, inside the generator's own."""
    seen: list[Any] = []

    @traced("steps")
    def steps() -> Iterator[int]:
        for number in range(2):
            with span("inner"):
                seen.append(current())
            yield number

    with way.tracer.start_as_current_span("root") as root:
        for _ in steps():
            assert root is current()
    names = [each.name for each in way.spans()]

    assert ["inner", "inner", "steps", "root"] == names
    assert way.spans()[2].context.span_id == way.spans()[0].parent.span_id == way.spans()[1].parent.span_id


@pytest.mark.parametrize("decorate", [traced("steps"), timed("steps")])
def test_what_a_generator_attaches_stays_attached(way: Any, decorate: Any) -> None:
    """Its baggage and its spans are current for whoever iterates it until it detaches them, as without us; its own span is not."""

    @decorate
    def steps() -> Iterator[None]:
        token = context.attach(baggage.set_baggage("who", "ana"))
        yield
        with span("inner"):
            yield
        context.detach(token)
        yield

    seen: list[Any] = []
    with way.tracer.start_as_current_span("root") as root:
        for _ in steps():
            seen.append((baggage.get_baggage("who"), getattr(current(), "name", None)))
        assert (None, root) == (baggage.get_baggage("who"), current())

    assert [("ana", "root"), ("ana", "inner"), (None, "root")] == seen


@pytest.mark.parametrize("decorate", [traced("desk"), timed("desk")])
@pytest.mark.parametrize("is_above", [False, True])
def test_a_context_manager_works_in_either_order(way: Any, decorate: Any, is_above: bool) -> None:
    """Under `contextmanager` and above it, sync and async: the block has the baggage and the span, and nothing stays behind."""

    def desk(who: str) -> Iterator[None]:
        token = context.attach(baggage.set_baggage("who", who))
        try:
            with span("open"):
                yield
        finally:
            context.detach(token)

    async def desk_later(who: str) -> AsyncIterator[None]:
        with contextlib.contextmanager(desk)(who):
            yield

    both = contextlib.contextmanager, contextlib.asynccontextmanager
    made, made_later = (
        decorate(both[0](desk)) if is_above else both[0](decorate(desk)),
        decorate(both[1](desk_later)) if is_above else both[1](decorate(desk_later)),
    )
    seen: list[Any] = []

    async def main() -> None:
        async with made_later("ben"):
            seen.append((baggage.get_baggage("who"), current().name))
        seen.append((baggage.get_baggage("who"), current().name))

    with way.tracer.start_as_current_span("root"):
        with made("ana"):
            seen.append((baggage.get_baggage("who"), current().name))
        seen.append((baggage.get_baggage("who"), current().name))
        asyncio.run(main())

    assert [("ana", "open"), (None, "root"), ("ben", "open"), (None, "root")] == seen


@pytest.mark.parametrize("decorate", [traced, timed, traced(capture_arguments=True)])
def test_missing_arguments_fail_at_the_call(way: Any, decorate: Any) -> None:
    """With the words of the function, before any body runs; also where there are `*args` and many parameters."""

    def pages(book: str, *rest: str, size: int) -> Iterator[str]:
        yield book

    async def lines(path: str) -> AsyncIterator[str]:
        yield path

    async def listen(port: int, *, host: str, **more: int) -> int:
        return port

    many = eval(f"lambda {', '.join(f'a{number}' for number in range(14))}: (yield)")
    wrong: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((), {}), ((1, 2), {"other": 3}), ((1,), {"port": 2})]
    for function in (pages, lines, listen, many):
        for args, kwargs in wrong:
            assert _error(function, args, kwargs) == _error(decorate(function), args, kwargs)

    assert [] == way.spans()


def _error(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    with pytest.raises(TypeError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


def test_an_async_generator_is_current_only_while_its_body_runs(way: Any) -> None:
    """Likewise, over awaits inside and outside it."""

    @traced("steps")
    async def steps() -> AsyncIterator[Any]:
        for _ in range(2):
            await asyncio.sleep(0)
            yield current()

    async def main() -> list[Any]:
        seen = []
        with way.tracer.start_as_current_span("root") as root:
            async for inside in steps():
                seen.append(inside)
                assert root is current()
                await asyncio.sleep(0)
        return seen

    seen = asyncio.run(main())

    assert seen[0] is seen[1]
    assert way.spans()[0].context == seen[0].get_span_context()


def test_send_throw_and_return_reach_a_generator(way: Any) -> None:
    """The protocol of generators is untouched."""
    steps = generator(1)
    assert [1, "a", "b"] == [next(steps), steps.send("a"), steps.send("b")]
    with pytest.raises(StopIteration) as stop:
        steps.send(None)
    assert "returned" == stop.value.value

    @traced("catches")
    def catches() -> Any:
        try:
            yield 1
        except ValueError:
            yield "caught"

    caught = catches()
    next(caught)
    assert "caught" == caught.throw(ValueError("x"))
    caught.close()

    async def main() -> list[Any]:
        ticks: Any = async_generator(1)
        return [await anext(ticks), await ticks.asend("a"), await ticks.asend("b"), await ticks.aclose()]

    assert [1, "a", "b", None] == asyncio.run(main())
    assert {StatusCode.UNSET} == {each.status.status_code for each in way.spans()}


def test_throw_reaches_an_async_generator(way: Any) -> None:
    """What is thrown in is raised at the `yield`, and what the body answers comes out."""

    @traced("catches")
    async def catches() -> Any:
        try:
            yield 1
        except ValueError:
            yield "caught"

    async def main() -> Any:
        steps = catches()
        await anext(steps)
        answer = await steps.athrow(ValueError("x"))
        await steps.aclose()
        return answer

    assert "caught" == asyncio.run(main())


def test_leaving_early_is_no_error_and_runs_the_body_to_its_end(way: Any) -> None:
    """`break` closes a generator: its `finally` runs under its span, which ends without an error."""
    ended: list[Any] = []

    @traced("steps")
    def steps() -> Iterator[int]:
        try:
            yield from range(9)
        finally:
            ended.append(current().get_span_context())

    @traced("ticks")
    async def ticks() -> AsyncIterator[int]:
        try:
            for number in range(9):
                yield number
        finally:
            await asyncio.sleep(0)
            ended.append(current().get_span_context())

    async def main() -> None:
        async for _ in ticks():
            break
        for _ in range(5):
            await asyncio.sleep(0)

    for _ in steps():
        break
    asyncio.run(main())
    found = {each.name: each for each in way.spans()}

    assert [found["steps"].context, found["ticks"].context] == ended
    assert {StatusCode.UNSET} == {each.status.status_code for each in found.values()}


def test_a_forgotten_generator_ends_its_span(way: Any) -> None:
    """The garbage collector closes it; so does the event loop with one that is async."""
    steps = generator()
    next(steps)
    del steps
    gc.collect()

    async def main() -> None:
        ticks: Any = async_generator()
        await anext(ticks)
        del ticks
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(main())

    assert ["generator", "async_generator"] == [each.name for each in way.spans()]


def test_a_generator_may_move_between_tasks_and_threads(way: Any) -> None:
    """Each step may run elsewhere; nobody's context is disturbed and no line is logged."""

    async def main() -> None:
        ticks: Any = async_generator(1)
        assert 1 == await asyncio.create_task(anext(ticks))
        assert "a" == await asyncio.create_task(ticks.asend("a"))
        await asyncio.create_task(ticks.aclose())
        assert trace.INVALID_SPAN is current()

    asyncio.run(main())
    steps = generator(1)
    thread = threading.Thread(target=lambda: next(steps))
    thread.start()
    thread.join(10)
    assert "x" == steps.send("x")
    steps.close()

    assert ["async_generator", "generator"] == [each.name for each in way.spans()]


def test_a_generator_that_was_never_started_has_no_span(way: Any) -> None:
    """A span begins with the body."""
    generator()
    async_generator()

    assert [] == way.spans()
