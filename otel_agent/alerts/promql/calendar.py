"""
Functions of the calendar: what a moment, in seconds since 1970, is in UTC.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#day_of_week
"""

import calendar
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["CALENDAR"]

_LIMIT_S = 2.0e11
"""Beyond about six thousand years there is no calendar."""


def _of_moment(read: Callable[[datetime], int]) -> Callable[[float], float]:
    def answer(moment_s: float) -> float:
        if math.isnan(moment_s) or abs(moment_s) > _LIMIT_S:
            return math.nan
        try:
            return float(read(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=math.trunc(moment_s))))
        except OverflowError:
            return math.nan

    return answer


CALENDAR: dict[str, Callable[[float], float]] = {
    "day_of_month": _of_moment(lambda moment: moment.day),
    "day_of_week": _of_moment(lambda moment: moment.isoweekday() % 7),
    "day_of_year": _of_moment(lambda moment: moment.timetuple().tm_yday),
    "days_in_month": _of_moment(lambda moment: calendar.monthrange(moment.year, moment.month)[1]),
    "hour": _of_moment(lambda moment: moment.hour),
    "minute": _of_moment(lambda moment: moment.minute),
    "month": _of_moment(lambda moment: moment.month),
    "year": _of_moment(lambda moment: moment.year),
}
"""Each takes a moment; without an argument they are asked for the moment of the evaluation."""
