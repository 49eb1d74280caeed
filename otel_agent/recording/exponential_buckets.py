"""
Durations sorted into exponential buckets, finer than any export needs.

Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-buckets
"""

from collections import Counter
from math import ceil, exp2, inf, log2

__all__ = ["SCALE", "ExponentialBuckets", "as_dense", "merged"]

SCALE = 6
"""Sixty-four buckets an octave: each is 1.1 % wide."""

_PER_OCTAVE = 1 << SCALE
_LOG2_NS = log2(1e-9)
_MAX_INDICES = 8192
_indices: dict[int, int] = {}
"""Index of the bucket of each duration met of late, by nanoseconds."""


def _remember(duration_ns: int) -> int:
    index = ceil((log2(duration_ns) + _LOG2_NS) * _PER_OCTAVE) - 1
    if len(_indices) >= _MAX_INDICES:
        _indices.clear()
    _indices[duration_ns] = index
    return index


class ExponentialBuckets:
    """Durations by bucket, cumulative since the start; not thread-safe."""

    __slots__ = ("counts", "max_ns", "min_ns", "sum_ns", "zeros")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        """Calls by index of the bucket, in seconds and at `SCALE`: index i holds (base^i, base^(i+1)]."""
        self.zeros = 0
        self.sum_ns = 0
        self.min_ns: float = inf
        self.max_ns = 0

    @property
    def count(self) -> int:
        """Calls counted."""
        return sum(self.counts.values()) + self.zeros

    def add(self, batch: list[int]) -> None:
        """
        Sort durations in.

        Args:
            batch: Durations in nanoseconds. Negative ones, left by a wall clock that was set back, count as zero.
        """
        if not batch:
            return
        counts = self.counts
        # Quick functions have few different durations: equal ones are counted first, and what was worked out is remembered.
        for duration_ns, times in Counter(batch).items():
            index = _indices.get(duration_ns)
            if index is None:
                if duration_ns <= 0:
                    self.zeros += times
                    continue
                index = _remember(duration_ns)
            counts[index] = counts.get(index, 0) + times
        lowest = min(batch)
        self.sum_ns += sum(batch) if lowest >= 0 else sum(each for each in batch if each > 0)
        self.min_ns = min(self.min_ns, max(lowest, 0))
        self.max_ns = max(self.max_ns, *batch)

    def copy(self) -> "ExponentialBuckets":
        """A copy, which stays as it is."""
        copied = ExponentialBuckets()
        copied.counts = self.counts.copy()
        copied.zeros, copied.sum_ns = self.zeros, self.sum_ns
        copied.min_ns, copied.max_ns = self.min_ns, self.max_ns
        return copied

    def since(self, before: "ExponentialBuckets") -> "ExponentialBuckets":
        """
        What was added after an earlier state.

        Args:
            before: A copy made earlier.

        Returns:
            Buckets whose smallest and largest durations are those of the whole, because what bounds the part is not known.
        """
        more = self.copy()
        more.counts = {
            index: left for index, count in self.counts.items() if (left := count - before.counts.get(index, 0)) > 0
        }
        more.zeros -= before.zeros
        more.sum_ns -= before.sum_ns
        return more

    def quantile_s(self, share: float) -> float:
        """
        The duration that a share of the calls does not exceed.

        Args:
            share: Share of the calls, from 0 to 1.

        Returns:
            Seconds, within a bucket's width (1.1 %) of the exact value; 0 when there are no calls.
        """
        rank = share * self.count
        passed = float(self.zeros)
        if passed >= rank:
            return 0.0
        for index in sorted(self.counts):
            here = self.counts[index]
            if passed + here >= rank:
                found = exp2((index + (rank - passed) / here) / _PER_OCTAVE)
                return min(max(found, self.min_ns / 1e9), self.max_ns / 1e9)
            passed += here
        return self.max_ns / 1e9


def merged(one: ExponentialBuckets, other: ExponentialBuckets) -> ExponentialBuckets:
    """The sum of two sets of buckets."""
    both = ExponentialBuckets()
    both.counts = dict(Counter(one.counts) + Counter(other.counts))
    both.zeros = one.zeros + other.zeros
    both.sum_ns = one.sum_ns + other.sum_ns
    both.min_ns = min(one.min_ns, other.min_ns)
    both.max_ns = max(one.max_ns, other.max_ns)
    return both


def as_dense(counts: dict[int, int], most: int) -> tuple[int, int, list[int]]:
    """
    Counts as a list of neighbouring buckets, made coarser by powers of two until they are few enough.

    Args:
        counts: Calls by index, at `SCALE`.
        most: Longest list wanted; at least 1.

    Returns:
        Scale, index of the first bucket, and the counts from it on; a coarser bucket is the sum of whole finer ones.
    """
    if not counts:
        return SCALE, 0, []
    lowest, highest = min(counts), max(counts)
    coarser = 0
    while (highest >> coarser) - (lowest >> coarser) >= most:
        coarser += 1
    first = lowest >> coarser
    buckets = [0] * ((highest >> coarser) - first + 1)
    for index, count in counts.items():
        buckets[(index >> coarser) - first] += count
    return SCALE - coarser, first, buckets
