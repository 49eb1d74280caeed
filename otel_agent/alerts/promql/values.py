"""
Arithmetic as Go does it, because Prometheus's answers are Go's: no exceptions, but NaN and infinities.

Source: https://pkg.go.dev/math
"""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

__all__ = [
    "exp",
    "ln",
    "mean",
    "modulo",
    "number_from_text",
    "power",
    "quantile",
    "quotient",
    "shortest",
    "total",
    "variance",
]


def quotient(left: float, right: float) -> float:
    """Left by right; by zero it is infinite or NaN."""
    if right:
        try:
            return left / right
        except OverflowError:
            return math.copysign(math.inf, left) * math.copysign(1.0, right)
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def modulo(left: float, right: float) -> float:
    """The rest, with the sign of the left; NaN where there is none."""
    if right == 0 or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def power(base: float, exponent: float) -> float:
    """Base to the exponent; infinite where it is too large, NaN where it is not real."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        is_negative = base < 0 and exponent % 2 == 1
        return -math.inf if is_negative else math.inf
    except ValueError:
        if base == 0:
            is_negative = math.copysign(1.0, base) < 0 and exponent % 2 == 1
            return -math.inf if is_negative else math.inf
        return math.nan


def exp(value: float) -> float:
    """E to the value; infinite where it is too large."""
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def ln(value: float) -> float:
    """Natural logarithm; of zero it is minus infinity, below it NaN."""
    if value > 0:
        return math.log(value)
    return -math.inf if value == 0 else math.nan


def total(values: Iterable[float]) -> float:
    """Exact sum; NaN when infinities of both signs are in it."""
    kept = list(values)
    try:
        return math.fsum(kept)
    except OverflowError:
        return sum(kept)
    except ValueError:
        return math.nan


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean of at least one value, also where their sum would be too large."""
    summed = total(values)
    if math.isinf(summed) and not any(map(math.isinf, values)):
        return total(value / len(values) for value in values)
    return summed / len(values)


def variance(values: Iterable[float]) -> float:
    """
    Population variance.

    Source: B. P. Welford, Note on a method for calculating corrected sums of squares and products, 1962.
    """
    count, center, squares = 0, 0.0, 0.0
    for value in values:
        count += 1
        distance = value - center
        center += distance / count
        squares += distance * (value - center)
    return squares / count if count else math.nan


def quantile(share: float, values: Iterable[float]) -> float:
    """
    The value below which a share of the values lies, between two neighbours by straight line.

    Args:
        share: Share of the values below the quantile, from 0 to 1; beyond, the answer is infinite.
        values: The values; without any the answer is NaN. NaN counts as smallest.
    """
    ordered = sorted(values, key=lambda value: (value == value, value))  # noqa: PLR0124 - False for NaN, so it goes first
    if not ordered or math.isnan(share):
        return math.nan
    if share < 0:
        return -math.inf
    if share > 1:
        return math.inf
    rank = share * (len(ordered) - 1)
    lower = max(0, math.floor(rank))
    upper = min(len(ordered) - 1, lower + 1)
    weight = rank - math.floor(rank)
    if not weight:
        return ordered[lower]  # no weight is multiplied with infinity
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def shortest(value: float) -> str:
    """A number as labels hold it: as many digits as it takes, and never an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = format(Decimal(repr(value)), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def number_from_text(text: str) -> float | None:
    """A number as labels hold it, "0.5", "1e-05" or "+Inf"; `None` when it is none."""
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None
