"""Requests are cut, counted and put together without a decoder, and hold the same afterwards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from telemetry_items import collection, entries, spans
from wire_shapes import readable, several

from otel_agent.delivery.payloads import Payload, count_records, merge, split
from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans

Flat = list[tuple[bytes, bytes, bytes]]


def flat(request: bytes) -> Flat:
    """Every span with its resource and scope, each encoded by itself, in a regular order."""
    message = ExportTraceServiceRequest.FromString(request)
    return sorted(
        (
            resource.resource.SerializeToString(deterministic=True) + resource.schema_url.encode(),
            scope.scope.SerializeToString(deterministic=True) + scope.schema_url.encode(),
            span.SerializeToString(deterministic=True),
        )
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )


@given(several(readable))
@settings(max_examples=25, deadline=None)
def test_halves_hold_what_the_whole_held(batch: list[ReadableSpan]) -> None:
    """No span is lost, doubled or changed, and each keeps its resource and scope."""
    request = encode_spans(batch)
    halves = split(request)

    assert count_records(request) == len(batch)
    assert (halves is None) == (len(batch) < 2)
    if halves is not None:
        assert flat(request) == sorted(flat(halves[0]) + flat(halves[1]))
        assert count_records(halves[0]) == len(batch) // 2


@given(several(readable, most=2), several(readable, most=2))
@settings(max_examples=25, deadline=None)
def test_merging_loses_nothing(one: list[ReadableSpan], two: list[ReadableSpan]) -> None:
    """Many requests in one hold the same spans, however small the requests were."""
    requests = [encode_spans([span]) for span in one] + [encode_spans(two)]

    assert sorted(flat(b"".join(requests))) == flat(merge(requests))


def test_requests_of_a_journal_share_resource_and_scope() -> None:
    """A thousand requests of one span become one resource with one scope."""
    merged = ExportTraceServiceRequest.FromString(merge(encode_spans([span]) for span in spans(1000)))

    assert 1 == len(merged.resource_spans)
    assert 1 == len(merged.resource_spans[0].scope_spans)
    assert 1000 == len(merged.resource_spans[0].scope_spans[0].spans)


def test_the_other_signals_have_the_same_shape() -> None:
    """Log records and metrics are counted and cut by the same code."""
    logs = encode_logs(entries(5))
    metrics = encode_metrics(collection("a", "b", "c"))
    logs_halves, metrics_halves = split(logs), split(metrics)
    assert logs_halves is not None
    assert metrics_halves is not None
    logs_counts = [
        len(ExportLogsServiceRequest.FromString(each).resource_logs[0].scope_logs[0].log_records)
        for each in logs_halves
    ]
    metrics_counts = [
        len(ExportMetricsServiceRequest.FromString(each).resource_metrics[0].scope_metrics[0].metrics)
        for each in metrics_halves
    ]

    assert (5, 3) == (count_records(logs), count_records(metrics))
    assert ([2, 3], [1, 2]) == (logs_counts, metrics_counts)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_politely(content: bytes) -> None:
    """What is no request raises `ValueError` or is one; merging passes it on as it is."""
    try:
        count_records(content)
        split(content)
    except ValueError:
        assert merge([content]) == content
        assert merge([encode_spans(spans(1)), content]).endswith(content)


@pytest.mark.parametrize("content", [b"\x0a\x05ab", b"\x0f", b"\x0a" + b"\xff" * 11, b"\x00\x00"])
def test_what_ends_too_early_is_no_request(content: bytes) -> None:
    """Lengths beyond the end, unknown wire types, endless numbers and field 0 are named."""
    with pytest.raises(ValueError, match="byte"):
        count_records(content)


def test_a_metric_of_a_cut_collection_is_counted_once() -> None:
    """The halves of a collection stand for one collection together."""
    halves = Payload(encode_metrics(collection("a", "b", "c")), 1).halves("metrics")

    assert halves is not None
    assert [0, 1] == [half.items for half in halves]


def test_halves_lie_where_the_whole_lay() -> None:
    """Both halves of a request from the disk know their place there; a request of one record has no halves."""
    halves = Payload(encode_spans(spans(3)), 3, backlog := object()).halves("traces")

    assert halves is not None
    assert [(1, backlog), (2, backlog)] == [(half.items, half.backlog) for half in halves]
    assert Payload(encode_spans(spans(1)), 1).halves("traces") is None
