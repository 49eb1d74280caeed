"""What `cached` refuses where it is written."""

import functools
import types
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from otel_agent.instruments.caches.arguments import full_name, is_used_up
from otel_agent.instruments.caches.cached import cached


def generator(value: Any) -> Iterator[Any]:
    yield value


async def async_generator(value: int) -> AsyncIterator[int]:
    yield value


class CalledGenerator:
    def __call__(self, value: int) -> Iterator[int]:
        yield value


@pytest.mark.parametrize(
    "function",
    [
        generator,
        async_generator,
        types.coroutine(generator),
        functools.partial(generator, 1),
        CalledGenerator(),
        classmethod(generator),
    ],
)
def test_generators_are_refused_where_they_are_decorated(function: Any) -> None:
    """In whatever disguise."""
    with pytest.raises(TypeError, match="generator function"):
        cached()(function)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"maxsize": "100"}, TypeError, "maxsize must be a whole number of entries or None, not '100'"),
        ({"maxsize": True}, TypeError, "maxsize must be a whole number"),
        ({"maxsize": 1.5}, TypeError, "maxsize must be a whole number"),
        ({"maxsize": -1}, ValueError, "maxsize must be at least 0"),
        ({"ttl_s": "90"}, TypeError, "ttl_s must be a number of seconds or None, not '90'"),
        ({"ttl_s": -1}, ValueError, "ttl_s must be at least 0 seconds"),
        ({"ttl_s": float("nan")}, ValueError, "ttl_s must be at least 0 seconds"),
        ({"name": 5}, TypeError, "name must be a string or None, not 5"),
        ({"key": "id"}, TypeError, "key must be a function of the arguments or None, not 'id'"),
    ],
)
def test_wrong_arguments_are_refused_where_they_are_written(
    arguments: dict[str, Any], kind: type[Exception], words: str
) -> None:
    """With the name of the argument."""
    with pytest.raises(kind, match=words):
        cached(**arguments)


def test_what_cannot_be_called_is_refused() -> None:
    """A property, or a value."""
    for wrong in (5, property(len)):
        with pytest.raises(TypeError, match="function must be something that can be called"):
            cached()(wrong)  # type: ignore[arg-type] # the mistake that is tested


def test_a_callable_of_any_kind_has_a_full_name() -> None:
    """Of a partial that of what it calls, of an object that of its class."""
    assert [f"{__name__}.generator", f"{__name__}.CalledGenerator"] == [
        full_name(generator),
        full_name(CalledGenerator()),
    ]
    assert full_name(functools.partial(generator)).endswith("generator")


def test_only_what_is_read_once_is_used_up() -> None:
    """A list can be read again."""
    assert [True, False] == [is_used_up(generator(1)), is_used_up([1])]
