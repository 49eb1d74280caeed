"""Arithmetic gives what Go's gives: NaN and infinities instead of exceptions."""

import math

import pytest

from otel_agent.alerts.promql.values import (
    exp,
    ln,
    mean,
    modulo,
    number_from_text,
    power,
    quantile,
    quotient,
    total,
    variance,
)

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (quotient(1, 0), INF),
        (quotient(-1, 0), -INF),
        (quotient(1, -0.0), -INF),
        (quotient(0, 0), NAN),
        (quotient(1.7e308, 0.1), INF),
        (modulo(-5, 3), -2.0),
        (modulo(5, 0), NAN),
        (modulo(INF, 3), NAN),
        (power(-2, 3), -8.0),
        (power(10, 400), INF),
        (power(-10, 401), -INF),
        (power(-2, 0.5), NAN),
        (power(-0.0, -3), -INF),
        (power(0.0, -2), INF),
        (exp(1000), INF),
        (ln(0), -INF),
        (ln(-1), NAN),
        (total([INF, -INF]), NAN),
        (total([1.7e308, 1.7e308]), INF),
        (total([0.1] * 10), 1.0),
        (mean([1.7e308, 1.7e308]), 1.7e308),
        (variance([]), NAN),
        (variance([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), 4.0),
    ],
)
def test_no_operation_raises(found: float, expected: float) -> None:
    """Division by zero, overflow and what is not real have the values Go gives them."""
    assert repr(expected) == repr(found)


@pytest.mark.parametrize(
    ("share", "values", "expected"),
    [
        (0.5, [3.0, 1.0, 2.0], 2.0),
        (0.25, [1.0, 2.0], 1.25),
        (0.0, [NAN, 1.0], NAN),
        (1.0, [NAN, 1.0], 1.0),
        (-0.1, [1.0], -INF),
        (1.1, [1.0], INF),
        (0.5, [], NAN),
        (NAN, [1.0], NAN),
    ],
)
def test_a_quantile_lies_between_its_neighbours(share: float, values: list[float], expected: float) -> None:
    """It is interpolated by straight line; NaN counts as smallest, and shares beyond are infinite."""
    assert repr(expected) == repr(quantile(share, values))


def test_numbers_are_read_as_labels_hold_them() -> None:
    """Python's underscores between digits are no number in Prometheus."""
    texts = ("0.5", "1e-05", "+Inf", "1_000", "x", "")

    assert [0.5, 1e-05, INF, None, None, None] == [number_from_text(text) for text in texts]
