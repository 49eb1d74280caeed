"""Native histograms add, subtract and grow coarser without losing an observation."""

import math

from hypothesis import given
from hypothesis import strategies as st

from otel_agent.series.histograms import NativeHistogram, PackedCounts

counts = st.dictionaries(st.integers(-40, 40), st.integers(1, 50).map(float), max_size=8)


def histogram(scale: int, positive: dict[int, float], negative: dict[int, float] | None = None) -> NativeHistogram:
    """A histogram of these buckets."""
    total = sum(positive.values()) + sum((negative or {}).values())
    return NativeHistogram(scale, total, total, positive=positive, negative=negative or {})


@given(counts, counts, st.integers(0, 5), st.integers(0, 5))
def test_adding_keeps_every_observation(mine: dict[int, float], others: dict[int, float], a: int, b: int) -> None:
    """The sum of two histograms of any scales holds all observations of both, at the coarser scale."""
    summed = histogram(a, mine).plus(histogram(b, others))

    assert min(a, b) == summed.scale
    assert math.isclose(sum(mine.values()) + sum(others.values()), sum(summed.positive.values()))


@given(st.integers(-200, 200), st.integers(1, 4))
def test_a_coarser_bucket_holds_the_finer_one(index: int, shift: int) -> None:
    """Growing coarser moves a bucket into one that contains it."""
    fine = next(histogram(4, {index: 1.0}).buckets())
    coarse = next(histogram(4, {index: 1.0}).at_scale(4 - shift).buckets())

    assert coarse.lower <= fine.lower * (1 + 1e-12)
    assert fine.upper <= coarse.upper * (1 + 1e-12)


def test_a_restart_is_seen() -> None:
    """Fewer observations, or fewer in one bucket, mean that counting began anew; the same state does not."""
    before = histogram(0, {1: 2.0, 2: 2.0})

    assert histogram(0, {1: 1.0}).is_reset_after(before)
    assert histogram(0, {1: 1.0, 2: 5.0}).is_reset_after(before)
    assert not histogram(0, {1: 2.0, 2: 3.0}).is_reset_after(before)
    assert not before.is_reset_after(before)


def test_buckets_come_lowest_first_with_the_one_around_zero_between() -> None:
    """Negative buckets mirror the positive ones, and zero lies between them."""
    found = NativeHistogram(0, 3, 0, 1.0, 0.001, {1: 1.0}, {1: 1.0}).buckets()

    assert [(-2.0, -1.0, 1.0), (-0.001, 0.001, 1.0), (1.0, 2.0, 1.0)] == [(b.lower, b.upper, b.count) for b in found]


def test_packed_counts_are_a_mapping_of_their_buckets() -> None:
    """Counts packed from an offset on equal the dictionary of the same indexes, and what lies outside is missing."""
    packed = PackedCounts(-1, [1, 0, 2])

    assert {-1: 1.0, 0: 0.0, 1: 2.0} == packed
    assert packed == PackedCounts(-1, [1.0, 0.0, 2.0])
    assert packed != PackedCounts(0, [1.0, 0.0, 2.0])
    assert None is packed.get(2)
    assert None is packed.get(-2)


def test_a_multiplied_histogram_keeps_its_shape() -> None:
    """Count, sum, zero bucket and every other bucket grow by the factor; the scale stays."""
    found = NativeHistogram(2, 4, 8, 1.0, 0.5, {3: 3.0}).times(0.5)

    assert NativeHistogram(2, 2, 4, 0.5, 0.5, {3: 1.5}) == found
