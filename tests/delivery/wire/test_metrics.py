"""Our metric bytes decode to the official encoder's message."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics as official
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk.metrics import Exemplar, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    InMemoryMetricReader,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from wire_shapes import ATTRIBUTES, FLOATS, INTS, MOMENTS, RESOURCES, SCOPES, SPAN_IDS, TEXTS, TRACE_IDS

from otel_agent.delivery.wire import encode_metrics

decode = ExportMetricsServiceRequest.FromString

COUNTS = st.integers(0, (1 << 64) - 1)
NUMBERS = INTS | FLOATS
OFFSETS = st.integers(-(1 << 31) + 1, (1 << 31) - 1)
EXEMPLARS = st.lists(
    st.builds(Exemplar, ATTRIBUTES, INTS | FLOATS, MOMENTS, st.none() | SPAN_IDS, st.none() | TRACE_IDS), max_size=2
)
NUMBER_POINTS = st.builds(NumberDataPoint, ATTRIBUTES, MOMENTS, MOMENTS, NUMBERS, EXEMPLARS)
GAUGE_POINTS = st.builds(NumberDataPoint, ATTRIBUTES, st.just(0), MOMENTS, NUMBERS, EXEMPLARS)
HISTOGRAM_POINTS = st.builds(
    HistogramDataPoint,
    attributes=ATTRIBUTES,
    start_time_unix_nano=MOMENTS,
    time_unix_nano=MOMENTS,
    count=COUNTS,
    sum=FLOATS,
    bucket_counts=st.lists(COUNTS, max_size=5),
    explicit_bounds=st.lists(FLOATS, max_size=5),
    min=FLOATS,
    max=FLOATS,
    exemplars=EXEMPLARS,
)
BUCKETS = st.builds(Buckets, OFFSETS, st.lists(COUNTS, max_size=5))
EXPONENTIAL_POINTS = st.builds(
    ExponentialHistogramDataPoint,
    attributes=ATTRIBUTES,
    start_time_unix_nano=MOMENTS,
    time_unix_nano=MOMENTS,
    count=COUNTS,
    sum=FLOATS,
    scale=st.integers(-10, 20),
    zero_count=COUNTS,
    positive=BUCKETS,
    negative=BUCKETS,
    flags=st.integers(0, (1 << 32) - 1),
    min=FLOATS,
    max=FLOATS,
    exemplars=EXEMPLARS,
)
TEMPORALITIES = st.sampled_from(list(AggregationTemporality))
DATA = st.one_of(
    st.builds(Gauge, st.lists(GAUGE_POINTS, max_size=3)),
    st.builds(Sum, st.lists(NUMBER_POINTS, max_size=3), TEMPORALITIES, st.booleans()),
    st.builds(Histogram, st.lists(HISTOGRAM_POINTS, max_size=3), TEMPORALITIES),
    st.builds(ExponentialHistogram, st.lists(EXPONENTIAL_POINTS, max_size=3), TEMPORALITIES),
)
METRICS = st.builds(Metric, TEXTS, st.none() | TEXTS, st.none() | TEXTS, DATA)
SCOPED = st.lists(
    st.builds(ScopeMetrics, SCOPES, st.lists(METRICS, max_size=2), TEXTS), max_size=2, unique_by=lambda one: one.scope
)
COLLECTIONS = st.builds(
    MetricsData,
    st.lists(
        st.builds(ResourceMetrics, RESOURCES, SCOPED, TEXTS), max_size=2, unique_by=lambda one: one.resource.to_json()
    ),
)


def one(data: Any, name: Any = "m") -> MetricsData:
    """A collection of one metric between two good ones."""
    good = Metric("good", "", "", Gauge([NumberDataPoint({}, 0, 1, 1)]))
    scope = ScopeMetrics(InstrumentationScope("tests"), [good, Metric(name, "", "", data), good], "")
    return MetricsData([ResourceMetrics(Resource({}), [scope], "")])


def sent(data: MetricsData) -> Any:
    """The metrics of the one scope of a collection, as they arrive."""
    return decode(encode_metrics(data)).resource_metrics[0].scope_metrics[0].metrics


@settings(max_examples=150, deadline=None)
@given(COLLECTIONS)
def test_collections_decode_to_the_official_message(data: MetricsData) -> None:
    """Every kind, temporality, exemplar and number arrives as the SDK's own encoder would send it."""
    assert official(data) == decode(encode_metrics(data))


def test_what_the_sdk_collects_decodes_to_the_official_message() -> None:
    """A real collection of every instrument, with exemplars of a sampled span, arrives unchanged."""
    reader = InMemoryMetricReader()
    view = View(instrument_name="sizes", aggregation=ExponentialBucketHistogramAggregation())
    meter = MeterProvider([reader], views=[view], shutdown_on_exit=False).get_meter("tests", "1", attributes={"a": 1})
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")
    with tracer.start_as_current_span("decide"):
        meter.create_counter("orders", "1", "orders sent").add(3, {"symbol": "ACME"})
        meter.create_up_down_counter("open").add(-2)
        meter.create_gauge("price", "{USD}").set(101.25, {"symbol": "ACME"})
        meter.create_histogram("latency", "s").record(0.25, {"ok": True})
        sizes = meter.create_histogram("sizes", "By")
        for size in (0, 1, 3.5, 1e9):
            sizes.record(size)
    data = reader.get_metrics_data()

    assert data is not None
    assert official(data) == decode(encode_metrics(data))


def test_ten_ether_in_wei_do_not_silence_the_others() -> None:
    """An integer beyond 64 bits is sent as a double, and its neighbours as they are."""
    metrics = sent(one(Sum([NumberDataPoint({}, 0, 1, 10**19)], AggregationTemporality.CUMULATIVE, True)))

    assert ["good", "m", "good"] == [metric.name for metric in metrics]
    assert 1e19 == metrics[1].sum.data_points[0].as_double


@pytest.mark.parametrize(
    ("value", "arrives"), [(10**400, float("inf")), (-(10**400), float("-inf"))], ids=["huge", "hugely negative"]
)
def test_numbers_beyond_a_double_are_infinite(value: int, arrives: float) -> None:
    """What no number of OTLP can hold keeps its sign."""
    assert arrives == sent(one(Gauge([NumberDataPoint({}, 0, 1, value)])))[1].gauge.data_points[0].as_double


def test_names_and_keys_with_surrogates_are_repaired() -> None:
    """One bad name or attribute does not cost the collection."""
    metrics = sent(one(Gauge([NumberDataPoint({"k\udcff": "v\udcff"}, 0, 1, 1)]), name="m\udcff"))

    assert "m\\udcff" == metrics[1].name


@pytest.mark.parametrize("data", [None, SimpleNamespace(data_points=[1]), Gauge([None])], ids=["none", "kind", "point"])  # type: ignore[list-item]
def test_a_metric_beyond_repair_is_left_out_alone(data: Any) -> None:
    """A metric of no known kind, or with points that are none, costs its neighbours nothing."""
    assert ["good", "good"] == [metric.name for metric in sent(one(data))]


def test_negative_counts_and_moments_are_clamped() -> None:
    """A count or time below zero is sent as zero instead of costing the collection."""
    point = HistogramDataPoint({}, -1, -2, -3, float("nan"), [-4], [], 0.0, 0.0)
    histogram = sent(one(Histogram([point], AggregationTemporality.DELTA)))[1].histogram.data_points[0]

    assert [0, 0, 0, [0]] == [
        histogram.start_time_unix_nano,
        histogram.time_unix_nano,
        histogram.count,
        list(histogram.bucket_counts),
    ]
