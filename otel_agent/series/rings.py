"""
A bounded run of points of one series: 16 bytes each, milliseconds and a float, newest last.

Two tiers. The fine one keeps every point, at least `limit` of them. The coarse one keeps for each full minute the last, the
smallest and the largest value, for much longer; it is filled when a minute ends, from the fine points of that minute, so
that a push costs nothing for it. Both grow as they fill: a short series takes little memory.

Points lie in plain arrays, oldest first. When a tier is full an eighth of it is cut off at once, which is cheaper than the
arithmetic of a circular buffer at every access, and keeps any window one slice.

Not thread-safe: `Store` holds its lock around pushes and reads.
"""

import struct
from array import array
from bisect import bisect_left, bisect_right
from typing import Literal, NamedTuple

__all__ = ["COARSE_LIMIT", "COARSE_STEP_MS", "FINE_LIMIT", "STALE", "Ends", "Ring", "Window", "is_stale"]

FINE_LIMIT = 10_000
"""Points kept at full resolution."""
COARSE_LIMIT = 5_760
"""Minutes kept in the coarse tier: four days, so that a window of three days is always covered."""
COARSE_STEP_MS = 60_000
"""Length of a step of the coarse tier."""

# A quiet NaN of our own marks the end of a series; Prometheus's is a signalling one, which some processors alter.
_STALE_BITS = struct.pack("<Q", 0x7FF8_0000_0000_0A6E)
STALE: float = struct.unpack("<d", _STALE_BITS)[0]
"""The value that says: from here on there is no value."""


def is_stale(value: float) -> bool:
    """Whether a value is the mark that ends a series; an ordinary NaN is not."""
    return value != value and struct.pack("<d", value) == _STALE_BITS  # noqa: PLR0124 - the fast test for NaN


class Window(NamedTuple):
    """The points of a series within a span of time, oldest first, without marks of staleness."""

    times_ms: "array[int]"
    """Moment of each point, in milliseconds since 1970."""
    values: "array[float]"
    """Value of each point."""
    drops: "array[float] | None"
    """For a counter: its values before each restart within the window; `None` when that was not kept."""


Ends = tuple[int, int, int, float, float, "array[float]"]
"""
What a rate needs to know of a counter's points within a span of time: how many, time of the first and of the last, value of
the first and of the last, and the values before each restart between them.
"""
_NONE = array("d")
_NO_ENDS: Ends = (0, 0, 0, 0.0, 0.0, _NONE)


class Ring:
    """
    Points of one series.

    Args:
        limit: Points kept at full resolution at least; at least 1. Up to an eighth more are kept.
        coarse_limit: Minutes kept in the coarse tier; 0 for none.
        is_counter: Whether the values only grow but for restarts; each restart is then remembered where it happens.
    """

    __slots__ = (
        "_coarse_limit", "_drop_times_ms", "_drop_values", "_limit", "_seal_ms", "_trim_at", "coarse_lasts", "coarse_maxs",
        "coarse_mins", "coarse_times_ms", "is_counter", "last_ms", "last_value", "stale_count", "times_ms", "values",
    )  # fmt: skip

    def __init__(self, limit: int = FINE_LIMIT, coarse_limit: int = COARSE_LIMIT, *, is_counter: bool = False) -> None:
        self._limit = limit
        self._trim_at = limit + max(1, limit // 8)
        self._coarse_limit = coarse_limit
        self._seal_ms = 0
        self.is_counter = is_counter
        self.last_ms = -(1 << 62)
        self.last_value = 0.0
        self.stale_count = 0
        self.times_ms = array("q")
        self.values = array("d")
        self.coarse_times_ms = array("q")
        self.coarse_lasts = array("d")
        self.coarse_mins = array("d")
        self.coarse_maxs = array("d")
        self._drop_times_ms = array("q")
        self._drop_values = array("d")

    def push(self, time_ms: int, value: float) -> bool:
        """
        Add a point at the end.

        Args:
            time_ms: Milliseconds since 1970; must be later than the last.
            value: The number, in the series' unit; `STALE` to end the series.

        Returns:
            Whether it was taken; a point that is not later than the last is not.
        """
        if time_ms <= self.last_ms:
            return False
        if time_ms >= self._seal_ms:
            self._seal(time_ms)
        if not value >= self.last_value:
            self._note_fall(time_ms, value)
        self.times_ms.append(time_ms)
        self.values.append(value)
        self.last_ms = time_ms
        self.last_value = value
        return True

    def _note_fall(self, time_ms: int, value: float) -> None:
        if value != value and is_stale(value):  # noqa: PLR0124 - the fast test for NaN
            self.stale_count += 1
            return
        before = self.last_value
        if self.is_counter:
            if is_stale(before):
                position = next((i for i in range(len(self.values) - 1, -1, -1) if not is_stale(self.values[i])), None)
                if position is None or not value < self.values[position]:
                    return
                before = self.values[position]
            elif not self.values or not value < before:
                return
            self._drop_times_ms.append(time_ms)
            self._drop_values.append(before)

    def _seal(self, time_ms: int) -> None:
        if self.times_ms and self._coarse_limit:
            begin = bisect_left(self.times_ms, self._seal_ms - COARSE_STEP_MS)
            minute = [value for value in self.values[begin:] if value == value]  # noqa: PLR0124 - the fast test for NaN
            if minute:
                self.coarse_times_ms.append(self.last_ms)
                self.coarse_lasts.append(minute[-1])
                self.coarse_mins.append(min(minute))
                self.coarse_maxs.append(max(minute))
                if len(self.coarse_times_ms) > self._coarse_limit + self._coarse_limit // 8:
                    self._cut(
                        self._coarse_limit, self.coarse_times_ms, self.coarse_lasts, self.coarse_mins, self.coarse_maxs
                    )
        self._seal_ms = (time_ms // COARSE_STEP_MS + 1) * COARSE_STEP_MS
        if len(self.times_ms) >= self._trim_at:
            self._trim(self._limit)

    def keep(self, most: int) -> None:
        """
        Let the oldest points of both tiers go.

        Args:
            most: Points kept of each tier; at least 1.
        """
        if len(self.coarse_times_ms) > most:
            self._cut(most, self.coarse_times_ms, self.coarse_lasts, self.coarse_mins, self.coarse_maxs)
        if len(self.times_ms) > most:
            self._trim(most)

    def _cut(self, most: int, *columns: "array[int] | array[float]") -> None:
        surplus = len(columns[0]) - most
        for column in columns:
            del column[:surplus]

    def _trim(self, most: int) -> None:
        surplus = len(self.times_ms) - most
        if self.stale_count:
            self.stale_count -= sum(map(is_stale, self.values[:surplus]))
        del self.times_ms[:surplus]
        del self.values[:surplus]
        oldest_ms = self.coarse_times_ms[0] if self.coarse_times_ms else self.times_ms[0]
        gone = bisect_right(self._drop_times_ms, oldest_ms)
        del self._drop_times_ms[:gone]
        del self._drop_values[:gone]

    def latest(self, at_ms: int, lookback_ms: int) -> tuple[int, float] | None:
        """
        The newest point that is not later than a moment, nor older than the lookback.

        Args:
            at_ms: The moment, in milliseconds since 1970.
            lookback_ms: Age in milliseconds at which a point is too old.

        Returns:
            Time and value, or `None` when there is none or the series has ended.
        """
        if at_ms >= self.last_ms:
            time_ms, value = self.last_ms, self.last_value
            if not self.times_ms:
                return None
        else:
            position = bisect_right(self.times_ms, at_ms) - 1
            if position >= 0:
                time_ms, value = self.times_ms[position], self.values[position]
            else:
                position = bisect_right(self.coarse_times_ms, at_ms) - 1
                if position < 0:
                    return None
                time_ms, value = self.coarse_times_ms[position], self.coarse_lasts[position]
        if time_ms <= at_ms - lookback_ms or is_stale(value):
            return None
        return time_ms, value

    def window(self, after_ms: int, until_ms: int, want: Literal["last", "min", "max"] = "last") -> Window:
        """
        The points later than one moment and not later than another.

        Args:
            after_ms: Moment after which points count, in milliseconds since 1970; one exactly then is left out.
            until_ms: Moment up to which points count, in milliseconds since 1970.
            want: What stands for a minute of which only the coarse tier knows.
        """
        begin = bisect_right(self.times_ms, after_ms)
        end = len(self.times_ms) if until_ms >= self.last_ms else bisect_right(self.times_ms, until_ms)
        times_ms, values = self.times_ms[begin:end], self.values[begin:end]
        if self.stale_count and any(map(is_stale, values)):
            kept = [i for i, value in enumerate(values) if not is_stale(value)]
            times_ms = array("q", [times_ms[i] for i in kept])
            values = array("d", [values[i] for i in kept])
        if begin == 0 and self.coarse_times_ms and self.coarse_times_ms[0] <= until_ms:
            times_ms, values = self._with_coarse(after_ms, until_ms, want, times_ms, values)
        return Window(times_ms, values, self._dropped(times_ms) if self.is_counter else None)

    def ends(self, after_ms: int, until_ms: int) -> Ends | None:
        """
        First and last point of a window, without copying what lies between.

        Args:
            after_ms: Moment after which points count, in milliseconds since 1970; one exactly then is left out.
            until_ms: Moment up to which points count, in milliseconds since 1970.

        Returns:
            The ends; `None` where only `window` can tell: for what is no counter, has marks of staleness, or is older than
            the fine tier.
        """
        times_ms = self.times_ms
        if not self.is_counter or self.stale_count or not times_ms or (times_ms[0] > after_ms and self.coarse_times_ms):
            return None
        begin = bisect_right(times_ms, after_ms)
        end = len(times_ms) if until_ms >= self.last_ms else bisect_right(times_ms, until_ms)
        if begin >= end:
            return _NO_ENDS
        first_ms, last_ms = times_ms[begin], times_ms[end - 1]
        drops = _NONE
        if self._drop_times_ms:
            first = bisect_right(self._drop_times_ms, first_ms)
            drops = self._drop_values[first : bisect_right(self._drop_times_ms, last_ms)]
        return end - begin, first_ms, last_ms, self.values[begin], self.values[end - 1], drops

    def _with_coarse(
        self, after_ms: int, until_ms: int, want: str, times_ms: "array[int]", values: "array[float]"
    ) -> tuple["array[int]", "array[float]"]:
        oldest_ms = self.times_ms[0] if self.times_ms else self.last_ms + 1
        begin = bisect_right(self.coarse_times_ms, after_ms)
        end = min(bisect_left(self.coarse_times_ms, oldest_ms), bisect_right(self.coarse_times_ms, until_ms))
        if begin >= end:
            return times_ms, values
        column = {"last": self.coarse_lasts, "min": self.coarse_mins, "max": self.coarse_maxs}[want]
        return self.coarse_times_ms[begin:end] + times_ms, column[begin:end] + values

    def _dropped(self, times_ms: "array[int]") -> "array[float]":
        if not self._drop_times_ms or not times_ms:
            return _NONE
        begin = bisect_right(self._drop_times_ms, times_ms[0])
        return self._drop_values[begin : bisect_right(self._drop_times_ms, times_ms[-1])]

    def size_bytes(self) -> int:
        """Memory taken by the points, in bytes, what the arrays keep in reserve included."""
        columns = (
            self.times_ms,
            self.values,
            self.coarse_times_ms,
            self.coarse_lasts,
            self.coarse_mins,
            self.coarse_maxs,
        )
        return sum(column.__sizeof__() for column in (*columns, self._drop_times_ms, self._drop_values))
