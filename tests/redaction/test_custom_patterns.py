"""Patterns of the operator's: usable ones pass, wrong and slow ones are refused with a reason and a way out."""

import re
import time

import pytest

from otel_agent.redaction.custom_patterns import MAX_CHARS, check_patterns, pattern_problem

FINE = [
    r"ACCT-\d{8}",
    r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}",
    r"\bEMP\d+\b",
    r"(?i)internal-[a-z]+-[0-9]+",
    r"\w+@\w+\.com",
    r"(?:\w++\.)+com",
    r"(?>\w+\.)+com",
    r"(?:ab|cd)+x",
    r"foo.*bar",
    r"foo[^,]*,bar[^,]*,",
    r".{0,100}foo.{0,100}bar",
    r"(?<=key )[^ ]+",
    r"[^\W\d_]+-\d+",
]
SLOW = [
    r"(a+)+$",
    r"(a*)*b",
    r"(a|ab)*c",
    r"(a|a)+c",
    r"(?:\w+\.)+com",
    r"(?:x(?:a|a)*)+y",
    r"\d+\d+x",
    r".*foo.*bar",
    r"a*a*a*b",
    r"[a-z]+\d*[a-z]+!",
    r"a{0,300}a{0,300}b",
    r"(?i)A+a+!",
    r"(?=(a+)+$)b",
    r"(x|(a+)+)y",
]


@pytest.mark.parametrize("pattern", FINE)
def test_ordinary_patterns_pass(pattern: str) -> None:
    """What people write for account numbers and names is fine, possessive and atomic forms included."""
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize("pattern", SLOW)
def test_patterns_that_can_take_for_ever_are_refused(pattern: str) -> None:
    """The message says why and what to write instead."""
    found = pattern_problem(pattern)

    assert found is not None
    assert "can take for ever" in found
    assert "possessive" in found


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "expected a regular expression"),
        ("a{2,1}", "expected a regular expression"),
        ("a*", "matches an empty text"),
        ("", "matches an empty text"),
        ("x" * (MAX_CHARS + 1), f"expected at most {MAX_CHARS} characters"),
    ],
)
def test_wrong_patterns_are_refused(pattern: str, reason: str) -> None:
    """What does not compile, matches everything, or is a text by mistake."""
    found = pattern_problem(pattern)

    assert found is not None
    assert reason in found


def test_problems_name_their_place() -> None:
    """Usable patterns are kept in order; the others are named by their path in the configuration."""
    checked = check_patterns(["iban", "(", "!^session$"], ["EMP", "(a+)+"])

    assert (("iban", "!^session$"), ("EMP",)) == (checked.keys, checked.values)
    assert ["redact.keys[1]", "redact.values[1]"] == [each.split(":")[0] for each in checked.problems]


@pytest.mark.parametrize("pattern", FINE)
def test_patterns_that_pass_are_quick_on_a_window(pattern: str) -> None:
    """What is let through takes no more than quadratic time: a piece of a text is searched in well under a second."""
    compiled = re.compile(pattern)
    begun = time.thread_time()
    for text in ("a" * 2048, "1" * 2048, "foo" * 700, "ab." * 700, "a-1" * 700):
        compiled.search(text)

    assert time.thread_time() - begun < 2
