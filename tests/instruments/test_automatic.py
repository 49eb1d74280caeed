"""Spans for the functions of chosen modules, without a decorator."""

import asyncio
import importlib
import inspect
import pickle
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace

from otel_agent.instruments.automatic import modules as automatic
from otel_agent.instruments.functions import decorators
from otel_agent.recording.provider import TracerProvider

TRADER = '''
import asyncio
import functools
import time
from collections import namedtuple
from dataclasses import dataclass

from opentelemetry import trace

import otel_agent

Point = namedtuple("Point", "x y")
REGISTRY = []


def register(function):
    REGISTRY.append(function)
    return function


@register
def decide(symbol, size=1, *, paper=True):
    """Decides."""
    return (symbol, size, paper)


def quick():
    return 1


def risky():
    raise ValueError("no")


def outer():
    def inner():
        return trace.get_current_span().get_span_context().span_id

    return inner()


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
def decorated():
    return "decorated"


@otel_agent.traced("by hand")
def by_hand():
    return 2


@otel_agent.timed
def by_clock():
    return 3


@functools.lru_cache
def cached(x):
    return x


async def fetch():
    await asyncio.sleep(0)
    return child()


def child():
    return trace.get_current_span().get_span_context().span_id


def numbers(count):
    for number in range(count):
        yield number
    return "end"


async def ticks(count):
    for number in range(count):
        yield number


class Book:
    limit = property(lambda self: 5)

    def __init__(self):
        self.orders = []

    def add(self, order):
        self.orders.append(order)
        return super().__repr__() and self

    @classmethod
    def empty(cls):
        return cls()

    @staticmethod
    def price():
        return 1.5

    class Line:
        def total(self):
            return 9


@dataclass
class Order:
    size: int

    def double(self):
        return self.size * 2


anonymous = lambda: 0
'''


class Rig:
    """A provider with a queue, and a package on the path."""

    def __init__(self) -> None:
        self.queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=lambda item: None)
        self.provider = TracerProvider(shutdown_on_exit=False, queue=self.queue)
        self.tracer = self.provider.get_tracer("tests")
        self.handles: list[automatic.AutomaticTracing] = []

    def install(self, *modules: str, min_duration_s: float = 0.0, **more: Any) -> automatic.AutomaticTracing:
        """Install for a test; taken back after it."""
        handle = automatic.install(modules, min_duration_s, tracer=self.tracer, **more)
        self.handles.append(handle)
        return handle

    def names(self) -> list[str]:
        """Names of the spans so far, in the order in which they ended."""
        return [span.name for span in self.queue.items]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A trader package that nobody has imported."""
    package = tmp_path / "trader_under_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "desk.py").write_text(TRADER)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = Rig()
    yield found
    for handle in found.handles:
        handle.close()
    decorators.bind(None)
    for name in [name for name in sys.modules if name.startswith("trader_under_test")]:
        del sys.modules[name]


def desk() -> Any:
    """The trader's module."""
    return importlib.import_module("trader_under_test.desk")


def test_functions_are_traced_as_their_module_is_imported(rig: Rig) -> None:
    """A module imported after the installation needs no line of its own."""
    handle = rig.install("trader_under_test.*")

    assert ("ACME", 2, False) == desk().decide("ACME", size=2, paper=False)
    assert ["decide"] == rig.names()
    assert "trader_under_test.desk.decide" in handle.functions


def test_functions_are_traced_when_their_module_is_there_already(rig: Rig) -> None:
    """Whoever holds a function already, a registry or a name imported from elsewhere, calls the traced one."""
    held = desk().REGISTRY[0]
    rig.install("trader_under_test.desk")
    held("ACME")

    assert ["decide"] == rig.names()


def test_a_pattern_without_a_star_is_that_module_alone(rig: Rig) -> None:
    """Naming a package does not trace what is below it."""
    rig.install("trader_under_test")
    desk().quick()

    assert [] == rig.names()


def test_everything_sensible_is_traced_and_nothing_else(rig: Rig) -> None:
    """Functions, methods of any kind and decorated functions are; generated, nested, private protocol and foreign ones are not."""
    handle = rig.install("trader_under_test.desk")
    desk()

    assert {
        "register", "decide", "quick", "risky", "outer", "logged", "decorated", "cached", "fetch", "child", "numbers", "ticks",
        "Book.add", "Book.empty", "Book.price", "Book.Line.total", "Order.double",
    } == {name.removeprefix("trader_under_test.desk.") for name in handle.functions}  # fmt: skip


def test_functions_keep_what_can_be_asked_of_them(rig: Rig) -> None:
    """Signature, source, documentation, kind and pickling are as before."""
    rig.install("trader_under_test.desk")
    module = desk()

    assert "(symbol, size=1, *, paper=True)" == str(inspect.signature(module.decide))
    assert "Decides." == inspect.getdoc(module.decide)
    assert inspect.getsource(module.quick).startswith("def quick")
    assert inspect.iscoroutinefunction(module.fetch)
    assert inspect.isgeneratorfunction(module.numbers)
    assert inspect.isasyncgenfunction(module.ticks)
    assert module.decide is pickle.loads(pickle.dumps(module.decide))
    assert 5 == module.Book().limit


def test_methods_do_what_they_did(rig: Rig) -> None:
    """`super`, class and static methods work in traced methods."""
    rig.install("trader_under_test.desk")
    book = desk().Book.empty().add("one")

    assert ["one"] == book.orders
    assert 1.5 == book.price()
    assert 9 == book.Line().total()
    assert ["Book.empty", "Book.add", "Book.price", "Book.Line.total"] == rig.names()[-4:]


def test_a_quick_function_called_often_leaves_nothing(rig: Rig) -> None:
    """Five thousand calls in no time do not flood the trace."""
    rig.install("trader_under_test.desk", min_duration_s=0.5)
    module = desk()
    rig.queue.items.clear()
    for _ in range(5_000):
        module.quick()

    assert [] == rig.names()


def test_a_quick_call_that_something_refers_to_becomes_a_span(rig: Rig) -> None:
    """A parent that a child names is recorded however quick it was."""
    rig.install("trader_under_test.desk", min_duration_s=0.5)
    module = desk()
    rig.queue.items.clear()
    span_id = module.child()

    assert [("child", span_id)] == [(span.name, span.span_id) for span in rig.queue.items]


def test_failures_are_told_once(rig: Rig) -> None:
    """An exception makes an error of the span, with its type, and one record of it."""
    rig.install("trader_under_test.desk")
    with pytest.raises(ValueError, match="no"):
        desk().risky()
    span = rig.queue.items[-1]

    assert trace.StatusCode.ERROR is span.status.status_code
    assert "ValueError" == span.attributes["error.type"]
    assert ["exception"] == [event.name for event in span.events]


def test_coroutines_are_parents_of_what_they_await(rig: Rig) -> None:
    """The span of a coroutine is current where its body runs."""
    rig.install("trader_under_test.desk")
    module = desk()
    rig.queue.items.clear()
    asyncio.run(module.fetch())
    child, fetch = rig.queue.items

    assert ("child", "fetch") == (child.name, fetch.name)
    assert fetch.span_id == child.parent_id


def test_generators_keep_their_protocol(rig: Rig) -> None:
    """Steps, return value and early end of generators are as before, and nothing is current between steps."""
    rig.install("trader_under_test.desk")
    module = desk()
    rig.queue.items.clear()
    steps = module.numbers(3)

    assert 0 == next(steps)
    assert trace.INVALID_SPAN is trace.get_current_span()
    assert [1, 2] == list(steps)

    async def consume() -> list[int]:
        return [number async for number in module.ticks(2)]

    assert [0, 1] == asyncio.run(consume())
    early = module.numbers(9)
    next(early)
    early.close()
    assert ["numbers", "ticks", "numbers"] == rig.names()
    assert {trace.StatusCode.UNSET} == {span.status.status_code for span in rig.queue.items}


def test_what_is_watched_by_hand_is_not_doubled(rig: Rig) -> None:
    """A function under `traced` has its one span, one under `timed` none."""
    rig.install("trader_under_test.desk")
    module = desk()
    decorators.bind(rig.provider.recorder("tests", _durations()))
    rig.queue.items.clear()
    with rig.tracer.start_as_current_span("root"):
        module.by_hand()
        module.by_clock()

    assert ["by hand", "root"] == rig.names()


def test_code_inside_functions_is_their_own_affair(rig: Rig) -> None:
    """A function inside a function is not traced; what it sees is the outer one."""
    rig.install("trader_under_test.desk")
    module = desk()
    rig.queue.items.clear()
    span_id = module.outer()

    assert [("outer", span_id)] == [(span.name, span.span_id) for span in rig.queue.items]


def test_everything_is_put_back(rig: Rig) -> None:
    """After `close` functions have their own code, and modules are not looked at."""
    module = desk()
    code = module.decide.__code__
    handle = rig.install("trader_under_test.desk")
    traced = module.decide.__code__
    handle.close()
    handle.close()
    module.decide("ACME")

    assert code is module.decide.__code__
    assert code is not traced
    assert not hasattr(module.decide, "__wrapped__")
    assert [] == rig.names()


def test_what_is_defined_later_is_found_by_looking_again(rig: Rig) -> None:
    """A script defines its functions after it has called `init`."""
    handle = rig.install("trader_under_test.desk")
    module = desk()
    exec("def late(): return 1", vars(module))
    handle.rescan()
    rig.queue.items.clear()
    module.late()
    handle.rescan()
    module.late()

    assert ["late", "late"] == rig.names()


def test_the_script_is_known_by_its_own_name(rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`__main__` and the name of the script's file both mean the script."""
    main: Any = type(sys)("__main__")
    main.__file__ = str(tmp_path / "agent_script.py")
    exec("def work(): return 1", vars(main))
    monkeypatch.setitem(sys.modules, "__main__", main)
    for pattern in ("__main__", "agent_script"):
        handle = rig.install(pattern)
        assert ((), ("__main__.work",)) == (handle.problems, handle.functions)
        handle.close()


def test_a_module_that_does_not_exist_is_named(rig: Rig) -> None:
    """A misspelt module is a problem of the set-up; one that is merely not imported is not."""
    assert () == rig.install("trader_under_test.*", "trader_under_test.desk").problems
    problems = rig.install("tradre", "trader_under_test.desc", "tradre.*").problems

    assert 3 == len(problems)
    assert "there is no module 'tradre'" in problems[0]
    assert "trader_under_test.desc" in problems[1]
    assert "trader_under_test" not in sys.modules


def test_our_own_package_is_never_traced_but_for_its_demonstration(rig: Rig) -> None:
    """A pattern that matches everything leaves alone what does the tracing."""
    handle = rig.install("otel_agent.*")
    importlib.import_module("otel_agent.demo.risk")

    assert {"demo"} == {name.split(".")[1] for name in handle.functions}


def test_durations_are_told_of_every_call(rig: Rig) -> None:
    """Quick calls have no span and are counted all the same, with the error they ended with."""
    told: list[tuple[str, str | None]] = []
    rig.install(
        "trader_under_test.desk", min_duration_s=9, observe=lambda name: lambda ns, error: told.append((name, error))
    )
    module = desk()
    told.clear()
    module.quick()
    with pytest.raises(ValueError, match="no"):
        module.risky()

    assert [("trader_under_test.desk.quick", None), ("trader_under_test.desk.risky", "ValueError")] == told


def _durations() -> Any:
    from otel_agent.recording.durations import Durations

    return Durations()
