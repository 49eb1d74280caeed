"""
Functions of single values.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/
"""

import math
from collections.abc import Callable

from otel_agent.alerts.promql.values import exp, ln

__all__ = ["ELEMENTWISE"]


def _larger(left: float, right: float) -> float:
    if math.inf in (left, right):
        return math.inf
    return math.nan if math.isnan(left) or math.isnan(right) else max(left, right)


def _smaller(left: float, right: float) -> float:
    return -_larger(-left, -right)


def _clamp(value: float, lower: float, upper: float) -> float | None:
    if upper < lower:
        return None
    return _larger(lower, _smaller(upper, value))


def _round(value: float, to: float = 1.0) -> float:
    if math.isnan(value) or math.isinf(value) or to == 0 or math.isnan(to):
        return math.nan if to == 0 or math.isnan(to) else value
    inverse = 1 / to
    return math.floor(value * inverse + 0.5) / inverse


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: (
        value if math.isnan(value) or math.isinf(value) else math.copysign(float(function(value)), value)
    )


ELEMENTWISE: dict[str, Callable[..., float | None]] = {
    "abs": abs,
    "ceil": _whole(math.ceil),
    "clamp": _clamp,
    "clamp_max": lambda value, upper: _smaller(upper, value),
    "clamp_min": lambda value, lower: _larger(lower, value),
    "exp": exp,
    "floor": _whole(math.floor),
    "ln": ln,
    "round": _round,
}
"""Each takes a value and the function's further arguments; `None` for no value."""
