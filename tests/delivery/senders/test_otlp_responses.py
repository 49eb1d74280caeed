"""What responses over HTTP and gRPC have in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse

from otel_agent.delivery.senders.otlp_responses import MAX_WORDS_CHARS, partial_success, printable_words, varint_value
from otel_agent.delivery.wire.primitives import varint


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.text())
def test_partial_success_is_read_as_protobuf_writes_it(rejected: int, words: str) -> None:
    """Number and words come back; less than nothing was not left out."""
    partial = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=words)
    response = ExportLogsServiceResponse(partial_success=partial).SerializeToString()

    assert (max(0, rejected), words) == partial_success(response)


def test_a_response_without_partial_success_left_nothing_out() -> None:
    """An empty response is a whole success, and fields of the future do not matter."""
    assert [(0, ""), (0, "")] == [partial_success(response) for response in (b"", b"\x10\x07\x1a\x01x")]


def test_what_is_no_response_is_an_error() -> None:
    """A page is no message of protobuf."""
    with pytest.raises(ValueError, match="byte"):
        partial_success(b"<html>")


@given(st.text())
def test_words_of_a_receiver_cannot_steer_a_terminal(words: str) -> None:
    """They are printable and short, and nothing is said for one who said nothing."""
    text = printable_words(words)

    assert text.isprintable()
    assert len(text) < 12 * MAX_WORDS_CHARS
    assert "" == printable_words(" \n\x1b")


@given(st.integers(0, (1 << 64) - 1))
def test_numbers_are_read_as_they_are_written(number: int) -> None:
    """The value of a varint is the number it was made of."""
    assert number == varint_value(varint(number))
