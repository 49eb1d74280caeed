"""Functions of single values give what Prometheus's give, on wild values too."""

import math

import pytest

from otel_agent.alerts.promql.elementwise import ELEMENTWISE

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("abs", (-1.5,), 1.5),
        ("ceil", (-0.5,), -0.0),
        ("ceil", (INF,), INF),
        ("floor", (-0.5,), -1.0),
        ("floor", (NAN,), NAN),
        ("round", (2.5,), 3.0),
        ("round", (-2.5,), -2.0),
        ("round", (17.0, 5.0), 15.0),
        ("round", (1.0, 0.0), NAN),
        ("clamp", (5.0, 1.0, 3.0), 3.0),
        ("clamp", (5.0, 3.0, 1.0), None),
        ("clamp", (NAN, 1.0, 3.0), NAN),
        ("clamp_min", (0.0, 1.0), 1.0),
        ("clamp_max", (5.0, 1.0), 1.0),
        ("exp", (0.0,), 1.0),
        ("ln", (-1.0,), NAN),
    ],
)
def test_values_are_those_of_prometheus(name: str, arguments: tuple[float, ...], expected: float | None) -> None:
    """Halves are rounded up, zero keeps its sign, and bounds in the wrong order leave no value."""
    assert repr(expected) == repr(ELEMENTWISE[name](*arguments))
