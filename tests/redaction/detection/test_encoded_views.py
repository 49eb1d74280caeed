"""A text's escapes are read, and what is found in a reading is found in the text."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.redaction.detection.encoded_views import views


def innermost(text: str, word: str) -> str:
    """Where a word stands in a reading, taken from the text itself."""
    for chain in views(text):
        at = chain[-1].text.find(word)
        if at >= 0:
            start, end = at, at + len(word)
            for view in reversed(chain):
                start, end = view.origin(start), view.origin(end)
            return text[start:end]
    return ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user%5Bpw%5D=x", "user[pw]=x"),
        ("a%253Db", "a=b"),
        ("a\\u0026b", "a&b"),
        ("&quot;a&quot;", '"a"'),
        ("&#34;a&#x3d;", '"a='),
        ("a\\nb", "a\nb"),
        ("a%EF%BC%9Ab", "a:b"),
    ],
)
def test_escapes_of_addresses_json_and_html_are_read(text: str, said: str) -> None:
    """Percent signs, also twice, escapes of JSON, entities of HTML."""
    assert said in [chain[-1].text for chain in views(text)]


def test_a_text_without_escapes_has_no_reading() -> None:
    """Nothing is made of most texts."""
    assert [] == list(views("order 17 filled at 100%"))


@given(st.text(max_size=20), st.text(max_size=20), st.integers(1, 3))
def test_what_is_found_in_a_reading_is_found_in_the_text(before: str, after: str, times: int) -> None:
    """Whatever stands around, a word's place is found through as many encodings."""
    text = f"{before}={'W0rd'}={after}"
    for _ in range(times):
        text = quote(text, safe="")

    assert "W0rd" == innermost(text, "W0rd")


def test_quotes_around_the_encoded_part_are_read_with_and_without() -> None:
    """An escaped quote between two quotes: the outer ones belong to what stands around it."""
    readings = [chain[-1].text for chain in views(json.dumps('a"b'))]

    assert ['"a"b"', '\na"b\n'] == readings
