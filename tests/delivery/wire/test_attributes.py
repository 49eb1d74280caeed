"""Attributes to fields, and caches that stay bounded."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from wire_shapes import ATTRIBUTES, Light, bounded

from otel_agent.delivery.wire import attributes, encode_spans
from otel_agent.delivery.wire.attributes import any_value, append_attributes, attributes_bytes

decode = ExportTraceServiceRequest.FromString
SPAN_ATTRIBUTES = 0x4A


def keys(content: bytes) -> list[str]:
    """Keys of a span's attributes, in order."""
    return [pair.key for pair in Span.FromString(content).attributes]


def test_caches_forget_instead_of_growing() -> None:
    """Thousands of keys and values leave every cache within its bound, and still arrive."""
    for start in range(0, 3_000, 100):
        block = range(start, start + 100)
        request = decode(encode_spans([Light(own={f"key{n}": n, "order": f"id-{n}"}) for n in block]))
        spans = request.resource_spans[0].scope_spans[0].spans
        assert [f"id-{n}" for n in block] == [span.attributes[1].value.string_value for span in spans]

    assert all(len(table) <= attributes.MAX_KEYS for table in attributes._tables.values())
    assert all(
        known.texts is None or len(known.texts) <= attributes.MAX_VALUES_PER_KEY
        for table in attributes._tables.values()
        for known in table.values()
    )


@settings(max_examples=50, deadline=None)
@given(ATTRIBUTES)
def test_the_size_is_that_of_what_was_appended(own: dict[str, Any]) -> None:
    """The caller knows how long its message is before it has put it together; keys keep their order."""
    out: list[bytes] = []
    size = append_attributes(out, own.items(), SPAN_ATTRIBUTES)

    assert size == len(b"".join(out))
    assert list(own) == keys(b"".join(out))


def test_the_same_attribute_is_the_same_bytes_each_time() -> None:
    """A text whose key and value are remembered, and one that is not any more, decode alike."""
    seen = {attributes_bytes({"the.key": "the value"}, SPAN_ATTRIBUTES) for _ in range(3)}
    for number in range(2 * attributes.MAX_VALUES_PER_KEY):
        attributes_bytes({"the.key": f"another {number}"}, SPAN_ATTRIBUTES)
    seen.add(attributes_bytes({"the.key": "the value"}, SPAN_ATTRIBUTES))

    assert 1 == len(seen)


def test_what_is_no_mapping_has_no_attributes() -> None:
    """Mappings of the SDK are read like dictionaries; nothing, and what is something else, is empty."""
    of_the_sdk = attributes_bytes(bounded({"a": 1}, 0), SPAN_ATTRIBUTES)

    assert attributes_bytes({"a": 1}, SPAN_ATTRIBUTES) == of_the_sdk
    assert {b""} == {attributes_bytes(nothing, SPAN_ATTRIBUTES) for nothing in (None, (), 7)}


@given(
    st.one_of(st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.text(st.characters(exclude_categories=["Cs"])))
)
def test_scalars_have_the_type_they_are_of(value: Any) -> None:
    """A boolean is no number, and a text is one."""
    message = AnyValue.FromString(any_value(value))
    kind = {bool: "bool_value", int: "int_value", str: "string_value"}[type(value)]

    assert (kind, value) == (message.WhichOneof("value"), getattr(message, kind))
