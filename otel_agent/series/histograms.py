"""
Native histograms: counts in buckets whose bounds grow by a constant factor.

What OpenTelemetry calls an exponential histogram and Prometheus a native one. Of scale `s` the bounds grow by the factor
2^(2^-s); the bucket of index `i` holds the values above factor^(i-1) and up to factor^i. OpenTelemetry counts its indexes
from one lower; whoever builds a `NativeHistogram` adds the one.

Source: https://prometheus.io/docs/specs/native_histograms/
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Bucket", "Counts", "HistogramRing", "HistogramWindow", "NativeHistogram"]

HISTOGRAM_LIMIT = 900
"""Histograms kept of a series as they came: a quarter of an hour at one a second. One is a hundred times a number's size."""
HISTOGRAM_COARSE_LIMIT = 4_500
"""Minutes of which the last histogram is kept: a little more than three days."""
COARSE_STEP_MS = 60_000
"""Length of a step of the coarse tier."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket with its bounds."""

    lower: float
    """Values in it are above this."""
    upper: float
    """Values in it are at most this."""
    count: float
    """How many."""


class Counts(Mapping[int, float]):
    """Counts of neighbouring buckets, 8 bytes each: what a stream of histograms is kept as."""

    __slots__ = ("_counts", "_offset")

    def __init__(self, offset: int, counts: Sequence[float]) -> None:
        """
        Pack counts.

        Args:
            offset: Index of the first bucket.
            counts: One for each bucket from there on.
        """
        self._offset = offset
        self._counts = array("d", counts)

    def __getitem__(self, index: int) -> float:
        position = index - self._offset
        if 0 <= position < len(self._counts):
            return self._counts[position]
        raise KeyError(index)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._offset, self._offset + len(self._counts)))

    def __len__(self) -> int:
        return len(self._counts)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Counts):
            return self._offset == other._offset and self._counts == other._counts
        return Mapping.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment] # as any mapping


@dataclass(frozen=True, slots=True)
class NativeHistogram:
    """One state of a native histogram; all counts are since its start."""

    scale: int
    """How fine: 2^scale buckets for each doubling."""
    count: float
    """Observations."""
    sum: float
    """Their sum."""
    zero_count: float = 0.0
    """Observations too near to zero for any bucket."""
    zero_threshold: float = 0.0
    """How near that is."""
    positive: Mapping[int, float] = field(default_factory=dict)
    """Counts of the buckets above zero, by index; empty buckets may be left out."""
    negative: Mapping[int, float] = field(default_factory=dict)
    """Counts of the buckets below zero, by index of their mirror image."""

    def at_scale(self, scale: int) -> "NativeHistogram":
        """
        The same, coarser.

        Args:
            scale: At most the present one.
        """
        if scale >= self.scale:
            return self
        shift = self.scale - scale
        return NativeHistogram(
            scale,
            self.count,
            self.sum,
            self.zero_count,
            self.zero_threshold,
            _merged(self.positive, shift),
            _merged(self.negative, shift),
        )

    def plus(self, other: "NativeHistogram", factor: float = 1.0) -> "NativeHistogram":
        """
        Add another, times a factor; at the coarser of the two scales.

        Args:
            other: Any native histogram.
            factor: -1 subtracts.
        """
        scale = min(self.scale, other.scale)
        mine, others = self.at_scale(scale), other.at_scale(scale)
        return NativeHistogram(
            scale,
            mine.count + factor * others.count,
            mine.sum + factor * others.sum,
            mine.zero_count + factor * others.zero_count,
            max(mine.zero_threshold, others.zero_threshold),
            _added(mine.positive, others.positive, factor),
            _added(mine.negative, others.negative, factor),
        )

    def times(self, factor: float) -> "NativeHistogram":
        """
        Multiply every count.

        Args:
            factor: Any number.
        """
        return NativeHistogram(
            self.scale,
            self.count * factor,
            self.sum * factor,
            self.zero_count * factor,
            self.zero_threshold,
            {index: count * factor for index, count in self.positive.items()},
            {index: count * factor for index, count in self.negative.items()},
        )

    def is_reset_after(self, before: "NativeHistogram") -> bool:
        """
        Whether this cannot have grown out of an earlier state, so that counting began anew between the two.

        Args:
            before: The state before.
        """
        if self is before:
            return False
        if self.count < before.count or self.zero_count < before.zero_count or self.scale > before.scale:
            return True
        earlier = before.at_scale(self.scale)
        return _fell(earlier.positive, self.positive) or _fell(earlier.negative, self.negative)

    def buckets(self) -> Iterator[Bucket]:
        """The buckets that are not empty, lowest first."""
        growth = 2.0**-self.scale
        for index in sorted(self.negative, reverse=True):
            if self.negative[index]:
                yield Bucket(-_bound(index, growth), -_bound(index - 1, growth), self.negative[index])
        if self.zero_count:
            yield Bucket(-self.zero_threshold, self.zero_threshold, self.zero_count)
        for index in sorted(self.positive):
            if self.positive[index]:
                yield Bucket(_bound(index - 1, growth), _bound(index, growth), self.positive[index])


def _bound(index: int, growth: float) -> float:
    try:
        return float(2.0 ** (index * growth))
    except OverflowError:
        return float("inf")


def _merged(counts: Mapping[int, float], shift: int) -> dict[int, float]:
    merged: dict[int, float] = {}
    for index, count in counts.items():
        coarse = ((index - 1) >> shift) + 1
        merged[coarse] = merged.get(coarse, 0.0) + count
    return merged


def _added(mine: Mapping[int, float], others: Mapping[int, float], factor: float) -> dict[int, float]:
    added = dict(mine)
    for index, count in others.items():
        added[index] = added.get(index, 0.0) + factor * count
    return added


def _fell(before: Mapping[int, float], after: Mapping[int, float]) -> bool:
    return any(after.get(index, 0.0) < count for index, count in before.items())


class HistogramWindow(NamedTuple):
    """The histograms of a series within a span of time, oldest first."""

    times_ms: list[int]
    """When, in milliseconds since 1970."""
    values: list[NativeHistogram]
    """What."""


class HistogramRing:
    """
    A bounded run of native histograms, in two tiers as `Ring`, newest last. `None` marks the end of a series.

    A state equal to the one before is kept as a reference to it, so a histogram nobody writes to takes 16 bytes a point.
    """

    __slots__ = (
        "_coarse_limit",
        "_limit",
        "_seal_ms",
        "coarse_times_ms",
        "coarse_values",
        "last_ms",
        "times_ms",
        "values",
    )

    def __init__(self, limit: int = HISTOGRAM_LIMIT, coarse_limit: int = HISTOGRAM_COARSE_LIMIT) -> None:
        """
        Make an empty run.

        Args:
            limit: States kept as they came at least.
            coarse_limit: Minutes of which the last state is kept.
        """
        self._limit = limit
        self._coarse_limit = coarse_limit
        self._seal_ms = 0
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
        self.times_ms.append(time_ms)
        self.values.append(value)
        self.last_ms = time_ms
        return True

    def _seal(self, time_ms: int) -> None:
        if self.values:
            self.coarse_times_ms.append(self.last_ms)
            self.coarse_values.append(self.values[-1])
        self._seal_ms = (time_ms // COARSE_STEP_MS + 1) * COARSE_STEP_MS
        if len(self.values) >= self._limit + self._limit // 8:
            del self.times_ms[: -self._limit]
            del self.values[: -self._limit]
        if len(self.coarse_values) > self._coarse_limit + self._coarse_limit // 8:
            del self.coarse_times_ms[: -self._coarse_limit]
            del self.coarse_values[: -self._coarse_limit]

    def latest(self, at_ms: int, lookback_ms: int) -> tuple[int, NativeHistogram] | None:
        """
        The newest state that is not later than a moment, nor older than the lookback.

        Args:
            at_ms: The moment.
            lookback_ms: A state exactly this old is too old.
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
            after_ms: States at or before it are left out.
            until_ms: States after it are left out.
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
        """Memory taken by the points, in bytes; states that are shared count once, their buckets as 8 bytes each."""
        states = {id(value): value for value in (*self.values, *self.coarse_values) if value is not None}
        inner = sum(200 + 8 * (len(value.positive) + len(value.negative)) for value in states.values())
        return inner + 16 * (len(self.values) + len(self.coarse_values))
