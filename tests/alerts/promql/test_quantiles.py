"""Quantiles and shares of histograms are Prometheus's, on the borders of buckets too."""

import math

import pytest

from otel_agent.alerts.promql.quantiles import OF_NATIVE, classic_quantile, fraction, native_quantile, vector_quantile
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels

INF, NAN = math.inf, math.nan
BUCKETS = [(1.0, 2.0), (2.0, 6.0), (INF, 8.0)]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.125, 0.5), (0.25, 1.0), (0.5, 1.5), (0.75, 2.0), (0.9, 2.0), (-1.0, -INF), (2.0, INF), (NAN, NAN)],
)
def test_a_classic_quantile_is_interpolated_within_its_bucket(share: float, expected: float) -> None:
    """By straight line from the bucket's lower bound; what lies in the last bucket is its lower bound."""
    assert repr(expected) == repr(classic_quantile(share, BUCKETS))


@pytest.mark.parametrize("buckets", [[(INF, 3.0)], [(1.0, 1.0), (2.0, 2.0)], [(1.0, 0.0), (INF, 0.0)]])
def test_buckets_that_say_nothing_have_no_quantile(buckets: list[tuple[float, float]]) -> None:
    """One bucket, none for infinity, or no observation give NaN."""
    assert math.isnan(classic_quantile(0.5, buckets))


def test_counts_that_fall_are_read_as_standing_still() -> None:
    """Buckets scraped at slightly different moments, or given twice, still give a quantile."""
    assert 1.0 == classic_quantile(0.5, [(1.0, 5.0), (2.0, 4.0), (INF, 10.0)])
    assert 1.0 == classic_quantile(1.0, [(1.0, 2.0), (1.0, 3.0), (INF, 5.0)])


def test_a_native_quantile_is_interpolated_on_a_logarithmic_scale() -> None:
    """Half way through the bucket from 1 to 4 lies 2; the bucket around zero is straight."""
    assert 2.0 == native_quantile(0.5, NativeHistogram(-1, 4, 10, positive={1: 4.0}))
    assert -2.0 == native_quantile(0.5, NativeHistogram(-1, 4, -10, negative={1: 4.0}))
    assert 0.0 == native_quantile(0.5, NativeHistogram(0, 2, 0, 2.0, 0.5))
    assert math.isnan(native_quantile(0.5, NativeHistogram(0, 0, 0)))


def test_a_share_counts_what_lies_between() -> None:
    """Whole buckets count whole, borders within a bucket in part; the wrong order is nothing."""
    found = NativeHistogram(-1, 8, 10, positive={1: 4.0, 2: 4.0})

    assert [0.5, 0.25, 0.75, 1.0, 0.0] == [
        fraction(lower, upper, found) for lower, upper in ((1, 4), (1, 2), (2, INF), (0, INF), (4, 1))
    ]
    assert math.isnan(fraction(NAN, 1, found))


def test_a_vector_may_hold_both_forms() -> None:
    """Buckets of one histogram are put together by `le`; native histograms stand by themselves, and both lose the name."""
    buckets = [(Labels({"__name__": "c_bucket", "le": str(bound), "a": "b"}), count) for bound, count in BUCKETS]
    native = (Labels({"__name__": "n"}), NativeHistogram(-1, 4, 10, positive={1: 4.0}))
    no_bucket = (Labels({"__name__": "other"}), 1.0)

    assert {"{}": 2.0, '{a="b"}': 1.5} == {
        repr(labels): value for labels, value in vector_quantile(0.5, [*buckets, native, no_bucket])
    }


def test_functions_of_native_histograms_read_their_figures() -> None:
    """Count, sum and average are the histogram's own; without observations there is no average."""
    found, empty = NativeHistogram(0, 4, 10, positive={1: 4.0}), NativeHistogram(0, 0, 0)

    assert [4, 10, 2.5] == [OF_NATIVE[f"histogram_{name}"](found) for name in ("count", "sum", "avg")]
    assert math.isnan(OF_NATIVE["histogram_avg"](empty))
    assert 1.0 == OF_NATIVE["histogram_fraction"](found, 0.0, 2.0)
