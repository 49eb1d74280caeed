"""`traced` on every kind of callable, before and after telemetry starts."""

import asyncio
import functools
import inspect
import logging
import pickle
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from types import CellType, FunctionType
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

import otel_agent
from otel_agent.instruments.functions.decorators import span, timed, traced


def current() -> Any:
    """The current span."""
    return trace.get_current_span()


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


def test_decorated_functions_can_be_pickled_by_value(rig: Any) -> None:
    """What a wrapper holds beside its function can go to another process, and records there with that process's telemetry."""

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


def test_the_decorator_takes_a_name_a_kind_and_attributes(rig: Any) -> None:
    """What is known beforehand stands on every span."""

    @traced("decide", kind="client", attributes={"strategy": "momentum", "code.function.name": "mine"})
    def decide() -> None: ...

    decide()
    found = rig.one("decide")

    assert SpanKind.CLIENT is found.kind
    assert {"strategy": "momentum", "code.function.name": "mine"} == dict(found.attributes)


def test_a_kind_that_does_not_exist_is_said(caplog: pytest.LogCaptureFixture, rig: Any) -> None:
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


def test_callable_objects_can_be_traced(rig: Any) -> None:
    """A partial and an object with `__call__` are named after what they call."""
    assert 7 == traced(functools.partial(max, 3))(7)
    assert 3 == traced(Desk())(3)

    assert {"max", "Desk", "Desk.__call__"} == {each.name for each in rig.spans}


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


def test_nothing_is_logged_about_ordinary_use(rig: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Not a line, at any level, for a function, a coroutine, a generator and a block."""
    caplog.set_level(logging.DEBUG)
    for name in ("function", "coroutine", "generator", "async_generator"):
        KINDS[name]()
    with span("block"):
        pass

    assert [] == [record for record in caplog.records if not record.name.startswith("asyncio")]


LOOSE: Any = otel_agent
"""The interface without its types."""


def test_a_kind_may_be_opentelemetrys_own(rig: Any) -> None:
    """The member of the enumeration is as good as its name."""

    @LOOSE.traced("ask", kind=SpanKind.CLIENT)
    def ask() -> None: ...

    ask()

    assert SpanKind.CLIENT is rig.spans[0].kind
