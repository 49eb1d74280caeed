"""A huge exception is rendered at the cost of a small one, and says what is missing."""

import traceback
from collections.abc import Callable

import pytest

from otel_agent.recording.failures import stack_of
from otel_agent.recording.large_exceptions import is_large


def group(count: int) -> BaseException:
    """A group of so many."""
    return ExceptionGroup("all", [ValueError(number) for number in range(count)])


def chain(count: int) -> BaseException:
    """So many, each raised while the one before was handled."""
    error: BaseException | None = None
    for number in range(count):
        later = KeyError(number)
        later.__context__ = error
        error = later
    assert error is not None
    return error


def caused(count: int) -> BaseException:
    """One that came from a group of so many."""
    error = RuntimeError("outer")
    error.__cause__ = group(count)
    return error


def nested(count: int) -> BaseException:
    """Groups in groups, so many levels."""
    error: Exception = ValueError("innermost")
    for number in range(count):
        error = ExceptionGroup(f"level {number}", [error])
    return error


@pytest.mark.parametrize("make", [group, chain, caused, nested])
def test_large_exceptions_are_cut_before_they_are_rendered(make: Callable[[int], BaseException]) -> None:
    """Ten times as many make the same text, but for numbers."""
    few, many = stack_of(make(600)), stack_of(make(6_000 if make is not nested else 900))

    assert abs(len(few) - len(many)) < 100
    assert is_large(make(600))


@pytest.mark.parametrize("make", [group, chain, caused])
def test_what_is_missing_is_said(make: Callable[[int], BaseException]) -> None:
    """Kind, text and the first members stay, and a line has the number of the rest."""
    text = stack_of(make(600))

    assert type(make(1)).__name__ in text
    assert "(576 exceptions that this one came from are left out)" in text or "of 600 exceptions are shown)" in text


@pytest.mark.parametrize("make", [group, chain, caused, nested])
def test_ordinary_ones_are_as_python_prints_them(make: Callable[[int], BaseException]) -> None:
    """Nothing is changed below the limits."""
    assert "".join(traceback.format_exception(make(5))) == stack_of(make(5))


def test_a_member_that_refuses_is_shown_without_its_text() -> None:
    """An exception's own text may raise; its neighbours are there all the same."""
    mute = type("Mute", (Exception,), {"__str__": lambda self: 1 / 0})()

    assert "exception str() failed" in stack_of(ExceptionGroup("all", [mute, *(ValueError(n) for n in range(99))]))
