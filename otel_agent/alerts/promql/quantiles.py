"""
Numbers out of histograms, classic and native: quantiles, shares, count, sum and average.

Within a bucket the observations are taken to lie evenly: on a straight scale in a classic bucket and in the one around
zero, on a logarithmic one in the other native buckets.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
"""

import math
from collections.abc import Callable, Sequence

from otel_agent.alerts.promql.nodes import Vector
from otel_agent.alerts.promql.values import number_from_text, quotient
from otel_agent.series.histograms import Bucket, NativeHistogram
from otel_agent.series.labels import Labels

__all__ = ["OF_NATIVE", "classic_quantile", "fraction", "native_quantile", "vector_quantile"]

BOUND = "le"
HALF = 0.5
SMALL_DELTA = 1e-12
"""Counts that fall by less than this share from one bucket to the next do so because of rounding."""


def vector_quantile(share: float, vector: Vector) -> Vector:
    """
    A quantile of every histogram in a vector.

    Args:
        share: Share of the observations below the quantile, from 0 to 1; beyond, the answers are infinite.
        vector: Native histograms, and the buckets of classic ones, told by `le`.
    """
    result: Vector = []
    classic: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in vector:
        if isinstance(value, NativeHistogram):
            result.append((labels.nameless, native_quantile(share, value)))
            continue
        bound = number_from_text(labels.get(BOUND)) if labels.get(BOUND) else None
        if bound is not None:
            classic.setdefault(labels.drop((BOUND,)), []).append((bound, value))
    result.extend((labels, classic_quantile(share, buckets)) for labels, buckets in classic.items())
    return result


def classic_quantile(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    """
    A quantile of a classic histogram.

    Args:
        share: Share of the observations below the quantile, from 0 to 1; beyond, the answer is infinite.
        buckets: Upper bound and cumulative count of each, in any order.
    """
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    ordered = _monotonic(sorted(buckets))
    if len(ordered) < 2 or ordered[-1][0] != math.inf or not ordered[-1][1]:  # noqa: PLR2004 - one bucket says nothing
        return math.nan
    rank = share * ordered[-1][1]
    position = next((i for i, (_, count) in enumerate(ordered[:-1]) if count >= rank), len(ordered) - 1)
    if position == len(ordered) - 1:
        return ordered[-2][0]
    upper, count = ordered[position]
    if position == 0:
        return upper if upper <= 0 else upper * (rank / count)
    lower, before = ordered[position - 1]
    return lower + (upper - lower) * ((rank - before) / (count - before))


def _monotonic(ordered: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    result: list[tuple[float, float]] = []
    for bound, count in ordered:
        if result and result[-1][0] == bound:
            result[-1] = (bound, result[-1][1] + count)
        else:
            result.append((bound, count))
    for i in range(1, len(result)):
        before, count = result[i - 1][1], result[i][1]
        is_same = abs(count - before) <= SMALL_DELTA * max(abs(count), abs(before))
        if count < before or is_same:
            result[i] = (result[i][0], before)
    return result


def native_quantile(share: float, histogram: NativeHistogram) -> float:
    """
    A quantile of a native histogram.

    Args:
        share: Share of the observations below the quantile, from 0 to 1; beyond, the answer is infinite.
        histogram: The observations.
    """
    if math.isnan(share) or histogram.count == 0:
        return math.inf if share > 1 else -math.inf if share < 0 else math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    # Counted from the nearer end: a rank on the border of two buckets lies in the one further out.
    buckets = list(histogram.buckets())
    is_forward = share < HALF or math.isnan(histogram.sum)
    rank = (share if is_forward else 1 - share) * histogram.count
    passed = 0.0
    bucket = None
    for bucket in buckets if is_forward else reversed(buckets):
        passed += bucket.count
        if passed >= rank:
            break
    if bucket is None:
        return math.nan
    bucket = _bounded(bucket, histogram)
    if passed < rank:
        return bucket.upper if is_forward else bucket.lower
    inside = rank - (passed - bucket.count) if is_forward else passed - rank
    return _within(bucket, inside / bucket.count)


def _bounded(bucket: Bucket, histogram: NativeHistogram) -> Bucket:
    if bucket.lower < 0 < bucket.upper:
        if not any(histogram.negative.values()) and any(histogram.positive.values()):
            return Bucket(0.0, bucket.upper, bucket.count)
        if any(histogram.negative.values()) and not any(histogram.positive.values()):
            return Bucket(bucket.lower, 0.0, bucket.count)
    return bucket


def _within(bucket: Bucket, share: float) -> float:
    if bucket.lower <= 0 <= bucket.upper:
        return bucket.lower + (bucket.upper - bucket.lower) * share
    low, high = math.log2(abs(bucket.lower)), math.log2(abs(bucket.upper))
    if bucket.lower > 0:
        return float(2 ** (low + (high - low) * share))
    return -float(2 ** (high + (low - high) * (1 - share)))


def fraction(lower: float, upper: float, histogram: NativeHistogram) -> float:
    """
    Share of a native histogram's observations between two values.

    Args:
        lower: Observations above it count.
        upper: Observations up to it count.
        histogram: The observations.
    """
    if histogram.count == 0 or math.isnan(lower) or math.isnan(upper):
        return math.nan
    if lower >= upper:
        return 0.0
    return (_up_to(upper, histogram) - _up_to(lower, histogram)) / histogram.count


def _up_to(value: float, histogram: NativeHistogram) -> float:
    passed = 0.0
    for found in histogram.buckets():
        bucket = _bounded(found, histogram)
        if bucket.upper <= value:
            passed += bucket.count
        elif bucket.lower < value:
            passed += bucket.count * _share_below(value, bucket)
    return passed


def _share_below(value: float, bucket: Bucket) -> float:
    if bucket.lower <= 0 <= bucket.upper:
        return (value - bucket.lower) / (bucket.upper - bucket.lower)
    low, high, at = math.log2(abs(bucket.lower)), math.log2(abs(bucket.upper)), math.log2(abs(value))
    return (at - low) / (high - low)


OF_NATIVE: dict[str, Callable[..., float]] = {
    "histogram_count": lambda histogram: histogram.count,
    "histogram_sum": lambda histogram: histogram.sum,
    "histogram_avg": lambda histogram: quotient(histogram.sum, histogram.count),
    "histogram_fraction": lambda histogram, lower, upper: fraction(lower, upper, histogram),
}
"""Functions of native histograms alone: each takes a histogram and the function's further arguments."""
