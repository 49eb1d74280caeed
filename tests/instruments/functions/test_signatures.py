"""Wrappers with the exact signature of what they wrap."""

import traceback
from typing import Any

import pytest

from otel_agent.instruments.functions.decorators import timed, traced
from otel_agent.instruments.functions.signatures import wrap


def test_parameters_of_every_kind_arrive(rig: Any) -> None:
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


def test_wrappers_keep_their_lines_in_tracebacks(rig: Any) -> None:
    """A frame of ours in a traceback names our file and a line of it."""

    @traced
    def fails(value: int) -> None:
        raise ValueError(value)

    with rig.tracer.start_as_current_span("root"), pytest.raises(ValueError, match="1") as caught:
        fails(1)
    frames = traceback.extract_tb(caught.value.__traceback__)
    ours = next(frame for frame in frames if frame.filename.endswith("wrappers.py"))

    assert "function(" in (ours.line or "")


def noting(function: Any, notes: list[Any]) -> Any:
    """A maker of wrappers, as `wrap` takes them."""

    def noted(*args: Any, **kwargs: Any) -> Any:
        notes.append((args, kwargs))
        return function(*args, **kwargs)

    return noted


def test_without_a_signature_of_its_own_a_wrapper_serves_as_it_is_written() -> None:
    """What is no function is wrapped all the same."""
    notes: list[Any] = []

    assert 3 == wrap(noting, max, notes)(1, 3)
    assert [((1, 3), {})] == notes


def test_arguments_that_are_read_as_values_are_all_there() -> None:
    """A wrapper that looks at `args` and `kwargs` sees positional ones, keywords and what stands for any number of them."""
    notes: list[Any] = []

    def takes(a: int, /, b: int = 2, *rest: int, c: int, **more: int) -> Any:
        return a, b, rest, c, more

    wrapped = wrap(noting, takes, notes)

    assert (1, 2, (), 3, {}) == wrapped(1, c=3)
    assert (1, 7, (8, 9), 3, {"d": 4}) == wrapped(1, 7, 8, 9, c=3, d=4)
    assert [((1, 2), {"c": 3}), ((1, 7, 8, 9), {"c": 3, "d": 4})] == notes


def test_one_wrapper_is_compiled_for_all_functions_of_a_shape() -> None:
    """Functions with as many parameters share code but for the names of theirs."""
    first = wrap(noting, lambda left, *, right: left + right, [])
    second = wrap(noting, lambda low, *, high: low - high, [])

    assert first.__code__.co_code == second.__code__.co_code
    assert (("left", "right"), ("low", "high")) == (first.__code__.co_varnames[:2], second.__code__.co_varnames[:2])
