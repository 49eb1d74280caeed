"""Rule files as YAML: the one reader, with scalars as Prometheus' files are written for."""

import pytest

from otel_agent.alerts.rules.documents import read_rule_document, whole_at
from otel_agent.errors import RuleError


def test_scalars_are_the_text_that_is_written() -> None:
    """Numbers, truths, dates and times without quotes are strings, names too; only `~` and its likes are nothing."""
    text = "a: yes\nb: 017\nc: 1:30\nd: 2026-11-25\ne: '5'\nf: !!str ~\ng: ~\nh: 1_000\non: x\n7: 1.10\ni: Null\nj:\n"

    assert {
        "a": "yes",
        "b": "017",
        "c": "1:30",
        "d": "2026-11-25",
        "e": "5",
        "f": "~",
        "g": None,
        "h": "1_000",
        "on": "x",
        "7": "1.10",
        "i": None,
        "j": None,
    } == read_rule_document(text, "r.yml").plain()


def test_what_is_merged_is_laid_under() -> None:
    """Own keys win over merged ones, the first of several merged mappings over the second; in quotes << is a key."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: {'<<': 4}\n"
    found = read_rule_document(text, "r.yml").plain()

    assert ({"x": "3", "y": "1", "z": "2"}, {"<<": "4"}) == (found["c"], found["d"])


def test_the_first_document_is_read() -> None:
    """As in Prometheus, whatever comes after it."""
    assert {"a": "1"} == read_rule_document("a: 1\n---\nb: [", "r.yml").plain()


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("0x10", 16), ("010", 8), ("0o10", 8), ("0b11", 3), ("1_000", 1000), ("5.5", 5), ("~", 0), ("-3", -3)],
)
def test_whole_numbers_have_every_form_of_yaml(text: str, number: int) -> None:
    """Hexadecimal, octal, binary, with underscores, and a float without a rest."""
    assert number == whole_at(read_rule_document(f"limit: {text}", "r.yml"), "limit")


@pytest.mark.parametrize("text", ["'5'", "five", ".inf", "1:30", "true", "[5]"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    """A string of digits too."""
    with pytest.raises(ValueError, match="is no whole number"):
        whole_at(read_rule_document(f"limit: {text}", "r.yml"), "limit")


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
        ("a: !!int five", "r.yml:1: invalid YAML: 'five' is no !!int"),
        ("a: {<<: 5}", "r.yml:1: `<<` takes a mapping"),
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
