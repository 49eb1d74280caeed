"""
Points of one series whose values are native histograms.

As `rings` keeps numbers, in a fine and a coarse tier; the coarse one keeps the last histogram of each full minute.

Not thread-safe: `Store` holds its lock around pushes and reads.
"""

from array import array
from bisect import bisect_right
from typing import NamedTuple

from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.rings import COARSE_STEP_MS

__all__ = ["HistogramRing", "HistogramWindow"]

HISTOGRAM_LIMIT = 900
"""Histograms kept of a series as they came: a quarter of an hour at one a second. One is a hundred times a number's size."""
HISTOGRAM_COARSE_LIMIT = 4_500
"""Minutes of which the last histogram is kept: a little more than three days."""


class HistogramWindow(NamedTuple):
    """The histograms of a series within a span of time, oldest first."""

    times_ms: list[int]
    """Moment of each histogram, in milliseconds since 1970."""
    values: list[NativeHistogram]
    """The histograms."""


class HistogramRing:
    """
    A bounded run of native histograms, in two tiers as `Ring`, newest last. `None` marks the end of a series.

    A state equal to the one before is kept as a reference to it, so a histogram nobody writes to takes 16 bytes a point. What the
    states take is counted as they come and go.

    Args:
        limit: States kept as they came, at least; up to an eighth more are.
        coarse_limit: Minutes of which the last state is kept.
    """

    __slots__ = (
        "_coarse_limit",
        "_limit",
        "_seal_ms",
        "_state_bytes",
        "coarse_times_ms",
        "coarse_values",
        "last_ms",
        "times_ms",
        "values",
    )

    def __init__(self, limit: int = HISTOGRAM_LIMIT, coarse_limit: int = HISTOGRAM_COARSE_LIMIT) -> None:
        self._limit = limit
        self._coarse_limit = coarse_limit
        self._seal_ms = 0
        self._state_bytes = 0
        self.last_ms = -(1 << 62)
        self.times_ms = array("q")
        self.values: list[NativeHistogram | None] = []
        self.coarse_times_ms = array("q")
        self.coarse_values: list[NativeHistogram | None] = []

    def push(self, time_ms: int, value: NativeHistogram | None) -> bool:
        """
        Add a state at the end.

        Args:
            time_ms: Milliseconds since 1970; must be later than the last.
            value: The state, or `None` to end the series.

        Returns:
            Whether it was taken.
        """
        if time_ms <= self.last_ms:
            return False
        if time_ms >= self._seal_ms:
            self._seal(time_ms)
        if self.values and value == self.values[-1]:
            value = self.values[-1]
        elif value is not None:
            self._state_bytes += value.size_bytes()
        self.times_ms.append(time_ms)
        self.values.append(value)
        self.last_ms = time_ms
        return True

    def _seal(self, time_ms: int) -> None:
        if self.values:
            self.coarse_times_ms.append(self.last_ms)
            self.coarse_values.append(self.values[-1])
        self._seal_ms = (time_ms // COARSE_STEP_MS + 1) * COARSE_STEP_MS
        if (
            len(self.values) >= self._limit + self._limit // 8
            or len(self.coarse_values) > self._coarse_limit + self._coarse_limit // 8
        ):
            self._cut(self._limit, self._coarse_limit)

    def keep(self, most: int) -> None:
        """
        Let the oldest states of both tiers go.

        Args:
            most: States kept of each tier; at least 1.
        """
        if len(self.values) > most or len(self.coarse_values) > most:
            self._cut(most, most)

    def _cut(self, most: int, most_coarse: int) -> None:
        del self.times_ms[:-most]
        del self.values[:-most]
        del self.coarse_times_ms[:-most_coarse]
        del self.coarse_values[:-most_coarse]
        states = {id(value): value for value in (*self.values, *self.coarse_values) if value is not None}
        self._state_bytes = sum(value.size_bytes() for value in states.values())

    def latest(self, at_ms: int, lookback_ms: int) -> tuple[int, NativeHistogram] | None:
        """
        The newest state that is not later than a moment, nor older than the lookback.

        Args:
            at_ms: The moment, in milliseconds since 1970.
            lookback_ms: Age in milliseconds at which a state is too old.

        Returns:
            Moment and histogram, or `None` when there is none or the series has ended.
        """
        for times_ms, values in ((self.times_ms, self.values), (self.coarse_times_ms, self.coarse_values)):
            position = bisect_right(times_ms, at_ms) - 1
            if position >= 0:
                found = values[position]
                return (
                    None if found is None or times_ms[position] <= at_ms - lookback_ms else (times_ms[position], found)
                )
        return None

    def window(self, after_ms: int, until_ms: int) -> HistogramWindow:
        """
        The states later than one moment and not later than another.

        Args:
            after_ms: Moment after which states count, in milliseconds since 1970; one exactly then is left out.
            until_ms: Moment up to which states count, in milliseconds since 1970.
        """
        oldest_ms = self.times_ms[0] if self.times_ms else self.last_ms
        begin = bisect_right(self.coarse_times_ms, after_ms)
        end = bisect_right(self.coarse_times_ms, min(until_ms, oldest_ms - 1))
        points = list(zip(self.coarse_times_ms[begin:end], self.coarse_values[begin:end], strict=True))
        begin, end = bisect_right(self.times_ms, after_ms), bisect_right(self.times_ms, until_ms)
        points += zip(self.times_ms[begin:end], self.values[begin:end], strict=True)
        kept = [(time_ms, value) for time_ms, value in points if value is not None]
        return HistogramWindow([time_ms for time_ms, _ in kept], [value for _, value in kept])

    def size_bytes(self) -> int:
        """Memory taken by the points, in bytes; states that are shared count once."""
        return self._state_bytes + 16 * (len(self.values) + len(self.coarse_values))
