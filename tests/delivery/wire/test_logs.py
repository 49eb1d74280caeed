"""Our log bytes decode to the official encoder's message."""

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs as official
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import TraceFlags
from wire_shapes import (
    ATTRIBUTES,
    DROPPED,
    MOMENTS,
    SPAN_IDS,
    TEXTS,
    TRACE_IDS,
    VALUES,
    bounded,
    several,
)

from otel_agent.delivery.wire import encode_logs
from otel_agent.logs.bridge import LogEntry

decode = ExportLogsServiceRequest.FromString


def record(**fields: object) -> LogRecord:
    """A log record of the SDK with fields set afterwards, so that nothing is taken from the surroundings."""
    made = LogRecord()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


RECORDS = st.builds(
    record,
    timestamp=MOMENTS,
    observed_timestamp=MOMENTS,
    trace_id=st.just(0) | TRACE_IDS,
    span_id=st.just(0) | SPAN_IDS,
    trace_flags=st.sampled_from([TraceFlags(0), TraceFlags(1)]),
    severity_text=st.none() | TEXTS,
    severity_number=st.none() | st.sampled_from(list(SeverityNumber)),
    body=VALUES | st.none(),
    attributes=st.builds(bounded, ATTRIBUTES, DROPPED),
    event_name=st.none() | TEXTS,
)


def readable(resource: Resource, scope: InstrumentationScope) -> st.SearchStrategy[ReadableLogRecord]:
    """Any log record the SDK could hand to an exporter, of one origin."""
    return st.builds(ReadableLogRecord, RECORDS, st.just(resource), st.just(scope))


@settings(max_examples=150, deadline=None)
@given(several(readable))
def test_sdk_records_decode_to_the_official_message(records: list[ReadableLogRecord]) -> None:
    """Bodies of any shape, severities, event names, times and trace contexts arrive as the SDK's encoder would send them."""
    assert official(records) == decode(encode_logs(records))


def test_a_body_with_a_surrogate_costs_nothing() -> None:
    """One undecodable text is repaired and its neighbours are sent."""
    bodies = ["good", "bad \udcff", "good"]
    records = [
        ReadableLogRecord(record(body=body, timestamp=-1), Resource({}), InstrumentationScope("tests"))
        for body in bodies
    ]
    arrived = decode(encode_logs(records)).resource_logs[0].scope_logs[0].log_records

    assert ["good", "bad \\udcff", "good"] == [one.body.string_value for one in arrived]


def test_a_record_of_many_long_attributes_is_cut_as_one_value() -> None:
    """Together they would be beyond what a collector takes; each is there, and what is short is whole."""
    entry = LogEntry()
    entry.resource, entry.logger, entry.time_ns = Resource.get_empty(), "model", 1
    entry.severity_number, entry.severity_text, entry.place = 9, "INFO", ("a.py", 1, "f")
    entry.message, entry.arguments, entry.text = "asked", None, None
    entry.trace_id = entry.span_id = entry.trace_flags = 0
    entry.attributes = {**{f"prompt{number}": "w" * 250_000 for number in range(100)}, "run": "r-1"}
    content = encode_logs([entry])
    (sent,) = decode(content).resource_logs[0].scope_logs[0].log_records
    values = {pair.key: pair.value.string_value for pair in sent.attributes}

    assert len(content) < 1 << 20
    assert "r-1" == values["run"]
    assert all("characters left out" in values[f"prompt{number}"] for number in range(100))
