"""Callables that are no functions stay what they were."""

import abc
import asyncio
import copy
import functools
import inspect
import operator
import pickle
import types
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from otel_agent.instruments.functions.callables import is_awaited, is_generator, qualified_name
from otel_agent.instruments.functions.decorators import span, timed, traced

DECORATORS: dict[str, Callable[[Any], Any]] = {
    "traced": traced,
    "captured": traced(capture_arguments=True, capture_result=True),
    "timed": timed,
    "span": span("block", portfolio="core"),
}


class Called:
    """Adds two numbers."""

    def __call__(self, left: int, right: int = 2) -> int:
        return left + right

    def __len__(self) -> int:
        return 7

    def __enter__(self) -> str:
        return "entered"

    def __exit__(self, *error: object) -> None: ...


class CalledAsync:
    async def __call__(self, value: int) -> int:
        await asyncio.sleep(0)
        with span("inside"):
            return value


class CalledGenerator:
    def __call__(self, value: int) -> Iterator[int]:
        with span("inside"):
            yield value


class CalledAsyncGenerator:
    async def __call__(self, value: int) -> AsyncIterator[int]:
        with span("inside"):
            yield value


def plus(left: int, right: int = 2, *rest: int, scale: int, **more: int) -> Any:
    """A plain function."""
    return (left + right) * scale, rest, more


async def plus_later(left: int, *, right: int) -> int:
    """A coroutine function."""
    return left + right


@functools.lru_cache
def price(symbol: str) -> int:
    """A cached function."""
    return len(symbol)


@traced
@functools.lru_cache
def named_price(symbol: str) -> int:
    """A cached function that is decorated where it is defined."""
    return len(symbol)


CALLABLES: dict[str, Any] = {
    "object": Called(),
    "async object": CalledAsync(),
    "generator object": CalledGenerator(),
    "async generator object": CalledAsyncGenerator(),
    "partial": functools.partial(plus, 1, scale=2),
    "partial of a partial": functools.partial(functools.partial(plus, 1), scale=2),
    "partial of a coroutine function": functools.partial(plus_later, right=1),
    "bound method": Called().__call__,
    "builtin": len,
    "builtin method": "x".join,
    "lru_cache": price,
    "method descriptor": str.upper,
}

QUESTIONS = (
    callable,
    inspect.isfunction,
    inspect.ismethod,
    inspect.isbuiltin,
    inspect.isroutine,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
    inspect.iscoroutinefunction,
)


@pytest.mark.parametrize("decorator", DECORATORS)
@pytest.mark.parametrize("name", CALLABLES)
def test_a_callable_answers_as_before(rig: Any, decorator: str, name: str) -> None:
    """`inspect`, `isinstance`, signature, documentation and every attribute."""
    plain = CALLABLES[name]
    decorated = DECORATORS[decorator](plain)

    assert [question(plain) for question in QUESTIONS] == [question(decorated) for question in QUESTIONS]
    assert isinstance(decorated, type(plain))
    assert inspect.signature(plain) == inspect.signature(decorated)
    assert (plain.__doc__, repr(plain)) == (decorated.__doc__, repr(decorated))
    assert [] == [each for each in dir(plain) if not hasattr(decorated, each)]


@pytest.mark.filterwarnings(
    "ignore:functools.partial will be a method descriptor:FutureWarning"
)  # Python 3.13's, with and without us
@pytest.mark.parametrize("decorator", DECORATORS)
@pytest.mark.parametrize("name", CALLABLES)
def test_a_callable_in_a_class_body_binds_as_before(rig: Any, decorator: str, name: str) -> None:
    """Whoever got no `self` gets none, and whoever got one still does; a call that fails fails with the same words."""
    plain = CALLABLES[name]
    before = type("Desk", (), {"call": plain})
    after = type("Desk", (), {"call": DECORATORS[decorator](plain)})

    for arguments in [(), (1,), ("abc",), (1, 2, 3)]:
        assert _outcome(before(), arguments) == _outcome(after(), arguments)
        assert _outcome(before, arguments) == _outcome(after, arguments)


def _outcome(desk: Any, arguments: tuple[Any, ...]) -> Any:
    try:
        result = desk.call(*arguments)
    except (TypeError, AttributeError) as error:
        return type(error), str(error)
    if inspect.iscoroutine(result):
        result.close()
    return result if isinstance(result, int | str | tuple) else type(result).__name__


@pytest.mark.parametrize("kind", [CalledAsync, CalledGenerator, CalledAsyncGenerator])
def test_an_object_is_called_as_its_method_is(way: Any, kind: type) -> None:
    """The span of an async or generator `__call__` is above what happens inside, and is named after the class."""

    async def through(result: Any) -> list[int]:
        return [await result] if inspect.isawaitable(result) else [each async for each in result]

    result = traced(kind())(5)
    given = list(result) if inspect.isgenerator(result) else asyncio.run(through(result))
    inside, outside = way.spans()

    assert [5] == given
    assert ("inside", kind.__qualname__) == (inside.name, outside.name)
    assert outside.get_span_context() == inside.parent


def test_an_error_of_an_async_object_is_that_of_its_span(way: Any) -> None:
    """The exception comes when it is awaited, and makes the status an error."""

    class Tool:
        async def __call__(self) -> None:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(traced("tool")(Tool())())

    assert ["ERROR"] == [each.status.status_code.name for each in way.spans()]


@pytest.mark.parametrize("decorator", DECORATORS)
def test_special_methods_and_attributes_are_those_of_the_object(rig: Any, decorator: str) -> None:
    """They are read, written and deleted on the object itself."""
    plain = Called()
    decorated = DECORATORS[decorator](plain)
    decorated.note = 3

    with decorated as entered:
        assert "entered" == entered
    assert (7, 3, hash(plain)) == (len(decorated), plain.note, hash(decorated))  # type: ignore[attr-defined] # just set
    assert decorated == plain
    assert plain == decorated
    del decorated.note
    assert not hasattr(plain, "note")


@pytest.mark.parametrize("decorator", DECORATORS)
def test_attributes_of_a_cache_stay_reachable(rig: Any, decorator: str) -> None:
    """On a function, on a method, and on a method's class."""

    class Desk:
        @DECORATORS[decorator]
        @functools.lru_cache  # noqa: B019 - the instance lives as long as the test
        def size(self, symbol: str) -> int:
            return len(symbol)

    @DECORATORS[decorator]
    @functools.lru_cache
    def size(symbol: str) -> int:
        return len(symbol)

    desk = Desk()

    assert (4, 4, 4, 4) == (size("ACME"), size("ACME"), desk.size("ACME"), desk.size("ACME"))
    assert 1 == size.cache_info().hits == desk.size.cache_info().hits == Desk.size.cache_info().hits


@pytest.mark.parametrize("decorator", DECORATORS)
def test_attributes_that_a_decorator_below_writes_are_not_stale(rig: Any, decorator: str) -> None:
    """Counts that it keeps on its own wrapper are seen from outside, and can be set back there."""

    def counted(function: Any) -> Any:
        def wrapper(*args: Any) -> Any:
            wrapper.calls += 1  # type: ignore[attr-defined] # that is what is tested
            return function(*args)

        wrapper.calls = 0  # type: ignore[attr-defined] # as above
        return wrapper

    def work(value: int) -> int:
        return value

    wrappers: list[Any] = [counted(work), functools.wraps(work)(counted(work))]
    for below in wrappers:
        below.calls = 0
        decorated = DECORATORS[decorator](below)
        decorated(1)
        assert below.calls == decorated.calls
        decorated.calls = 10
        assert 10 == below.calls
        assert callable(inspect.unwrap(decorated))
        assert "def w" in inspect.getsource(decorated)


@pytest.mark.parametrize("decorator", DECORATORS)
def test_callables_can_be_copied_and_pickled(rig: Any, decorator: str) -> None:
    """What is unpickled is decorated again, unless it was pickled by name."""
    partial = DECORATORS[decorator](functools.partial(plus, 1, scale=2))
    partial.note = 4
    revived = pickle.loads(pickle.dumps(partial))

    assert ((6, (), {}), 4) == (revived(), revived.note)
    assert (plus, (1,), {"scale": 2}) == (revived.func, revived.args, revived.keywords)
    assert 3 == pickle.loads(pickle.dumps(DECORATORS[decorator](len)))("abc")
    assert 3 == pickle.loads(pickle.dumps(DECORATORS[decorator](Called())))(1)
    assert 3 == copy.copy(DECORATORS[decorator](Called()))(1) == copy.deepcopy(DECORATORS[decorator](Called()))(1)
    assert named_price is pickle.loads(pickle.dumps(named_price))
    assert {"traced": 3, "captured": 3, "timed": 0, "span": 3}[decorator] <= len(rig.spans)


@pytest.mark.parametrize("decorator", DECORATORS)
def test_methods_of_every_kind(rig: Any, decorator: str) -> None:
    """Static, class and abstract methods, properties, dispatched functions, slots: in either order where there are two."""
    decorate = DECORATORS[decorator]

    class Desk:
        __slots__ = ("__dict__", "size")

        def __init__(self) -> None:
            self.size = 5

        @decorate
        @staticmethod
        def below(value: int) -> int:
            return value

        @staticmethod
        @decorate
        def above(value: int) -> int:
            return value

        @decorate
        @classmethod
        def made(cls, value: int) -> tuple[str, int]:
            return cls.__name__, value

        @property
        @decorate
        def doubled(self) -> int:
            return 2 * self.size

        @functools.cached_property
        @decorate
        def tripled(self) -> int:
            return 3 * self.size

        first = decorate(operator.itemgetter(0))

    class Abstract(abc.ABC):
        @decorate
        @abc.abstractmethod
        def missing(self) -> None: ...

    @decorate
    @functools.singledispatch
    def told(value: object) -> str:
        return "object"

    @told.register
    @decorate
    def _(value: int) -> str:
        return "int"

    desk = Desk()

    assert (1, 1, ("Desk", 1), ("Desk", 2)) == (desk.below(1), desk.above(1), desk.made(1), Desk.made(2))
    assert (10, 15, "a") == (desk.doubled, desk.tripled, desk.first("abc"))
    assert ("int", "object") == (told(1), told("x"))
    with pytest.raises(TypeError, match="abstract"):
        Abstract()  # type: ignore[abstract] # the mistake that is tested


def test_a_mock_stays_a_mock(rig: Any) -> None:
    """Its assertions go on working, for a coroutine function too."""
    plain, awaited = mock.Mock(return_value=3), mock.AsyncMock(return_value=4)
    decorated = traced(plain)

    assert (3, 4) == (decorated(1), asyncio.run(traced(awaited)(2)))
    decorated.assert_called_once_with(1)
    awaited.assert_awaited_once_with(2)


def test_a_wrapt_decorator_below_still_sees_the_instance(rig: Any) -> None:
    """Objects with a `__get__` of their own bind by it."""
    wrapt = pytest.importorskip("wrapt")

    @wrapt.decorator
    def telling(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        return instance is not None, wrapped(*args, **kwargs)

    class Desk:
        @traced
        @telling
        def size(self, value: int) -> int:
            return value

    assert (True, 3) == Desk().size(3)
    assert ["test_a_wrapt_decorator_below_still_sees_the_instance.<locals>.Desk.size"] == [
        each.name for each in rig.spans
    ]


def test_coroutines_of_generators_stay_awaitable(rig: Any) -> None:
    """What `types.coroutine` has marked can be awaited, under `traced` and `timed`, and is a generator function still."""

    def give_way(value: int) -> Any:
        with span("inside"):
            yield
        return value

    for decorate in (traced("way"), timed):
        plain = types.coroutine(give_way)
        decorated = decorate(plain)

        async def main(function: Any = decorated) -> Any:
            return await function(5)

        assert 5 == asyncio.run(main())
        assert inspect.isgeneratorfunction(decorated)
        assert inspect.isawaitable(decorated(1))
    inside, outside, _ = rig.spans

    assert ("inside", "way", outside.get_span_context()) == (inside.name, outside.name, inside.parent)


def test_kinds_and_names_of_callables() -> None:
    """An object is what its `__call__` is, a partial what it calls."""
    assert [True, True, False] == [is_awaited(each) for each in (CalledAsync(), plus_later, Called())]
    assert [True, True, False] == [is_generator(each) for each in (CalledGenerator(), CalledAsyncGenerator(), plus)]
    assert ["plus", "Called", "len"] == [qualified_name(each) for each in (functools.partial(plus, 1), Called(), len)]
