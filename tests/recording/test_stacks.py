"""What is remembered of a stack reads as Python prints it."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from otel_agent.recording import stacks
from otel_agent.recording.stacks import formatted


class OfOursError(ValueError):
    """An exception with a module in its name."""


class SilentError(Exception):
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def _raise(error: BaseException) -> None:
    raise error


def _deep(levels: int, error: BaseException) -> None:
    if levels:
        _deep(levels - 1, error)
    raise error


def plain() -> None:
    _raise(ValueError("no price"))


def without_a_message() -> None:
    raise KeyError


def with_a_key() -> None:
    prices: dict[str, float] = {}
    prices["ACME"]


def of_ours() -> None:
    later = lambda: _raise(OfOursError("line one\nline two"))  # noqa: E731 - a frame without a name
    later()


def over_several_lines() -> None:
    sum(
        value / 0
        for value in [
            1,
            2,
        ]
    )


def with_a_cause() -> None:
    try:
        plain()
    except ValueError as error:
        raise OfOursError("gave up") from error


def in_a_handler() -> None:
    try:
        with_a_cause()
    except ValueError:
        without_a_message()


def with_a_context_hidden() -> None:
    try:
        plain()
    except ValueError:
        raise OfOursError("gave up") from None


def in_a_circle() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    raise first


def with_a_note() -> None:
    error = ValueError("no price")
    error.add_note("asked twice")
    raise error


def of_a_group() -> None:
    raise ExceptionGroup("both", [ValueError("first"), OfOursError("second")])


def of_a_misspelt_name() -> None:
    price = 1
    prise  # type: ignore[name-defined]  # noqa: B018, F821
    print(price)


def of_syntax() -> None:
    compile("1 +", "rule", "eval")


def without_source() -> None:
    exec(compile("def f():\n    raise ValueError('made')\nf()", "<made>", "exec"), {})


def silent() -> None:
    raise SilentError


def recursion() -> None:
    _deep(6, ValueError("deep"))


def short_recursion() -> None:
    _deep(2, ValueError("deep"))


@pytest.mark.parametrize("turn", ["first", "again"])
@pytest.mark.parametrize(
    "program",
    [
        plain,
        without_a_message,
        with_a_key,
        of_ours,
        over_several_lines,
        with_a_cause,
        in_a_handler,
        with_a_context_hidden,
        in_a_circle,
        with_a_note,
        of_a_group,
        of_a_misspelt_name,
        of_syntax,
        without_source,
        silent,
        recursion,
        short_recursion,
    ],
    ids=lambda program: program.__name__,
)
def test_a_stack_reads_as_python_prints_it(program: Callable[[], Any], turn: str) -> None:
    """The text is that of `traceback`, the first time and when all of its places are known."""
    with pytest.raises(BaseException) as caught:
        program()

    assert "".join(traceback.format_exception(caught.value)) == formatted(caught.value), turn


def test_an_exception_that_was_never_raised_has_its_line_alone() -> None:
    """Without a traceback there is no heading."""
    assert "ValueError: no price\n" == formatted(ValueError("no price"))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that make code all the time do not fill memory."""
    monkeypatch.setattr(stacks, "_MOST_PLACES", 3)
    monkeypatch.setattr(stacks, "_places", {})
    for number in range(20):
        made: dict[str, Any] = {}
        exec(f"def f{number}():\n    raise ValueError", made)
        with pytest.raises(ValueError) as caught:
            made[f"f{number}"]()
        formatted(caught.value)

    assert len(stacks._places) <= 3


def test_a_limit_of_frames_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sys.tracebacklimit` is obeyed."""
    monkeypatch.setattr("sys.tracebacklimit", 1, raising=False)
    with pytest.raises(ValueError, match="no price") as caught:
        plain()

    assert "".join(traceback.format_exception(caught.value)) == formatted(caught.value)
