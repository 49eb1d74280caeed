"""A trader's package that nobody has imported, and automatic tracing with a provider of its own."""

import importlib
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from otel_agent.instruments.automatic.own_code import OwnCode
from otel_agent.instruments.automatic.selection import Selection
from otel_agent.instruments.automatic.tracing import AutomaticTracing
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


def waits(until):
    return until()


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
        self.handles: list[AutomaticTracing] = []

    def install(self, *names: str, min_duration_s: float = 0.0, **more: Any) -> AutomaticTracing:
        """Install for a test; taken back after it."""
        selection = Selection(names, OwnCode("/nowhere"))
        handle = AutomaticTracing(selection, min_duration_s, tracer=self.tracer, **more)
        self.handles.append(handle)
        return handle

    def names(self) -> list[str]:
        """Names of the spans so far, in the order in which they ended."""
        return [span.name for span in self.queue.items]

    def desk(self) -> Any:
        """The trader's module, imported."""
        return importlib.import_module("trader_under_test.desk")


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
