"""Batches read back from a segment."""

from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from telemetry_items import spans

from otel_agent.delivery.spool.batches import READ_BYTES, READ_ITEMS, read_batch
from otel_agent.delivery.spool.frames import BATCH, RECORD, pack
from otel_agent.delivery.spool.segments import Segment
from otel_agent.delivery.wire import encode_spans


def segment_of(path: Path, *frames: bytes) -> Segment:
    """A segment with these frames."""
    segment = Segment(path / "traces-00000001.seg", 0.0)
    segment.create()
    for frame in frames:
        segment.append(frame, 1)
    return segment


def test_requests_are_put_together(tmp_path: Path) -> None:
    """Requests one after another are one request; its end is where the cursor may go."""
    frames = [pack(b"one", 2), pack(b"two", 3)]
    segment = segment_of(tmp_path, *frames)
    batch = read_batch("traces", segment)

    assert batch is not None
    assert (b"onetwo", 5, sum(map(len, frames))) == (batch.body, batch.items, batch.end)
    assert 0 == segment.read_at


def test_records_of_a_journal_share_their_resource(tmp_path: Path) -> None:
    """A hundred spans that were kept one by one are one resource with one scope."""
    frames = [pack(encode_spans([span]), 1, RECORD) for span in spans(100)]
    batch = read_batch("traces", segment_of(tmp_path, *frames))

    assert batch is not None
    request = ExportTraceServiceRequest.FromString(batch.body)
    assert [100] == [len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans]


def test_a_batch_ends_where_it_is_large_enough(tmp_path: Path) -> None:
    """Neither many items nor many bytes are read at a time, but for a single request that is larger."""
    many = read_batch("traces", segment_of(tmp_path, *[pack(b"x", READ_ITEMS, BATCH)] * 3))
    (tmp_path / "large").mkdir()
    large = read_batch("traces", segment_of(tmp_path / "large", pack(b"x" * 3 * READ_BYTES, 1)))

    assert many is not None
    assert large is not None
    assert (b"x", 3 * READ_BYTES) == (many.body, len(large.body))


def test_nothing_intact_is_no_batch(tmp_path: Path) -> None:
    """A segment of other bytes, and one that was read to its end, have none."""
    segment = segment_of(tmp_path, b"foreign" * 1000)
    foreign = read_batch("traces", segment)
    segment.acknowledge(segment.size_bytes, 1)

    assert (None, None) == (foreign, read_batch("traces", segment))
