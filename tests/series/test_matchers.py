"""Label matchers accept what Prometheus's do, and refuse patterns that Python would read otherwise."""

import pytest

from otel_agent.series.labels import Labels
from otel_agent.series.matchers import Matcher, MatchType, compile_pattern


@pytest.mark.parametrize(
    ("match", "value", "accepted"),
    [
        (MatchType.EQUAL, "ab", {"ab"}),
        (MatchType.EQUAL, "", {""}),
        (MatchType.NOT_EQUAL, "ab", {"", "a", "abc"}),
        (MatchType.PATTERN, "a.*", {"a", "ab", "abc"}),
        (MatchType.PATTERN, "a", {"a"}),
        (MatchType.NOT_PATTERN, "a.+", {"", "a"}),
    ],
)
def test_a_matcher_accepts_whole_values(match: MatchType, value: str, accepted: set[str]) -> None:
    """Patterns have to match the whole value, and a missing label counts as empty."""
    matcher = Matcher("x", match, value)

    assert accepted == {text for text in ("", "a", "ab", "abc") if matcher.accepts(Labels({"x": text}))}


@pytest.mark.parametrize("text", ["a(?=b)", r"(a)\1", "(?>a)", "a++", "[[:nothing:]]", "[[:^alpha:]]", r"\pL", r"a\Z"])
def test_what_re2_does_not_have_is_refused(text: str) -> None:
    """Lookaround, backreferences and classes of other dialects are named instead of read otherwise."""
    with pytest.raises(ValueError, match="is not supported"):
        compile_pattern(text)


def test_what_is_no_pattern_is_refused() -> None:
    """A pattern that cannot be read is a `ValueError` that shows it."""
    with pytest.raises(ValueError, match=r"regular expression '\(' cannot be read"):
        compile_pattern("(")


def test_the_dot_matches_a_line_break_and_classes_are_ascii() -> None:
    """As in Prometheus, the dot takes any character, and a digit is one of ASCII."""
    assert compile_pattern("a.b").fullmatch("a\nb")
    assert compile_pattern(r"\d").fullmatch("\u0663") is None


@pytest.mark.parametrize(
    ("text", "value", "is_match"),
    [
        ("[[:alpha:]]+", "abZ", True),
        ("[[:alpha:]]+", "ab1", False),
        ("[^[:digit:]x]+", "a1", False),
        ("a[[:digit:][:upper:]_-]{2,}", "aB_7", True),
        ("x[[:punct:]]y", "x]y", True),
        (r"\[:alpha:\]", "[:alpha:]", True),
    ],
)
def test_classes_may_be_named(text: str, value: str, *, is_match: bool) -> None:
    """As RE2 names them, alone or beside others in the same brackets."""
    assert is_match == (compile_pattern(text).fullmatch(value) is not None)
