"""Whatever leaves past the wire passes one function as a whole."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.outgoing_texts import MAX_DEPTH, cleaned, counted, printable, short_line


class Colour(Enum):
    """No text."""

    RED = "secret"


class Mood(StrEnum):
    """A text, and more than that."""

    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Line:
    """A record with texts in every place."""

    name: str
    more: tuple[str, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)
    colour: Colour = Colour.RED


class Pair(NamedTuple):
    """A named tuple."""

    first: str
    second: int


def redact(text: str) -> str:
    """Take the word out."""
    return text.replace("secret", "***") if "secret" in text else text


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("a secret"),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.just("secret"), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_no_text_is_left_out(value: Any) -> None:
    """However values are nested, the word is in none of them afterwards, and what held none is the same object."""
    after = cleaned(value, redact)

    assert "secret" not in repr(after)
    assert after is value or "secret" in repr(value)


def test_a_text_that_is_more_than_a_text_stays_that() -> None:
    """A member of an enumeration of texts is the same member, also after a redactor that makes plain texts of all."""
    assert Mood.CALM is cleaned([Mood.CALM], str)[0]


def test_records_are_cleaned_field_by_field() -> None:
    """Data classes and named tuples keep their type; a field that is no text stays what it is."""
    line = Line("my secret", ("x", "secret"), {"secret": [Pair("secret", 3)]})
    after = cleaned(line, redact)

    assert Line("my ***", ("x", "***"), {"***": [Pair("***", 3)]}) == after
    assert Colour.RED is after.colour


def test_names_that_become_equal_are_both_kept() -> None:
    """Two entries whose names differ in nothing but their secrets are told apart by a number."""
    after = cleaned({"secret": 1, "***": 2}, redact)

    assert {"***": 1, "*** (2)": 2} == after


def test_what_refers_to_itself_has_an_end() -> None:
    """A circle is followed for so many levels and then left out."""
    circle: list[Any] = ["secret"]
    circle.append(circle)

    assert "secret" not in repr(cleaned(circle, redact))
    assert MAX_DEPTH > 24


@given(st.text(), st.integers(1, 50))
def test_a_line_is_printable_and_short(text: str, limit: int) -> None:
    """Nothing in it moves a cursor or begins another line, and it is no longer than asked, but for the ellipsis."""
    line = short_line(text, limit)

    assert line.isprintable()
    assert len(line) <= limit + 1
    assert line == printable(text) or line.endswith("…")


@pytest.mark.parametrize(("count", "text"), [(0, "0 alerts"), (1, "1 alert"), (2, "2 alerts"), (1000, "1,000 alerts")])
def test_a_noun_has_the_form_of_its_number(count: int, text: str) -> None:
    """One alert, all other numbers of alerts."""
    assert text == counted(count, "alert")
