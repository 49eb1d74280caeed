"""Binary operators: elements of two vectors find each other by labels."""

import pytest

from otel_agent.alerts.promql.matching import combine
from otel_agent.alerts.promql.nodes import BinaryExpr, EvaluationError, Value, Vector
from otel_agent.alerts.promql.parsing import parse
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels


def vector(name: str, **values: float) -> Vector:
    """Elements of a name, one for each host."""
    return [(Labels({"__name__": name, "host": host}), value) for host, value in values.items()]


def combined(text: str, left: Value, right: Value) -> object:
    """The value of an operator over these operands."""
    root = parse(text).root
    assert isinstance(root, BinaryExpr)
    value = combine(root, left, right)
    return {repr(labels): one for labels, one in value} if isinstance(value, list) else value


X, Y = vector("x", a=1.0, b=4.0), vector("y", a=2.0, c=8.0)


@pytest.mark.parametrize(
    ("text", "left", "right", "expected"),
    [
        ("1 + 2", 1.0, 2.0, 3.0),
        ("1 > bool 2", 1.0, 2.0, 0.0),
        ("x / 2", X, 2.0, {'{host="a"}': 0.5, '{host="b"}': 2.0}),
        ("2 - x", 2.0, X, {'{host="a"}': 1.0, '{host="b"}': -2.0}),
        ("x > 2", X, 2.0, {'x{host="b"}': 4.0}),
        ("2 > x", 2.0, X, {'x{host="a"}': 1.0}),
        ("x > bool 2", X, 2.0, {'{host="a"}': 0.0, '{host="b"}': 1.0}),
        ("x + y", X, Y, {'{host="a"}': 3.0}),
        ("x and y", X, Y, {'x{host="a"}': 1.0}),
        ("x unless y", X, Y, {'x{host="b"}': 4.0}),
        ("x or y", X, Y, {'x{host="a"}': 1.0, 'x{host="b"}': 4.0, 'y{host="c"}': 8.0}),
        ("x * on () group_left () y", X, [(Labels({"__name__": "y"}), 10.0)], {'{host="a"}': 10.0, '{host="b"}': 40.0}),
        ("x * y", [], Y, {}),
    ],
)
def test_operators_give_what_prometheus_gives(text: str, left: Value, right: Value, expected: object) -> None:
    """Arithmetic takes the name away, comparisons keep elements, sets keep those with or without a partner."""
    assert expected == combined(text, left, right)


def test_labels_of_one_side_may_be_taken_over() -> None:
    """`group_left (team)` gives each element of the many the label of its one."""
    team: Vector = [(Labels({"__name__": "team", "team": "ops"}), 1.0)]

    assert {'{host="a", team="ops"}': 1.0, '{host="b", team="ops"}': 4.0} == combined(
        "x * on () group_left (team) team", X, team
    )


def test_two_partners_where_one_is_allowed_are_a_mistake() -> None:
    """Many on both sides, and many where the operator says one, are named with their side."""
    with pytest.raises(EvaluationError, match=r"match alike on the right side of \+"):
        combined("x + on () y", X, Y)
    with pytest.raises(EvaluationError, match="group_left or group_right allows that"):
        combined("x + on () y", X, Y[:1])


def test_histograms_answer_only_what_makes_sense() -> None:
    """They add, subtract, compare for equality and scale by numbers; anything else has no value."""
    one: Vector = [(Labels({"a": "b"}), NativeHistogram(0, 2, 2, positive={1: 2.0}))]

    assert {'{a="b"}': NativeHistogram(0, 4, 4, positive={1: 4.0})} == combined("x + y", one, one)
    assert {'{a="b"}': NativeHistogram(0, 1, 1, positive={1: 1.0})} == combined("x / 2", one, 2.0)
    assert {'{a="b"}': one[0][1]} == combined("x == y", one, one)
    assert [{}, {}, {}] == [combined("x + 1", one, 1.0), combined("1 / x", 1.0, one), combined("x > y", one, one)]
