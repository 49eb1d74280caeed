"""How a call ends: with a result, an exception or a cancellation, on every path."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from otel_agent.instruments.functions import blocks, calls, generators, wrappers
from otel_agent.instruments.functions.decorators import span, traced
from otel_agent.recording import spans, tracers


def current() -> Any:
    """The current span."""
    return trace.get_current_span()


async def collect(steps: Any) -> list[Any]:
    """Everything an async generator gives."""
    return [item async for item in steps]


@pytest.mark.parametrize("name", ["function", "coroutine", "generator", "async_generator"])
def test_an_exception_is_told_once(way: Any, name: str) -> None:
    """It makes the status of every span it passes an error, is described by the innermost, and reaches the caller."""

    def fail() -> None:
        raise LookupError("no quote")

    @traced("inner")
    def inner() -> None:
        fail()

    @traced("function")
    def plain() -> None:
        inner()

    @traced("coroutine")
    async def later() -> None:
        inner()

    @traced("generator")
    def steps() -> Any:
        yield inner()

    @traced("async_generator")
    async def async_steps() -> Any:
        yield inner()

    runs: dict[str, Callable[[], Any]] = {
        "function": plain,
        "coroutine": lambda: asyncio.run(later()),
        "generator": lambda: list(steps()),
        "async_generator": lambda: asyncio.run(collect(async_steps())),
    }
    with pytest.raises(LookupError, match="no quote"):
        runs[name]()
    found = {each.name: each for each in way.spans()}

    assert {"inner", name} == set(found)
    assert {StatusCode.ERROR} == {each.status.status_code for each in found.values()}
    assert {"LookupError"} == {each.attributes["error.type"] for each in found.values()}
    assert {"LookupError: no quote"} == {each.status.description for each in found.values()}
    assert (1, 0) == (len(found["inner"].events), len(found[name].events))
    assert "no quote" in found["inner"].events[0].attributes["exception.stacktrace"]
    assert {"LookupError"} == {error for _, error in way.rig.calls()}


@pytest.mark.parametrize(
    "ending", [asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit, StopIteration]
)
def test_what_merely_stops_is_no_error(way: Any, ending: type[BaseException]) -> None:
    """Cancellation and its like end a span without an error."""

    @traced("stops")
    def stops() -> None:
        raise ending

    with pytest.raises(ending):
        stops()
    (found,) = way.spans()

    assert (StatusCode.UNSET, 0) == (found.status.status_code, len(found.events))
    assert "error.type" not in found.attributes
    assert [None] == [error for _, error in way.rig.calls()]


def test_a_cancelled_task_is_no_error(way: Any) -> None:
    """Its span ends, without an error, when the task does."""

    @traced("waits")
    async def waits() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert [("waits", StatusCode.UNSET)] == [(each.name, each.status.status_code) for each in way.spans()]


def test_an_exception_that_refuses_a_mark_is_described_by_each(rig: Any) -> None:
    """Such an exception is told by every span, rather than by none."""

    class SlottedError(Exception):
        __slots__ = ()

        def __setattr__(self, name: str, value: object) -> None:
            raise RuntimeError

    @traced("inner")
    def inner() -> None:
        raise SlottedError

    with pytest.raises(SlottedError):
        traced("outer")(inner)()

    assert [1, 1] == [len(each.events) for each in rig.spans]


def test_a_span_ended_by_its_own_body_is_sent_once(way: Any) -> None:
    """The agent may end the span itself; the call is counted all the same."""

    @traced("ends itself")
    def ends_itself() -> None:
        current().end()

    with way.tracer.start_as_current_span("root"):
        ends_itself()

    assert ["ends itself", "root"] == [each.name for each in way.spans()]
    assert 1 == sum(way.rig.calls().values())


def _fail() -> None:
    raise LookupError


@traced
def function() -> int:
    """A function."""
    return 3


@traced
async def coroutine() -> int:
    """A coroutine."""
    await asyncio.sleep(0)
    return 3


@traced
def generator() -> Iterator[int]:
    """A generator."""
    yield 3


def test_a_clock_that_is_set_back_leaves_no_negative_span(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A span then ends when it began, whichever way it was recorded."""
    times = iter(range(10**9, 0, -1))
    for module in (calls, wrappers, generators, blocks, spans, tracers):
        monkeypatch.setattr(module, "wall_ns", lambda: next(times))
    with rig.tracer.start_as_current_span("root"), span("block"):
        function()
        list(generator())
        asyncio.run(coroutine())
        with pytest.raises(LookupError):
            traced("fails")(_fail)()

    assert 6 <= len(rig.spans)
    assert {0} == {each.end_ns - each.start_ns for each in rig.spans}


def test_a_function_beyond_its_budget_runs_bare(make_rig: Any) -> None:
    """With a bound of spans a second the rest is only counted, and children go to the span above."""
    found = make_rig(calls_per_s=2)

    @traced("hot")
    def hot() -> Any:
        return current()

    @traced("steps")
    def steps() -> Iterator[Any]:
        yield current()

    with found.tracer.start_as_current_span("root") as root:
        seen = [hot() for _ in range(10)]
        stepped = [next(steps()) for _ in range(10)]

    assert 8 == seen.count(root) == stepped.count(root)
    assert 2 == [each.name for each in found.spans].count("hot")
    assert {10} == set(found.calls().values())


def test_a_failure_of_ours_never_replaces_the_agents(
    rig: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When recording the end of a call fails, the agent sees its own exception, and ours is reported."""

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(calls, "record_error", broken)
    with pytest.raises(LookupError):
        traced("fails")(_fail)()

    assert "the end of a call of" in caplog.text
