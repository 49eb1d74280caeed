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


def _sign(value: float) -> float:
    return value if math.isnan(value) or value == 0 else math.copysign(1.0, value)


def _real(function: Callable[[float], float]) -> Callable[[float], float]:
    """A function of Go's: NaN where it is not defined, infinite where it is too large."""

    def answer(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            return math.copysign(math.inf, value) if function is math.atanh and abs(value) == 1 else math.nan
        except OverflowError:
            return math.inf if function is math.cosh else math.copysign(math.inf, value)

    return answer


def _logarithm(base: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: base(value) if value > 0 else -math.inf if value == 0 else math.nan


ELEMENTWISE: dict[str, Callable[..., float | None]] = {
    "abs": abs,
    "acos": _real(math.acos),
    "acosh": _real(math.acosh),
    "asin": _real(math.asin),
    "asinh": _real(math.asinh),
    "atan": math.atan,
    "atanh": _real(math.atanh),
    "ceil": _whole(math.ceil),
    "clamp": _clamp,
    "clamp_max": lambda value, upper: _smaller(upper, value),
    "clamp_min": lambda value, lower: _larger(lower, value),
    "cos": _real(math.cos),
    "cosh": _real(math.cosh),
    "deg": lambda value: value * 180 / math.pi,
    "exp": exp,
    "floor": _whole(math.floor),
    "ln": ln,
    "log10": _logarithm(math.log10),
    "log2": _logarithm(math.log2),
    "rad": lambda value: value * math.pi / 180,
    "round": _round,
    "sgn": _sign,
    "sin": _real(math.sin),
    "sinh": _real(math.sinh),
    "sqrt": _real(math.sqrt),
    "tan": _real(math.tan),
    "tanh": math.tanh,
}
"""Each takes a value and the function's further arguments; `None` for no value."""
