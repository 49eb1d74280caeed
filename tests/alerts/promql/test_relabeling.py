"""Labels that functions write."""

import re

import pytest

from otel_agent.alerts.promql.nodes import Vector
from otel_agent.alerts.promql.parsing import parse
from otel_agent.alerts.promql.relabeling import absent_labels, expanded, relabeled
from otel_agent.series.labels import Labels


@pytest.mark.parametrize(
    ("template", "expected"),
    [("$1-$2", "a-"), ("${1}x", "ax"), ("$1x", ""), ("$rest", "bc"), ("$$1", "$1"), ("$9", ""), ("plain", "plain")],
)
def test_references_are_filled_as_go_fills_them(template: str, expected: str) -> None:
    """A name is as long as it can be, what is no group is empty, and two dollars are one."""
    match = re.fullmatch(r"(a)(x)?(?P<rest>.*)", "abc")

    assert match is not None
    assert expected == expanded(template, match)


def test_a_label_is_written_where_the_whole_value_matches() -> None:
    """What does not match stays, a missing label is empty, and an empty new value takes the label away."""
    vector: Vector = [(Labels({"a": text, "to": "old"}), 1.0) for text in ("x1", "xx", "")]
    found = relabeled(vector, "to", "$1", "a", "x([0-9])|")

    assert ["1", "old", ""] == [labels.get("to") for labels, _ in found]


def test_what_is_absent_has_the_labels_demanded_once() -> None:
    """Only equalities count, and a label with two conditions says nothing."""
    texts = ('absent(x{a="1", b=~"2", c="3", c!="4"})', 'absent_over_time(x{a="1"}[5m])', "absent(x + y)")
    roots = [parse(text).root for text in texts]

    assert [Labels({"a": "1"}), Labels({"a": "1"}), Labels()] == [
        absent_labels(root.arguments[0])  # type: ignore[attr-defined] # all are calls
        for root in roots
    ]
