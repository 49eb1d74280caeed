"""Durations are counted exactly and sorted finely."""

import math

import pytest
from recording_rig import lognormal

from otel_agent.recording.exponential_buckets import SCALE, ExponentialBuckets, merged


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_quantiles_are_close_to_the_exact_ones(share: float) -> None:
    """On log-normal data the median, 90th and 99th percentile are within two percent."""
    values = lognormal(100_000)
    found = ExponentialBuckets()
    found.add(values)
    exact = sorted(values)[math.ceil(share * len(values)) - 1] / 1e9

    assert found.quantile_s(share) == pytest.approx(exact, rel=0.02)


def test_every_duration_lies_in_its_bucket() -> None:
    """Bucket i holds what is above base^i and not above base^(i+1), also at the very edge."""
    base = 2.0 ** (1 / (1 << SCALE))
    for value_ns in (1, 2, 3, 999, 1_000_000_000, 2_000_000_000, 1_500_000_001, 1 << 60):
        found = ExponentialBuckets()
        found.add([value_ns])
        (index,) = found.counts
        assert base**index * (1 - 1e-12) < value_ns / 1e9 <= base ** (index + 1) * (1 + 1e-12)

    assert [-1] == list(of(1_000_000_000).counts)
    assert [(1 << SCALE) - 1] == list(of(2_000_000_000).counts)


def of(*values_ns: int) -> ExponentialBuckets:
    """A distribution of some durations."""
    found = ExponentialBuckets()
    found.add(list(values_ns))
    return found


def test_a_clock_that_was_set_back_counts_as_no_time() -> None:
    """Negative durations are zeros: counted, and added to nothing."""
    found = of(-5, 0, 10)

    assert (3, 2, 10, 0, 10) == (found.count, found.zeros, found.sum_ns, found.min_ns, found.max_ns)
    assert 0.0 == found.quantile_s(0.5)


def test_an_empty_distribution_has_no_quantile() -> None:
    """Before the first call there is nothing to say."""
    found = ExponentialBuckets()
    found.add([])

    assert (0, 0.0) == (found.count, found.quantile_s(0.9))


def test_two_distributions_add_up() -> None:
    """Counts, sums and extremes of calls with and without an error are those of all."""
    both = merged(of(10, 0), of(10, 1_000))

    assert (4, 1, 1_020, 0, 1_000) == (both.count, both.zeros, both.sum_ns, both.min_ns, both.max_ns)
    assert 2 == max(both.counts.values())
