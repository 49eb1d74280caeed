"""Where a value begins and ends."""

import pytest

from otel_agent.redaction.detection.pair_values import PairContext, next_line_value, read_value


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("p=abc def", "abc", "bare"),
        ("p=abc,def;ghi&jkl", "abc,def;ghi&jkl", "bare"),
        ("p=abc,q=1", "abc", "bare"),
        ("p=abc;q: 1", "abc", "bare"),
        ("p=ab'cd", "ab'cd", "bare"),
        ("p=Bearer abc", "abc", "bare"),
        ("p='ab, c'", "ab, c", "quoted"),
        ("p='ab'cd'", "ab'cd", "quoted"),
        ('p=\\"ab\\\\\\"c\\" d', 'ab\\\\\\"c', "quoted"),
        ("p=(a, b) c", "(a, b)", "bracketed"),
        ("p=Secret(Inner('a)b'), x) c", "Secret(Inner('a)b'), x)", "wrapped"),
        ("p=<Key 'abc'> c", "<Key 'abc'>", "wrapped"),
    ],
)
def test_a_value_is_taken_whole(text: str, value: str, kind: str) -> None:
    """Bare, quoted, in brackets, wrapped in calls; what ends it is another name, a blank, or its own end."""
    found = read_value(text, 2, PairContext(0), len(text))

    assert found is not None
    assert (value, kind) == (text[found.start : found.end], found.kind)


def test_what_encloses_a_value_ends_it() -> None:
    """A quote that was open before the name is not part of a bare value."""
    text = '{"message": "p=abc", "x": 1}'
    found = read_value(text, text.index("abc"), PairContext(text.index("p=")), len(text))

    assert found is not None
    assert "abc" == text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("p:\n  abc\nq: 1", "abc"),
        ("p: |\n  abc\n  def\nq: 1", "abc\n  def"),
        ("p:\n  - abc\n  - def\n", "abc\n  - def"),
        ("p:\n  q: 1\n", None),
        ("p:\nabc\n", None),
    ],
)
def test_a_value_may_stand_on_the_next_lines(text: str, value: str | None) -> None:
    """Deeper than its key, and no key itself."""
    found = next_line_value(text, 2, 0)

    assert value == (None if found is None else text[found.start : found.end])
