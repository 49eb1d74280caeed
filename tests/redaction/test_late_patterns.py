"""Patterns that are compiled when a text first needs them."""

import re

import pytest

from otel_agent.redaction.late_patterns import late_pattern


def test_a_late_pattern_does_what_a_compiled_one_does() -> None:
    """Finds, replaces, and tells its groups, its source and its flags."""
    late, compiled = late_pattern("(?P<name>a+)", re.IGNORECASE), re.compile("(?P<name>a+)", re.IGNORECASE)

    assert compiled.findall("xAay a") == late.findall("xAay a")
    assert compiled.sub("-", "xAay") == late.sub("-", "xAay")
    assert [match.span("name") for match in late.finditer("xAay a")] == [(1, 3), (5, 6)]
    assert (compiled.pattern, compiled.flags, compiled.groupindex) == (late.pattern, late.flags, late.groupindex)
    assert late.search("b") is late.match("b") is late.fullmatch("b") is None


def test_it_is_compiled_once_and_not_before_it_is_used() -> None:
    """A pattern that is wrong says so at its first use; the methods of one that is right stay the same objects."""
    wrong, right = late_pattern("("), late_pattern("a")

    assert "(" == wrong.pattern
    with pytest.raises(re.error):
        wrong.search("a")
    assert right.search.__self__ is right.match.__self__  # type: ignore[attr-defined] # methods of one compiled pattern
