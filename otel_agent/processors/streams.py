"""
One stream of points of a metric, written as the series Prometheus would have of it.

A number is one series. An explicit histogram is a series for each bucket, with `le`, and `_sum` and `_count`. An
exponential one is a series of native histograms, and `_sum` and `_count` beside it, so that rules may use either form.
The caller holds the store's lock.
"""

from typing import Any, Protocol

from otel_agent.series.histogram_rings import HistogramRing
from otel_agent.series.histograms import NativeHistogram, PackedCounts
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.rings import STALE, Ring
from otel_agent.series.store import Store

__all__ = ["BucketStream", "NativeStream", "NumberStream", "Stream"]

SCALE_LIMIT = 8
"""Finest scale of native histograms, in Prometheus as here."""


class Stream(Protocol):
    """A stream of points of one metric and one set of attributes."""

    seen_in: int
    """Number of the collection it was seen in last."""
    ended_ms: int
    """Moment it ended, in milliseconds since 1970; 0 while it is there."""
    is_kept: bool
    """Whether the store had room for it."""

    def push(self, time_ms: int, point: Any) -> None:
        """Write a point."""
        ...

    def push_zero(self, time_ms: int) -> None:
        """Write that nothing had been counted yet."""
        ...

    def end(self, time_ms: int) -> None:
        """Write that there is no value any more."""
        ...


class _RingStream:
    """Rings and marks that every stream has."""

    __slots__ = ("_rings", "ended_ms", "is_kept", "seen_in")

    def __init__(self, rings: list[Ring | None]) -> None:
        self.seen_in = 0
        self.ended_ms = 0
        self.is_kept = None not in rings
        self._rings = [ring for ring in rings if ring is not None]

    def push_zero(self, time_ms: int) -> None:
        for ring in self._rings:
            ring.push(time_ms, 0.0)

    def end(self, time_ms: int) -> None:
        self.ended_ms = time_ms
        for ring in self._rings:
            ring.push(time_ms, STALE)


def _ring(store: Store, labels: Labels, *, is_counter: bool) -> Ring | None:
    found = store.series(labels, is_counter=is_counter)
    return found.points if found is not None and isinstance(found.points, Ring) else None


def _part(labels: Labels, suffix: str, **more: str) -> Labels:
    return labels.replace({NAME: labels.get(NAME) + suffix, **more})


class NumberStream(_RingStream):
    """
    A counter or a gauge: one series.

    Args:
        store: Store in which the series is found or begun.
        labels: Labels of the series, its name included.
        is_counter: Whether the values only grow.
    """

    __slots__ = ("_ring",)

    def __init__(self, store: Store, labels: Labels, *, is_counter: bool) -> None:
        ring = _ring(store, labels, is_counter=is_counter)
        super().__init__([ring])
        self._ring = ring

    def push(self, time_ms: int, point: Any) -> None:
        """Write a point."""
        if self._ring is not None:
            self._ring.push(time_ms, point.value)


class BucketStream(_RingStream):
    """
    An explicit histogram: a series for each bucket, the sum and the count.

    Args:
        store: Store in which the series are found or begun.
        labels: Labels of the histogram, its name included.
        bounds: Upper bounds of the buckets but the last, in the metric's unit.
    """

    __slots__ = ()

    def __init__(self, store: Store, labels: Labels, bounds: Any) -> None:
        names = [*(bound_text(bound) for bound in bounds), "+Inf"]
        parts = [_part(labels, "_bucket", le=name) for name in names]
        parts += [_part(labels, "_sum"), _part(labels, "_count")]
        rings = [_ring(store, part, is_counter=True) for part in parts]
        super().__init__(rings)

    def push(self, time_ms: int, point: Any) -> None:
        """Write a point."""
        total = 0
        for ring, count in zip(self._rings, point.bucket_counts, strict=False):
            total += count
            ring.push(time_ms, total)
        self._rings[-2].push(time_ms, point.sum)
        self._rings[-1].push(time_ms, point.count)


_NO_COUNTS = PackedCounts(0, ())


def _counts(buckets: Any) -> PackedCounts:
    counts = buckets.bucket_counts
    return PackedCounts(buckets.offset + 1, counts) if len(counts) > 1 or any(counts) else _NO_COUNTS


def bound_text(bound: float) -> str:
    """
    A bucket's bound as Prometheus writes it: "0.5", "1", "1e-05".

    Args:
        bound: Upper bound of the bucket, in the metric's unit.
    """
    text = repr(float(bound))
    return text.removesuffix(".0")


class NativeStream(_RingStream):
    """
    An exponential histogram: a series of native histograms, the sum and the count.

    Args:
        store: Store in which the series are found or begun.
        labels: Labels of the histogram, its name included.
    """

    __slots__ = ("_histograms",)

    def __init__(self, store: Store, labels: Labels) -> None:
        rings = [_ring(store, _part(labels, suffix), is_counter=True) for suffix in ("_sum", "_count")]
        super().__init__(rings)
        found = store.series(labels, is_histogram=True)
        self._histograms = found.points if found is not None and isinstance(found.points, HistogramRing) else None
        self.is_kept = self.is_kept and self._histograms is not None

    def push(self, time_ms: int, point: Any) -> None:
        """Write a point."""
        self._rings[0].push(time_ms, point.sum)
        self._rings[1].push(time_ms, point.count)
        if self._histograms is None:
            return
        histogram = NativeHistogram(
            point.scale,
            point.count,
            point.sum,
            point.zero_count,
            getattr(point, "zero_threshold", 0.0) or 0.0,
            _counts(point.positive),
            _counts(point.negative),
        )
        self._histograms.push(time_ms, histogram.at_scale(SCALE_LIMIT).packed())

    def push_zero(self, time_ms: int) -> None:
        """Write that nothing had been counted yet."""
        super().push_zero(time_ms)
        if self._histograms is not None:
            self._histograms.push(time_ms, NativeHistogram(SCALE_LIMIT, 0.0, 0.0))

    def end(self, time_ms: int) -> None:
        """Write that there is no value any more."""
        super().end(time_ms)
        if self._histograms is not None:
            self._histograms.push(time_ms, None)
