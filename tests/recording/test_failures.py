"""Type, text and stack of exceptions, whatever they do when they are asked."""

import asyncio
from typing import Any

import pytest

from otel_agent.recording.failures import SAFE_TEXT, is_failure, mark_recorded, stack_of, text_of, type_name


class OddError(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise RuntimeError


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """An exception with a traceback."""
    try:
        raise error from cause
    except Exception as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError(), True),
        (OddError(), True),
        (StopIteration(), False),
        (StopAsyncIteration(), False),
        (asyncio.CancelledError(), False),
        (GeneratorExit(), False),
        (KeyboardInterrupt(), False),
        (SystemExit(), False),
    ],
)
def test_what_stops_work_is_no_failure(error: BaseException, expected: bool) -> None:
    """Ends of iterations, cancellation and exits are no errors; everything else is."""
    assert expected is is_failure(error)


def test_types_have_their_full_names() -> None:
    """Python's own stand without a module."""
    assert "ValueError" == type_name(ValueError())
    assert f"{__name__}.OddError" == type_name(OddError())


def test_a_text_is_the_safe_one_where_there_is_one() -> None:
    """What may be said in an exception's place is said; one that refuses to be described is described all the same."""
    error = ValueError("hunter2")
    setattr(error, SAFE_TEXT, "a value was refused")

    assert "a value was refused" == text_of(error)
    assert "price" == text_of(ValueError("price"))
    assert "<no text: its __str__ raised>" == text_of(OddError())


def test_a_stack_is_what_python_prints() -> None:
    """With causes and source lines, as a traceback in a terminal has them."""
    stack = stack_of(raised(RuntimeError("gave up"), raised(ValueError("no price"))))

    assert stack.startswith("Traceback (most recent call last):")
    assert "raise error from cause" in stack
    assert "direct cause" in stack
    assert stack.endswith("RuntimeError: gave up\n")


def test_a_stack_with_a_safe_text_holds_neither_message_nor_source() -> None:
    """A driver's message and the line that sent the statement may both quote its values; causes and groups are looked at too."""
    cause = raised(ValueError("hunter2"))
    setattr(cause, SAFE_TEXT, "a value was refused")
    try:
        raise ExceptionGroup("both", [raised(RuntimeError("gave up"), cause), KeyError("x")])  # hunter2
    except ExceptionGroup as error:
        stack = stack_of(error)

    assert "hunter2" not in stack
    assert "ValueError: a value was refused" in stack
    assert "RuntimeError: gave up" in stack
    assert "direct cause" in stack
    assert "in raised" in stack


def test_a_stack_with_a_circle_ends() -> None:
    """Exceptions that are each other's causes are written once each."""
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    setattr(first, SAFE_TEXT, "safe")

    assert 1 == stack_of(first).count("ValueError: safe")


def test_a_stack_that_cannot_be_formatted_says_so() -> None:
    """An exception whose class takes part in formatting cannot raise into the agent."""

    class RefusesError(Exception):
        @property
        def __notes__(self) -> Any:  # type: ignore[override] # refuses on purpose
            raise RuntimeError

    error = RefusesError("x")
    setattr(error, SAFE_TEXT, "safe")

    assert "<no traceback: it could not be formatted>" == stack_of(error)


def test_one_span_of_a_trace_describes_an_exception() -> None:
    """The first that asks does; another trace describes it again, and so does one that refuses to be marked."""

    class UnmarkableError(Exception):
        __slots__ = ()

        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    error, refusing = ValueError(), UnmarkableError()

    assert [True, False, True] == [mark_recorded(error, 1), mark_recorded(error, 1), mark_recorded(error, 2)]
    assert [True, True] == [mark_recorded(refusing, 1), mark_recorded(refusing, 1)]
