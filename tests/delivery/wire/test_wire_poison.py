"""Nothing that can be recorded makes an encoder raise, and nothing bad costs its neighbours."""

from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import Event
from wire_shapes import Extra, Light, Site

from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans
from otel_agent.delivery.wire.values import MAX_TEXT_CHARS, plain


class Refuses:
    """Has no text."""

    def __str__(self) -> str:
        raise ValueError("no")

    __repr__ = __str__


class Scalar:
    """Quacks like a scalar of numpy, which is not a dependency."""

    size = 1

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        """The Python number in it."""
        return self.value


Scalar.__module__ = "numpy"


def spans_of(payload: bytes) -> list[Any]:
    """The spans of a request."""
    request = ExportTraceServiceRequest.FromString(payload)
    return [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]


def value_of(value: Any) -> Any:
    """An attribute's value as it arrives, and the good neighbours on both sides of it."""
    sent = spans_of(encode_spans([Light(span_id=1), Light(span_id=2, own={"odd": value}), Light(span_id=3)]))
    assert [1, 2, 3] == [int.from_bytes(span.span_id, "big") for span in sent]
    return sent[1].attributes[0].value


def circular() -> list[Any]:
    """A list inside itself."""
    items: list[Any] = [1]
    items.append(items)
    return items


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\udcff.csv", "\\udcff.csv"),
        (1 << 63, "9223372036854775808"),
        (-(1 << 63) - 1, "-9223372036854775809"),
        (Refuses(), "<Refuses: its __str__ raised ValueError>"),
        (Decimal("1.10"), "1.10"),
        (PurePosixPath("/etc"), "/etc"),
    ],
)
def test_odd_values_become_texts(value: Any, text: str) -> None:
    """What OTLP has no type for is sent as a text that says what it was."""
    assert text == value_of(value).string_value


def test_a_number_with_too_many_digits_is_hexadecimal() -> None:
    """Python refuses to print numbers beyond some thousand digits; they are sent all the same."""
    assert value_of(10**5000).string_value.startswith("0x")


def test_nan_and_infinity_are_kept() -> None:
    """OTLP's doubles carry them."""
    assert value_of(float("inf")).double_value == float("inf")
    assert value_of(float("nan")).double_value != value_of(float("nan")).double_value


def test_a_circle_is_named() -> None:
    """A list inside itself ends where it would begin again."""
    values = value_of(circular()).array_value.values

    assert 1 == values[0].int_value
    assert "<circular>" == values[1].string_value


def test_deep_nesting_ends() -> None:
    """A thousand levels still decode, because decoders stop at a hundred messages."""
    assert "<nested too deep>" in str(value_of(deep(1_000)))


def test_scalars_of_numpy_are_unwrapped() -> None:
    """A number in a wrapper is sent as the number, not as its text."""
    assert 7 == value_of(Scalar(7)).int_value
    assert [1.5, 2.5] == [value.double_value for value in value_of(Scalar([1.5, 2.5])).array_value.values]


@pytest.mark.parametrize(
    "value",
    ["x" * 100_000_000, b"x" * 100_000_000, ["y" * 1000] * 100_000, {"k": "z" * 100_000_000}, [0] * 1_000_000],
    ids=["text", "bytes", "list", "dict", "numbers"],
)
def test_huge_values_are_bounded(value: Any) -> None:
    """A hundred megabytes become at most the documented limit, so that the request stays sendable."""
    payload = encode_spans([Light(own={"huge": value})])

    assert len(payload) < 2 * MAX_TEXT_CHARS


@pytest.mark.parametrize(
    "span",
    [
        Light(site=Site(name="a\udcff")),
        Light(site=Site(name=7)),
        Light(site=Site(name=Refuses())),
        Light(site=Site(name=None)),
        Light(site=Site(kind="server")),
        Light(site=Site(attributes={"a\udcff": "b\udcff"})),
        Light(start_ns=-5, end_ns=None),
        Light(start_ns=1.5, end_ns=float("nan")),
        Light(start_ns=1 << 70, end_ns="soon"),
        Light(trace_id=1 << 200, span_id="x"),
        Light(own={7: "x"}),  # type: ignore[dict-item]
        Light(own={"k\udcff": "v\udcff", "": 1}),
        Light(extra=Extra(status_code=2, status_description="\udcff")),
        Light(extra=Extra(status_code=2, status_description=Refuses())),
        Light(extra=Extra(events=[Event("e\udcff", {"k": "\udcff"}), "no event"])),
        Light(extra=Extra(links=[None])),
        Light(extra=Extra(dropped_attributes=-1, dropped_events=1 << 40)),
    ],
    ids=map(str, range(17)),
)
def test_poisoned_spans_are_repaired(span: Light) -> None:
    """Wrong types, surrogates and moments out of range arrive repaired, between unharmed neighbours."""
    sent = spans_of(encode_spans([Light(), span, Light()]))

    assert 3 == len(sent)


@pytest.mark.parametrize("encode", [encode_spans, encode_logs])
@pytest.mark.parametrize(
    "junk", [None, 7, "text", object(), MagicMock(), Refuses()], ids=lambda junk: type(junk).__name__
)
def test_junk_in_a_batch_costs_nothing_else(encode: Any, junk: Any) -> None:
    """Something that is no record at all is left out or sent as well as can be, and nothing is raised."""
    assert isinstance(encode([junk]), bytes)


@pytest.mark.parametrize("junk", [None, 7, object(), MagicMock()], ids=lambda junk: type(junk).__name__)
def test_junk_instead_of_metrics_raises_nothing(junk: Any) -> None:
    """Something that is no collection at all encodes to some bytes."""
    assert isinstance(encode_metrics(junk), bytes)


WILD = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters()), st.binary(), st.builds(Refuses),
        st.decimals(), st.datetimes(), st.complex_numbers(), st.fractions(), st.uuids(),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.one_of(st.text(st.characters()), st.integers(), st.none()), inner), st.tuples(inner)
    ),
    max_leaves=15,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(WILD)
def test_any_value_at_all_decodes(value: Any) -> None:
    """Whatever Python can make, the request decodes and keeps its neighbours."""
    value_of(value)


@settings(max_examples=100, deadline=None)
@given(WILD)
def test_plain_values_stay_as_they_are(value: Any) -> None:
    """Making a value plain twice changes nothing the second time."""
    once = plain(value)

    assert repr(once) == repr(plain(once))
