"""Numbers, texts and fields as protobuf writes them."""

import math
import struct
from typing import Any

import pytest
from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint
from wire_shapes import Refuses

from otel_agent.delivery.wire.primitives import (
    as_float,
    count32,
    delimited,
    fixed64,
    identifier,
    packed_bounds,
    text_bytes,
    text_field,
    timestamp_ns,
    varint,
    zigzag,
)


@given(st.integers(0, (1 << 64) - 1) | st.sampled_from([0, 127, 128, (1 << 14) - 1, 1 << 14]))
def test_numbers_are_written_as_protobuf_writes_them(number: int) -> None:
    """From the table or worked out, the bytes are the same."""
    assert _VarintBytes(number) == varint(number)


@given(st.integers(-(1 << 31) + 1, (1 << 31) - 1))
def test_small_signed_numbers_are_zigzag(number: int) -> None:
    """A scale below zero takes as few bytes as one above."""
    assert number == ExponentialHistogramDataPoint.FromString(b"\x30" + zigzag(number)).scale


def test_a_negative_number_is_its_complement() -> None:
    """Ten bytes, as protobuf has it for int64."""
    assert b"\xff" * 9 + b"\x01" == varint(-1)


@pytest.mark.parametrize("size", [0, 127, 128, 1 << 14])
def test_a_length_stands_before_its_content(size: int) -> None:
    """However many bytes the length itself takes."""
    assert b"\x0a" + varint(size) + b"x" * size == delimited(b"\x0a", b"x" * size)


@pytest.mark.parametrize(
    ("moment", "ns"),
    [
        (7, 7),
        (None, 0),
        (-1, 0),
        (1 << 70, (1 << 64) - 1),
        (1.9, 1),
        (math.nan, 0),
        ("soon", 0),
        (Refuses(), 0),
        (True, 1),
    ],
)
def test_a_moment_fits_into_64_bits(moment: Any, ns: int) -> None:
    """What is no moment is unknown, and what is out of range is clamped."""
    assert ns == timestamp_ns(moment)
    assert struct.pack("<Q", ns) == fixed64(moment)


@pytest.mark.parametrize(("number", "count"), [(7, 7), (-1, 0), (1 << 40, (1 << 32) - 1), (None, 0), ("x", 0)])
def test_a_count_fits_into_32_bits(number: Any, count: int) -> None:
    """Counts of what was dropped are clamped."""
    assert count == count32(number)


@pytest.mark.parametrize(
    ("number", "content"), [(0x1234, b"\0\0\0\0\0\0\x12\x34"), ((1 << 70) + 1, bytes(7) + b"\x01"), ("x", bytes(8)), (None, bytes(8))]
)  # fmt: skip
def test_an_id_has_its_size(number: Any, content: bytes) -> None:
    """Bits beyond the size are cut, and what is no number is no id."""
    assert content == identifier(number, 8)


def test_texts_are_utf8_and_empty_ones_are_no_field() -> None:
    """Unpaired surrogates are shown as escapes."""
    assert ("ü".encode(), b"a\\udcff") == (text_bytes("ü"), text_bytes("a\udcff"))
    assert (b"", b"\x0a\x01a") == (text_field(b"\x0a", ""), text_field(b"\x0a", "a"))


def test_doubles_have_no_bounds() -> None:
    """A number too large is infinite and keeps its sign; what is none is NaN."""
    assert [math.inf, -math.inf, 1.5] == [as_float(number) for number in (10**400, -(10**400), 1.5)]
    assert math.isnan(as_float("x"))
    assert struct.pack("<2d", 0.5, math.inf) == packed_bounds([0.5, 10**400])
