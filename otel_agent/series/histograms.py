"""
Native histograms: counts in buckets whose bounds grow by a constant factor.

What OpenTelemetry calls an exponential histogram and Prometheus a native one. Of scale `s` the bounds grow by the factor
2^(2^-s); the bucket of index `i` holds the values above factor^(i-1) and up to factor^i. OpenTelemetry counts its indexes
from one lower; whoever builds a `NativeHistogram` adds the one.

Source: https://prometheus.io/docs/specs/native_histograms/
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Bucket", "NativeHistogram", "PackedCounts"]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket with its bounds."""

    lower: float
    """Values in it are above this."""
    upper: float
    """Values in it are at most this."""
    count: float
    """Observations in the bucket."""


class PackedCounts(Mapping[int, float]):
    """
    Counts of neighbouring buckets, in as few bytes each as the largest needs: what a stream of histograms is kept as.

    Args:
        offset: Index of the first bucket.
        counts: Observations in each bucket, from the first one on.
    """

    __slots__ = ("_counts", "_offset")

    def __init__(self, offset: int, counts: Sequence[float]) -> None:
        self._offset = offset
        self._counts = array(_kind(counts), counts)

    def __getitem__(self, index: int) -> float:
        position = index - self._offset
        if 0 <= position < len(self._counts):
            return float(self._counts[position])
        raise KeyError(index)

    def size_bytes(self) -> int:
        """Memory taken, in bytes."""
        return _PACKED_BYTES + self._counts.itemsize * len(self._counts)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._offset, self._offset + len(self._counts)))

    def __len__(self) -> int:
        return len(self._counts)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedCounts):
            return self._offset == other._offset and self._counts == other._counts
        return Mapping.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment] # as any mapping


_PACKED_BYTES = 128
_HISTOGRAM_BYTES = 180
_ENTRY_BYTES = 100


def _kind(counts: Sequence[float]) -> str:
    """Letter of the smallest kind of array that holds counts exactly."""
    largest = max(counts, default=0)
    if not all(type(count) is int for count in counts) or largest >= 1 << 32:
        return "d"
    return "B" if largest < 1 << 8 else "H" if largest < 1 << 16 else "I"


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
        The same histogram with coarser buckets.

        Args:
            scale: Scale wanted; a finer one than the present leaves the histogram as it is.
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

    def packed(self) -> "NativeHistogram":
        """The same histogram in as little memory as it takes."""
        if isinstance(self.positive, PackedCounts) and isinstance(self.negative, PackedCounts):
            return self
        return NativeHistogram(
            self.scale,
            self.count,
            self.sum,
            self.zero_count,
            self.zero_threshold,
            _packed(self.positive),
            _packed(self.negative),
        )

    def size_bytes(self) -> int:
        """Memory taken, in bytes; an estimate where the buckets are not packed."""
        return _HISTOGRAM_BYTES + _counts_bytes(self.positive) + _counts_bytes(self.negative)

    def plus(self, other: "NativeHistogram", factor: float = 1.0) -> "NativeHistogram":
        """
        Add another histogram, times a factor; at the coarser of the two scales.

        Args:
            other: Native histogram of any scale.
            factor: What the other's counts are multiplied by; -1 subtracts.
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
            factor: What the counts and the sum are multiplied by.
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
            before: An earlier state of the same histogram.
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


def _packed(counts: Mapping[int, float]) -> Mapping[int, float]:
    if not counts or isinstance(counts, PackedCounts):
        return counts
    first, last = min(counts), max(counts)
    whole = [
        int(count) if count == int(count) else count
        for count in (counts.get(index, 0) for index in range(first, last + 1))
    ]
    return PackedCounts(first, whole)


def _counts_bytes(counts: Mapping[int, float]) -> int:
    return counts.size_bytes() if isinstance(counts, PackedCounts) else _ENTRY_BYTES * len(counts)


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
