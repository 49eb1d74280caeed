"""A long text is searched piece by piece, and nothing hides at a border."""

import re

from hypothesis import given
from hypothesis import strategies as st

from otel_agent.redaction.detection.windowed_search import OVERLAP, WINDOW, search_in_windows

SECRET = re.compile(r"sk-[a-z0-9]{8,}+")


@given(st.integers(0, 60), st.integers(8, 40), st.integers(0, 60), st.integers(0, 20))
def test_a_match_is_found_wherever_it_stands(before: int, length: int, after: int, start: int) -> None:
    """With windows so small that every match meets a border, the answer is that of an ordinary search."""
    text = "." * before + "sk-" + "x" * length + " " * after + "sk-yyyyyyyyy"
    expected = SECRET.search(text, start)
    found = search_in_windows(SECRET, text, start, window=32, overlap=12)

    assert (expected and (expected.span(), expected[0])) == (found and (found.span(), found[0]))


def test_a_text_without_a_match_is_searched_to_its_end() -> None:
    """Nothing is found in a text of several windows that holds nothing."""
    assert search_in_windows(SECRET, "word " * (WINDOW // 2), 0) is None


def test_a_match_across_a_border_is_whole() -> None:
    """What begins in one piece is followed to its end in the next."""
    text = "." * (WINDOW - 5) + "sk-" + "x" * (2 * OVERLAP)
    found = search_in_windows(SECRET, text, 0)

    assert found is not None
    assert (WINDOW - 5, len(text)) == found.span()
