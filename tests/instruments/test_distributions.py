"""Distributions kept as counts by bucket."""

import os

import pytest

from otel_agent.catalog import InstrumentKind, Metric
from otel_agent.instruments.distributions import BucketCounts

HISTOGRAM = Metric("pause", InstrumentKind.HISTOGRAM, "s", "Pauses.", bounds=(1.0, 2.0, 5.0))


def test_a_value_is_counted_in_its_bucket() -> None:
    """A bound belongs to the bucket below it; what is beyond the last has a bucket of its own."""
    counts = BucketCounts(HISTOGRAM, {"generation": 2})
    for value in (0.0, 1.0, 1.5, 5.0, 9.0):
        counts.add(value)

    assert ([2, 1, 1, 1], 16.5, 0.0, 9.0) == counts.read()
    assert {"generation": 2} == counts.attributes


def test_a_distribution_without_values_has_no_smallest_one() -> None:
    """Its counts are zero and its smallest value is infinite, so that any value is smaller."""
    assert ([0, 0, 0, 0], 0.0, float("inf"), 0.0) == BucketCounts(HISTOGRAM).read()


def test_what_was_read_stays_as_it_was() -> None:
    """Counting goes on while somebody exports what was read."""
    counts = BucketCounts(HISTOGRAM)
    counts.add(3.0)
    buckets, *_ = counts.read()
    counts.add(3.0)

    assert [0, 0, 1, 0] == buckets
    assert [0, 0, 2, 0] == counts.read()[0]


def test_a_forked_child_counts_from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its parent counted is the parent's to tell."""
    counts = BucketCounts(HISTOGRAM)
    counts.add(3.0)
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert [0, 0, 0, 0] == counts.read()[0]
    counts.add(3.0)
    assert [0, 0, 1, 0] == counts.read()[0]
