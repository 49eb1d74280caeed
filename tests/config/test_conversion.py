"""A node becomes a value of its kind, or a line that says why not."""

from typing import Any

import pytest

from otel_agent.config.conversion import INVALID, convert
from otel_agent.config.kinds import Duration, LabelValue, MetricName, Percentage, Quantity, ReadPath, RuleName, Share
from otel_agent.config.nodes import ConfigNode, Place, wrapped
from otel_agent.config.problems import Problems
from otel_agent.config.sections.alert_rules import RuleChoiceSettings
from otel_agent.config.sections.logs import LogFileSettings
from otel_agent.config.sections.notifications import WebhookSettings
from otel_agent.config.yaml.reader import read_document

PLACE = Place("f.yaml", "/conf")


def from_yaml(kind: Any, text: str) -> tuple[Any, list[str]]:
    """What a text of YAML becomes, and what is said about it."""
    problems = Problems()
    node = read_document(text, PLACE, problems)
    assert node is not None
    return convert(kind, node, "a.b", problems, "/here"), list(problems.lines)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (str, "8080", "8080"),
        (str, "no", "no"),
        (bool, "no", False),
        (bool, "1", True),
        (int, "0x10", 16),
        (int, "5", 5),
        (float, "5", 5.0),
        (Share | None, "off", None),
        (tuple[str, ...], "a", ("a",)),
        (tuple[int, ...], "[1, 2]", (1, 2)),
        (dict[str, int], "{a: 1, b: }", {"a": 1}),
        (ReadPath, "../x", "/x"),
        (Duration, "1h30m", 5400.0),
        (Duration, "30", 30.0),
        (Duration, "250ms", 0.25),
        (Quantity, "250ms", 0.25),
        (Quantity, "-3", -3.0),
        (Percentage, "99.9", 99.9),
        (LabelValue, "true", "true"),
        (LabelValue, "1.50", "1.50"),
        (RuleName, "High_1", "High_1"),
    ],
)
def test_what_is_written_without_quotes_has_the_type_of_its_setting(kind: Any, text: str, expected: Any) -> None:
    """Strings, numbers, booleans, lists, mappings, paths and lengths of time."""
    value, problems = from_yaml(kind, text)

    assert (expected, type(expected), []) == (value, type(value), problems)


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        (int, "'5'", "expected a whole number, found '5'; write it without quotes"),
        (bool, "maybe", "expected a boolean (true or false), found maybe"),
        (Duration, "'30'", "expected a number of seconds, or a length of time such as 250ms or 1h30m, found '30'; write it without quotes"),
        (Duration, "-1", "expected a number of seconds, or a length of time such as 250ms or 1h30m, found -1"),
        (Duration | None, "off", "expected a number of seconds, or a length of time such as 250ms or 1h30m, found off"),
        (Quantity, "1GiB", "expected a number, or a length of time such as 250ms or 1h30m, found 1GiB; write 1073741824"),
        (Percentage, "100", "expected a number above 0 and below 100, found 100"),
        (RuleName, '"A\\n"', "expected a name of letters, digits and _, found 'A\\n'"),
        (MetricName, "3", "expected the name of a metric, found 3"),
        (dict[str, int], "[a]", "expected a mapping, each value a whole number, found a list"),
        (str, "{}", "expected a string, found an empty mapping"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_words_of_the_field(kind: Any, text: str, problem: str) -> None:
    """What was expected, what was found, and what to write where that can be guessed."""
    value, problems = from_yaml(kind, text)

    assert INVALID is value
    assert [f"f.yaml:1: a.b: {problem}"] == problems


def test_a_python_number_is_a_label_as_yaml_would_have_it() -> None:
    """Labels of a mapping given in code need not be strings; other strings must be."""
    problems = Problems()

    assert ["5", "true"] == [convert(LabelValue, ConfigNode(value, PLACE), "a", problems, "/") for value in (5, True)]
    assert INVALID is convert(str, ConfigNode(5, PLACE), "a", problems, "/")
    assert 1 == len(problems.lines)


def test_the_right_parts_of_a_section_are_used() -> None:
    """A key that is wrong or unknown is left out and said; one that must be given is missed."""
    value, problems = from_yaml(tuple[LogFileSettings, ...], "[{path: /a, max_bytes: x, backup: 1}, {}]")

    assert [("/a", 10_485_760)] == [(file.path, file.max_bytes) for file in value]
    assert ["a.b[0].max_bytes", "a.b[0].backup", "a.b[1].path"] == [line.split(": ")[1] for line in problems]


def test_an_entry_with_anything_wrong_is_left_out_as_a_whole() -> None:
    """Half a rule is another rule; the others keep their places."""
    text = (
        "- {threshold: {name: A, metric: x, above: 1, sverity: critical}}\n"
        "- {threshold: {name: B, metric: x, above: 1, clear_below: 2}}\n"
        "- {absent: {name: C, metric: x}}\n"
        "- {absent: {name: D, metric: x}, exception: {name: E, type: F}}\n"
    )
    rules, problems = from_yaml(tuple[RuleChoiceSettings, ...], text)

    assert [("a.b[2]", "a.b[2].absent", "C")] == [
        (rule.path, rule.chosen[1].path, rule.chosen[1].name) for rule in rules
    ]
    assert [
        "f.yaml:1: a.b[0].threshold.sverity: unknown key, did you mean severity?",
        "f.yaml:2: a.b[1].threshold.clear_below: 2 is more than above, 1; it has to be less",
        (
            "f.yaml:4: a.b[3]: expected exactly one of absent, anomaly, burn_rate, cache_hit_rate, exception, finding, span_errors, "
            "span_latency, threshold, with its settings, found a mapping"
        ),
    ] == problems


def test_a_value_alone_stands_for_the_key_an_entry_names() -> None:
    """The URL of a webhook needs no mapping around it."""
    problems = Problems()
    value = convert(WebhookSettings, wrapped("https://a", PLACE), "a", problems, "/")

    assert ("https://a", 5.0, ()) == (value.url, value.timeout, problems.lines)
