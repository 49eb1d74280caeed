"""A stream of points becomes the series Prometheus would have of it."""

from types import SimpleNamespace

import pytest

from otel_agent.processors.streams import SCALE_LIMIT, BucketStream, NativeStream, NumberStream, Stream, bound_text
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.store import Store

LABELS = Labels({NAME: "m", "a": "b"})
BUCKETS = SimpleNamespace(bucket_counts=(1, 2, 3), sum=9.5, count=6)
NATIVE = SimpleNamespace(
    scale=0, count=3, sum=4.5, zero_count=1, zero_threshold=0.001,
    positive=SimpleNamespace(offset=0, bucket_counts=(2,)), negative=SimpleNamespace(offset=0, bucket_counts=()),
)  # fmt: skip


def newest(store: Store, at_ms: int) -> dict[str, object]:
    """The newest values, by series."""
    points = {repr(series.labels): series.points.latest(at_ms, 300_000) for series in store}
    return {text: point[1] for text, point in points.items() if point is not None}


def test_buckets_are_cumulative_and_named_by_their_bound() -> None:
    """A point of an explicit histogram is a value of each bucket, of the sum and of the count."""
    store = Store()
    BucketStream(store, LABELS, (0.5, 1.0)).push(5, BUCKETS)

    assert {
        'm_bucket{a="b", le="0.5"}': 1,
        'm_bucket{a="b", le="1"}': 3,
        'm_bucket{a="b", le="+Inf"}': 6,
        'm_sum{a="b"}': 9.5,
        'm_count{a="b"}': 6,
    } == newest(store, 5)


def test_exponential_histograms_are_kept_native_and_counted() -> None:
    """OpenTelemetry's index is one lower than Prometheus's, and the scale is at most Prometheus's finest."""
    store = Store()
    NativeStream(store, LABELS).push(5, NATIVE)
    fine = Store()
    NativeStream(fine, LABELS).push(5, SimpleNamespace(**{**vars(NATIVE), "scale": 12}))
    found, finer = newest(store, 5)['m{a="b"}'], newest(fine, 5)['m{a="b"}']

    assert NativeHistogram(0, 3, 4.5, 1, 0.001, {1: 2.0}) == found
    assert (4.5, 3) == (newest(store, 5)['m_sum{a="b"}'], newest(store, 5)['m_count{a="b"}'])
    assert isinstance(finer, NativeHistogram)
    assert SCALE_LIMIT == finer.scale


@pytest.mark.parametrize("kind", ["number", "buckets", "native"])
def test_a_stream_begins_with_zero_and_ends(kind: str) -> None:
    """The zero is written into every series of the stream, and after the end none of them has a value."""
    store = Store()
    stream: Stream
    if kind == "number":
        stream = NumberStream(store, LABELS, is_counter=True)
    elif kind == "buckets":
        stream = BucketStream(store, LABELS, (0.5, 1.0))
    else:
        stream = NativeStream(store, LABELS)
    stream.push_zero(1)
    zeros = newest(store, 1)
    stream.end(2)

    assert zeros
    assert {0.0} == {value.count if isinstance(value, NativeHistogram) else value for value in zeros.values()}
    assert {} == newest(store, 2)
    assert 2 == stream.ended_ms


def test_a_stream_without_room_says_so() -> None:
    """When the store refuses one of its series, a stream is not kept."""
    assert [True, False, False] == [
        NumberStream(Store(series_limit=1), LABELS, is_counter=False).is_kept,
        BucketStream(Store(series_limit=4), LABELS, (0.5, 1.0)).is_kept,
        NativeStream(Store(series_limit=2), LABELS).is_kept,
    ]


def test_bounds_are_written_as_prometheus_writes_them() -> None:
    """A whole number has no point, a small one an exponent."""
    assert ["0.5", "1", "1e-05", "2.5"] == [bound_text(bound) for bound in (0.5, 1, 0.00001, 2.5)]
