"""Any value becomes one that OTLP can carry, in a way that a reader of the telemetry can see."""

from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_shapes import Light, Refuses, spans_of

from otel_agent.delivery.wire import encode_spans
from otel_agent.delivery.wire.values import IMMUTABLE, MAX_DEPTH, MAX_TEXT_CHARS, plain, safe_text


class Scalar:
    """Quacks like a scalar of numpy, which is not a dependency."""

    size = 1

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        """The Python number in it."""
        return self.value


Scalar.__module__ = "numpy"


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


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "text", b"bytes"])
def test_values_of_immutable_types_are_left_as_they_are(value: object) -> None:
    """What cannot change after it was handed over needs no copy."""
    assert type(value) in IMMUTABLE
    assert plain(value) is value or plain(value) == value


def test_collections_are_copied() -> None:
    """Sets and tuples become lists, keys become texts, and what is changed later does not change the copy."""
    value = {7: {"a"}, "b": (1, [2])}
    copy = plain(value)
    value.clear()

    assert {"7": ["a"], "b": [1, [2]]} == copy


def test_one_value_has_one_budget() -> None:
    """Siblings share what a nested value may hold, so many long texts are as bounded as one."""
    texts = plain(["x" * MAX_TEXT_CHARS, "y" * MAX_TEXT_CHARS])

    assert sum(len(text) for text in texts) <= MAX_TEXT_CHARS


def test_the_deepest_level_is_named() -> None:
    """As many levels as are allowed are kept, the next one is said."""
    value = plain(deep(MAX_DEPTH + 5))
    for _ in range(MAX_DEPTH):
        (value,) = value

    assert "<nested too deep>" == value


def test_the_text_of_a_value_never_raises() -> None:
    """A value without a text is named by its type, and long texts are cut."""
    assert "<Refuses: its __str__ raised ValueError>" == safe_text(Refuses())
    assert MAX_TEXT_CHARS == len(safe_text("x" * (MAX_TEXT_CHARS + 1)))
