"""
Numbers for people, written as Prometheus's templates write them.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers
"""

import math
from datetime import UTC, datetime, timedelta

__all__ = ["duration", "number", "number_1024", "percentage", "plain", "significant", "timestamp"]

_LARGE, _SMALL, _BINARY = "kMGTPEZY", "munpfazy", ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
EXPONENT_FROM = 6
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def _special(value: float) -> str | None:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return None


def _short(value: float) -> str:
    return _special(value) or f"{value:.4g}"


def plain(value: float) -> str:
    """
    A number as Go prints it: shortest form, with an exponent from a million on.

    Args:
        value: The number; infinities and NaN have words.
    """
    special = _special(value)
    if special is not None:
        return special
    if not value:
        return "-0" if math.copysign(1.0, value) < 0 else "0"
    shortest = next(text for places in range(18) if float(text := f"{value:.{places}e}") == value)
    mantissa, _, exponent = shortest.partition("e")
    if not -4 <= int(exponent) < EXPONENT_FROM:  # noqa: PLR2004 - the lower bound of Go's shortest form
        return shortest
    places = len(mantissa.partition(".")[2]) - int(exponent)
    return f"{value:.{max(0, places)}f}"


def significant(value: float, digits: int) -> str:
    """
    A number with at most so many significant digits.

    Args:
        value: The number.
        digits: How many digits; 0 stands for one.
    """
    return _special(value) or f"{value:.{digits or 1}g}"


def number(value: float) -> str:
    """
    With a metric prefix: 1234567 is "1.235M".

    Args:
        value: The number, in any unit.
    """
    if not value or _special(value):
        return _short(value)
    prefix = ""
    if abs(value) >= 1:
        for letter in _LARGE:
            if abs(value) < 1000:  # noqa: PLR2004 - what a metric prefix stands for
                break
            prefix, value = letter, value / 1000
    else:
        for letter in _SMALL:
            if abs(value) >= 1:
                break
            prefix, value = letter, value * 1000
    return f"{_short(value)}{prefix}"


def number_1024(value: float) -> str:
    """
    With a binary prefix: 2048 is "2ki".

    Args:
        value: The number, in any unit.
    """
    if abs(value) <= 1 or _special(value):
        return _short(value)
    prefix = ""
    for letters in _BINARY:
        if abs(value) < 1024:  # noqa: PLR2004 - what a binary prefix stands for
            break
        prefix, value = letters, value / 1024
    return f"{_short(value)}{prefix.lower() if prefix == 'Ki' else prefix}"


def percentage(value: float) -> str:
    """
    A share as a percentage: 0.1234 is "12.34%".

    Args:
        value: The share; 1 is everything.
    """
    return f"{_short(value * 100)}%"


def duration(value: float) -> str:
    """
    A duration: 3725 is "1h 2m 5s".

    Args:
        value: The duration, in seconds.
    """
    if _special(value):
        return _short(value)
    if not value:
        return "0s"
    if abs(value) < 1:
        prefix = ""
        for letter in _SMALL:
            if abs(value) >= 1:
                break
            prefix, value = letter, value * 1000
        return f"{_short(value)}{prefix}s"
    sign, value = ("-" if value < 0 else ""), abs(value)
    whole = int(value)
    days, hours, minutes, seconds = whole // DAY_S, whole // HOUR_S % 24, whole // MINUTE_S % 60, whole % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{_short(value)}s"


def timestamp(value: float) -> str:
    """
    A moment, UTC.

    Args:
        value: The moment, in seconds since 1970.
    """
    if _special(value):
        return _short(value)
    # Prometheus keeps milliseconds and drops the rest, toward zero.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(int(value * 1e9) / 1e6))
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment.year:04d}-{moment:%m-%d %H:%M:%S}{fraction} +0000 UTC"
