"""`traced`, `timed` and `span` on every kind of callable, before and after telemetry starts."""

import asyncio
import functools
import gc
import inspect
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.trace import sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from otel_agent.instruments.functions import decorators
from otel_agent.instruments.functions.decorators import span, timed, traced
from otel_agent.recording.durations import Durations
from otel_agent.recording.provider import TracerProvider
from otel_agent.recording.recorder import durations_only


class Rig:
    """Decorators bound to a provider with a queue."""

    def __init__(self, calls_per_s: float | None = None, **options: Any) -> None:
        self.queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=None)
        self.provider = TracerProvider(shutdown_on_exit=False, queue=self.queue, **options)
        self.tracer = self.provider.get_tracer("tests")
        self.durations = Durations()
        decorators.bind(self.provider.recorder("tests", self.durations, calls_per_s))

    @property
    def spans(self) -> list[Any]:
        """What has ended."""
        return list(self.queue.items)

    def one(self, name: str) -> Any:
        """The one span of a name."""
        (found,) = [each for each in self.spans if each.name == name]
        return found

    def calls(self) -> dict[tuple[str, str | None], int]:
        """Calls counted, by function and error type."""
        return {(name, error): each.count for name, error, each in self.durations.collect()}


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Telemetry that is on during a test."""
    yield Rig()
    decorators.bind(None)


@pytest.fixture(params=["quick", "complete", "api"])
def way(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each of the ways a span can be recorded, with a function that gives what was."""
    kept = InMemorySpanExporter()
    found = Rig()
    if request.param == "complete":
        found.provider.add_span_processor(SimpleSpanProcessor(kept))
    if request.param == "api":
        provider = sdk.TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(kept))
        decorators.bind(durations_only(found.durations))
        real, trace._TRACER_PROVIDER = trace._TRACER_PROVIDER, provider
        yield SimpleNamespace(
            tracer=provider.get_tracer("root"), spans=lambda: list(kept.get_finished_spans()), rig=found
        )
        trace._TRACER_PROVIDER = real
    else:
        yield SimpleNamespace(tracer=found.tracer, spans=lambda: found.spans, rig=found)
    decorators.bind(None)


@pytest.fixture(autouse=True, scope="module")
def light() -> None:
    """What the suite holds by now is not looked through at the end of every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def clean(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test leaves a span current or a line about contexts in the log."""
    yield
    gc.collect()
    assert trace.INVALID_SPAN is trace.get_current_span()
    assert [] == [record for record in caplog.records if "detach" in record.getMessage()]


def current() -> Any:
    """The current span."""
    return trace.get_current_span()


# One row of the table for each kind of callable: how it is defined, and how it is run to its end.


@traced
def function(value: int = 3) -> int:
    """A function."""
    current().set_attribute("inside", value)
    return value


@traced()
async def coroutine(value: int = 3) -> int:
    """A coroutine."""
    await asyncio.sleep(0)
    current().set_attribute("inside", value)
    return value


@traced
def generator(value: int = 3) -> Any:
    """A generator."""
    current().set_attribute("inside", value)
    got = yield value
    while got is not None:
        got = yield got
    return "returned"


@traced
async def async_generator(value: int = 3) -> AsyncGenerator[Any, Any]:
    """An async generator."""
    current().set_attribute("inside", value)
    await asyncio.sleep(0)
    got = yield value
    while got is not None:
        got = yield got


class Desk:
    """Methods of every kind, the decorator above and below."""

    @traced
    def method(self, value: int = 3) -> int:
        current().set_attribute("inside", value)
        return value

    @traced
    @staticmethod
    def static_below(value: int = 3) -> int:
        current().set_attribute("inside", value)
        return value

    @staticmethod
    @traced
    def static_above(value: int = 3) -> int:
        current().set_attribute("inside", value)
        return value

    @traced
    @classmethod
    def class_below(cls, value: int = 3) -> int:
        current().set_attribute("inside", value)
        return value

    @classmethod
    @traced
    def class_above(cls, value: int = 3) -> int:
        current().set_attribute("inside", value)
        return value

    @traced
    async def later(self, value: int = 3) -> int:
        current().set_attribute("inside", value)
        return value

    @traced
    def __call__(self, value: int = 3) -> int:
        current().set_attribute("inside", value)
        return value


async def collect(steps: Any) -> list[Any]:
    """Everything an async generator gives."""
    return [item async for item in steps]


KINDS: dict[str, Callable[[], Any]] = {
    "function": function,
    "coroutine": lambda: asyncio.run(coroutine()),
    "generator": lambda: next(iter(generator())),
    "async_generator": lambda: asyncio.run(collect(async_generator()))[0],
    "Desk.method": Desk().method,
    "Desk.static_below": Desk.static_below,
    "Desk.static_above": Desk().static_above,
    "Desk.class_below": Desk.class_below,
    "Desk.class_above": Desk().class_above,
    "Desk.later": lambda: asyncio.run(Desk().later()),
    "Desk.__call__": Desk(),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_callable_has_a_span(way: Any, name: str) -> None:
    """Called, awaited or iterated, a decorated callable is one span that was current inside, and a child of its caller's."""
    with way.tracer.start_as_current_span("root") as root:
        result = KINDS[name]()
    found = next(each for each in way.spans() if each.name == name)

    assert 3 == result
    assert 3 == found.attributes["inside"]
    assert f"{__name__}.{name}" == found.attributes["code.function.name"]
    assert root.get_span_context() == found.parent
    assert SpanKind.INTERNAL is found.kind
    assert StatusCode.UNSET is found.status.status_code
    assert {(f"{__name__}.{name}", None): 1} == way.rig.calls()


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_callable_begins_a_trace(way: Any, name: str) -> None:
    """Without a span around it a call is the root of a trace."""
    KINDS[name]()

    assert next(each for each in way.spans() if each.name == name).parent is None


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_callable_works_without_telemetry(name: str) -> None:
    """Before `init`, decorators change nothing."""
    assert 3 == KINDS[name]()


def test_what_can_be_asked_of_a_function_is_answered_as_before() -> None:
    """Signature, documentation, name, kind and source are those of the function."""
    assert "(value: int = 3) -> int" == str(inspect.signature(function))
    assert ("A function.", "function", "function") == (function.__doc__, function.__name__, function.__qualname__)
    assert "async def coroutine" in inspect.getsource(coroutine)
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.iscoroutinefunction(Desk.later)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)
    assert not inspect.iscoroutinefunction(function)
    assert isinstance(vars(Desk)["static_below"], staticmethod)
    assert isinstance(vars(Desk)["class_below"], classmethod)


def test_decorated_functions_can_be_pickled() -> None:
    """They are pickled by name, as functions are."""
    for each in (function, coroutine, generator, async_generator):
        assert each is pickle.loads(pickle.dumps(each))
    bound = pickle.loads(pickle.dumps(Desk().method))

    assert 3 == bound()


def test_decorated_functions_can_be_pickled_by_value(rig: Rig) -> None:
    """What a wrapper holds beside its function can go to another process, and records there with that process's telemetry."""
    from types import CellType, FunctionType

    def inner() -> int:
        return 3

    for made in (traced("away")(inner), timed("away")(inner)):
        cells = dict(
            zip(made.__code__.co_freevars, [each.cell_contents for each in made.__closure__ or ()], strict=True)
        )
        copied = {name: value if value is inner else pickle.loads(pickle.dumps(value)) for name, value in cells.items()}
        closure = tuple(CellType(copied[name]) for name in made.__code__.co_freevars)
        revived = FunctionType(made.__code__, made.__globals__, made.__name__, made.__defaults__, closure)
        assert 3 == revived()

    assert ["away"] == [each.name for each in rig.spans]
    assert 2 == sum(rig.calls().values())


def test_parameters_of_every_kind_arrive(rig: Rig) -> None:
    """Positional only, defaults, keywords only, and any number of them."""

    @traced
    def exact(a: int, /, b: int, c: int = 3, *, d: int, e: int = 5) -> tuple[int, ...]:
        return a, b, c, d, e

    @traced
    def anything(*args: int, **kwargs: int) -> Any:
        return args, kwargs

    @traced
    def many(
        a: int, b: int, c: int, d: int, e: int, f: int, g: int, h: int, i: int, j: int, k: int, m: int, n: int
    ) -> int:
        return n

    @timed
    def timed_exact(span: int, error: int = 2, *, result: int = 3) -> tuple[int, ...]:
        return span, error, result

    assert (1, 2, 3, 4, 5) == exact(1, 2, d=4) == exact(1, b=2, d=4, e=5)
    assert (1, 2, 9, 4, 8) == exact(1, 2, 9, d=4, e=8)
    assert ((1,), {"x": 2}) == anything(1, x=2)
    assert 13 == many(*range(1, 14))
    assert (1, 2, 3) == timed_exact(span=1)
    with pytest.raises(TypeError, match="exact"):
        exact(a=1, b=2, d=4)  # type: ignore[call-arg] # a mistake of the caller's
    with pytest.raises(TypeError, match=r"missing 1 required keyword-only argument: 'd'"):
        exact(1, 2)  # type: ignore[call-arg] # a mistake of the caller's


def test_wrappers_keep_their_lines_in_tracebacks(rig: Rig) -> None:
    """A frame of ours in a traceback names our file and a line of it."""
    import traceback

    @traced
    def fails(value: int) -> None:
        raise ValueError(value)

    with rig.tracer.start_as_current_span("root"), pytest.raises(ValueError, match="1") as caught:
        fails(1)
    frames = traceback.extract_tb(caught.value.__traceback__)
    ours = next(frame for frame in frames if frame.filename.endswith("wrappers.py"))

    assert "function(" in (ours.line or "")


def test_the_decorator_takes_a_name_a_kind_and_attributes(rig: Rig) -> None:
    """What is known beforehand stands on every span."""

    @traced("decide", kind="client", attributes={"strategy": "momentum", "code.function.name": "mine"})
    def decide() -> None: ...

    decide()
    found = rig.one("decide")

    assert SpanKind.CLIENT is found.kind
    assert {"strategy": "momentum", "code.function.name": "mine"} == dict(found.attributes)


def test_a_kind_that_does_not_exist_is_said(caplog: pytest.LogCaptureFixture, rig: Rig) -> None:
    """A misspelt kind is one line that names the function and the known kinds; spans are internal."""

    @traced(kind="intern")
    def decide() -> None: ...

    decide()

    assert SpanKind.INTERNAL is rig.spans[0].kind
    assert "no kind of span is called 'intern'" in caplog.text


def test_what_cannot_be_traced_stays_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """A class or a value under the decorator is reported and returned."""

    class Order: ...

    assert Order is traced(Order)
    assert 5 == traced("name")(5)  # type: ignore[type-var] # a mistake of the caller's
    assert Order is timed(Order)
    assert "cannot be traced" in caplog.text


def test_callable_objects_can_be_traced(rig: Rig) -> None:
    """A partial and an object with `__call__` are named after what they call."""
    assert 7 == traced(functools.partial(max, 3))(7)
    assert 3 == traced(Desk())(3)

    assert {"max", "Desk", "Desk.__call__"} == {each.name for each in rig.spans}


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


def test_an_exception_that_refuses_a_mark_is_described_by_each(rig: Rig) -> None:
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


def test_a_generator_is_current_only_while_its_body_runs(way: Any) -> None:
    """Between two steps the caller's span is current, inside the generator's own, whatever it makes current itself."""
    seen: list[Any] = []

    @traced("steps")
    def steps() -> Iterator[int]:
        with span("inner"):
            for number in range(2):
                seen.append(current())
                yield number

    with way.tracer.start_as_current_span("root") as root:
        for _ in steps():
            assert root is current()
    names = [each.name for each in way.spans()]

    assert ["inner", "steps", "root"] == names
    assert seen[0] is seen[1]
    assert way.spans()[1].context.span_id == way.spans()[0].parent.span_id


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


def test_a_coroutine_closed_by_another_task_disturbs_nobody(way: Any) -> None:
    """Its span ends there, and the context of whoever closes it stays as it is."""

    @traced("waits")
    async def waits() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        waiting = waits()
        await asyncio.create_task(_step(waiting))
        with way.tracer.start_as_current_span("closer") as closer:
            waiting.close()
            assert closer is current()

    asyncio.run(main())

    assert ["waits", "closer"] == [each.name for each in way.spans()]


async def _step(coroutine: Any) -> None:
    """Run a coroutine to its first pause."""
    coroutine.send(None)


def test_tasks_and_threads_keep_their_parents(rig: Rig) -> None:
    """Traced coroutines in tasks are children of who made the task; a thread begins in no span."""

    @traced("worker")
    async def worker() -> None:
        await asyncio.sleep(0)
        function()

    @traced("main")
    async def main() -> None:
        await asyncio.gather(worker(), worker())
        await asyncio.to_thread(function)

    asyncio.run(main())
    root = rig.one("main")
    workers = [each for each in rig.spans if each.name == "worker"]

    assert {root.span_id} == {each.parent_id for each in workers}
    assert {*(each.span_id for each in workers), root.span_id} == {
        each.parent_id for each in rig.spans if each.name == "function"
    }


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


def test_a_clock_that_is_set_back_leaves_no_negative_span(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A span then ends when it began, whichever way it was recorded."""
    from otel_agent.instruments.functions import blocks, calls, wrappers
    from otel_agent.instruments.functions import generators as steps
    from otel_agent.recording import spans, tracers

    times = iter(range(10**9, 0, -1))
    for module in (calls, wrappers, steps, blocks, spans, tracers):
        monkeypatch.setattr(module, "wall_ns", lambda: next(times))
    with rig.tracer.start_as_current_span("root"), span("block"):
        function()
        list(generator())
        asyncio.run(coroutine())
        with pytest.raises(LookupError):
            traced("fails")(_fail)()

    assert 6 <= len(rig.spans)
    assert {0} == {each.end_ns - each.start_ns for each in rig.spans}


def test_a_context_the_body_leaves_behind_is_cleared(way: Any) -> None:
    """What a body attaches and never detaches ends with its call."""

    @traced("careless")
    def careless() -> None:
        context.attach(context.set_value("left", "behind"))

    careless()

    assert context.get_value("left") is None


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


def test_a_call_that_cannot_be_bound_fails_as_it_would(rig: Rig) -> None:
    """Capturing arguments does not change the message of a wrong call."""

    @traced(capture_arguments=True)
    def place(order: int) -> None: ...

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'order'"):
        place()  # type: ignore[call-arg] # a mistake of the caller's


def test_a_block_is_a_span(way: Any) -> None:
    """With attributes, current inside, for `with` and `async with`; an exception is its error."""

    async def main() -> None:
        async with span("async block") as inside:
            assert inside is current()

    with way.tracer.start_as_current_span("root") as root:
        with span("block", portfolio="core", name="n") as inside:
            inside.set_attribute("orders", 3)
            assert inside is current()
        with pytest.raises(ValueError, match="bad"), span("fails"):
            raise ValueError("bad")
        asyncio.run(main())
    found = {each.name: each for each in way.spans()}

    assert {"portfolio": "core", "name": "n", "orders": 3} == dict(found["block"].attributes)
    assert root.get_span_context() == found["block"].parent == found["async block"].parent
    assert (StatusCode.ERROR, "ValueError") == (
        found["fails"].status.status_code,
        found["fails"].attributes["error.type"],
    )
    assert 1 == len(found["fails"].events)


def test_blocks_begin_traces_too(way: Any) -> None:
    """Without a span around it a block is a root."""
    with span("block"):
        pass

    assert [None] == [each.parent for each in way.spans()]


def test_blocks_cost_nothing_they_need_without_telemetry() -> None:
    """Before `init`, a block gives a span that takes everything and records nothing."""
    with span("block", a=1) as inside:
        inside.set_attribute("b", 2)

    assert not inside.is_recording()


def test_every_kind_of_callable_can_be_timed(rig: Rig) -> None:
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


def test_timed_generators_keep_their_protocol(rig: Rig) -> None:
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


def test_timed_functions_run_bare_without_telemetry() -> None:
    """Before `init` and after the end nothing is counted."""
    found = Rig()

    @timed
    def plain() -> None: ...

    plain()
    decorators.bind(None)
    plain()

    assert [1] == list(found.calls().values())


def test_functions_record_from_the_moment_telemetry_starts_until_it_ends() -> None:
    """The same decorated function is silent, recorded, and silent again."""
    function()
    found = Rig()
    function()
    decorators.bind(None)
    function()

    assert ["function"] == [each.name for each in found.spans]


def test_below_a_span_that_was_not_sampled_functions_run_bare() -> None:
    """They ask nobody and make nothing, see the span above, and their durations are counted, errors too."""
    found = Rig(sampler=sampling.ALWAYS_OFF)

    @traced("child")
    def child() -> Any:
        return current()

    @traced("later")
    async def later() -> Any:
        return current()

    @traced("fails")
    def fails() -> None:
        raise LookupError

    with found.tracer.start_as_current_span("root") as root:
        assert root is child()
        assert root is asyncio.run(later())
        with pytest.raises(LookupError):
            fails()
        context_of_root = root.get_span_context()
    decorators.bind(None)

    assert [] == found.spans
    assert [1, 1, 1] == list(found.calls().values())
    assert context_of_root.is_valid
    assert not context_of_root.trace_flags.sampled


def test_a_function_beyond_its_budget_runs_bare() -> None:
    """With a bound of spans a second the rest is only counted, and children go to the span above."""
    found = Rig(calls_per_s=2)

    @traced("hot")
    def hot() -> Any:
        return current()

    @traced("steps")
    def steps() -> Iterator[Any]:
        yield current()

    with found.tracer.start_as_current_span("root") as root:
        seen = [hot() for _ in range(10)]
        stepped = [next(steps()) for _ in range(10)]
    decorators.bind(None)

    assert 8 == seen.count(root) == stepped.count(root)
    assert 2 == [each.name for each in found.spans].count("hot")
    assert {10} == set(found.calls().values())


def test_a_script_with_decorators_needs_no_sdk() -> None:
    """Importing the package loads the API only, no event loop and no configuration."""
    program = (
        "import sys, otel_agent\n"
        "@otel_agent.traced\n"
        "def f(): return 1\n"
        "assert f() == 1\n"
        "print([m for m in ('opentelemetry.sdk', 'asyncio', 'msgspec', 'psutil', 'yaml') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert "[]" == done.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_records_its_own() -> None:
    """Decorated functions go on in a child, with other ids, the child's resource and durations from zero."""
    program = (
        "import json, os\n"
        "from collections import deque\n"
        "from types import SimpleNamespace\n"
        "from otel_agent.instruments.functions import decorators as functions\n"
        "from otel_agent.recording import durations\n"
        "from otel_agent.recording.provider import TracerProvider\n"
        "queue = SimpleNamespace(items=deque(), limit=100, overflow=None)\n"
        "provider = TracerProvider(shutdown_on_exit=False, queue=queue)\n"
        "functions.bind(provider.recorder('t', durations.shared))\n"
        "@functions.traced\n"
        "def work(): pass\n"
        "def report():\n"
        "    with functions.span('root'):\n"
        "        work()\n"
        "    spans = list(queue.items)[-2:]\n"
        "    counted = sum(each.count for _, _, each in durations.shared.collect())\n"
        "    pid = spans[0].resource.attributes.get('process.pid')\n"
        "    return [spans[0].span_id, spans[1].trace_id, counted, pid in (None, os.getpid()), os.getpid()]\n"
        "report()\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(write, json.dumps(report()).encode()); os._exit(0)\n"
        "os.wait()\n"
        "print(json.dumps([report(), json.loads(os.read(read, 999))]))\n"
    )
    environment = {**os.environ, "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, env=environment
    )
    parent, child = json.loads(done.stdout)

    assert [2, 1] == [parent[2], child[2]]
    assert [True, True] == [parent[3], child[3]]
    assert 6 == len({*parent[:2], *child[:2], parent[4], child[4]})


def test_calls_are_counted_exactly_over_threads(rig: Rig) -> None:
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


def test_nothing_is_logged_about_ordinary_use(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """Not a line, at any level, for a function, a coroutine, a generator and a block."""
    caplog.set_level(logging.DEBUG)
    for name in ("function", "coroutine", "generator", "async_generator"):
        KINDS[name]()
    with span("block"):
        pass

    assert [] == [record for record in caplog.records if not record.name.startswith("asyncio")]
