"""Rule files as YAML: the one reader, with scalars as Prometheus' files are written for."""

import pytest

from otel_agent.alerts.rules.documents import read_rule_document
from otel_agent.errors import RuleError


def test_scalars_have_the_types_of_yaml_1_1_and_dates_are_strings() -> None:
    """`yes` is true, `017` is octal, `1:30` is ninety, and a key is the string of its value."""
    text = "a: yes\nb: 017\nc: 1:30\nd: 2026-11-25\ne: '5'\nf: !!str 5\ng: ~\nh: 1_000\non: x\n7: y\n"

    assert {
        "a": True,
        "b": 15,
        "c": 90,
        "d": "2026-11-25",
        "e": "5",
        "f": "5",
        "g": None,
        "h": 1000,
        "True": "x",
        "7": "y",
    } == read_rule_document(text, "r.yml").plain()


def test_values_and_keys_have_lines() -> None:
    """Aliases have those of what they stand for."""
    found = read_rule_document("a: &x\n  - b\n\nc: *x\n", "r.yml")

    assert {"a": 1, "c": 4} == dict(found.key_lines)
    assert [2, 2] == [found.value[key].value[0].line for key in ("a", "c")]


def test_an_empty_file_holds_nothing() -> None:
    """A comment alone too."""
    assert (None, None) == (read_rule_document("", "r.yml").value, read_rule_document("# x\n", "r.yml").value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 1\na: 2\n", "r.yml:3: duplicate key 'a', first in line 1"),
        ("a: [\n", "r.yml:2: invalid YAML: "),
        ("a: !mine 5", "r.yml:1: invalid YAML: could not determine a constructor for the tag '!mine'"),
        ("a: !!int five", "r.yml:1: invalid YAML: invalid literal for int()"),
        ("a: {<<: {b: 1}}", "r.yml:1: invalid YAML: could not determine a constructor"),
        ("a: 1\n---\nb: 2", "r.yml:2: a second document begins here; one is read"),
        ("a: \x07", "r.yml:1: invalid YAML: a character that is not allowed"),
        ("x" * 4_194_305, "r.yml: is larger than 4194304 bytes, which is not read"),
        ("a: " + "[" * 200, "r.yml:1: more than 100 levels within each other"),
    ],
    ids=lambda text: text[:20],
)
def test_what_cannot_be_read_is_refused_as_a_whole(text: str, problem: str) -> None:
    """With file, line and reason."""
    with pytest.raises(RuleError) as caught:
        read_rule_document(text, "r.yml")

    assert caught.value.problems[0].startswith(problem)
