"""The syntax tree is walked from the root down."""

from otel_agent.alerts.promql.nodes import (
    AggregateExpr,
    BinaryExpr,
    FunctionCall,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    VectorSelector,
    children,
    walk,
)
from otel_agent.alerts.promql.parsing import parse
from otel_agent.series.matchers import Matcher, MatchType


def test_a_walk_meets_every_node_once_from_the_root_down() -> None:
    """Arguments, parameters, operands and selectors are met in the order in which they are written."""
    root = parse("topk(3, (rate(a[5m]))) > 1").root

    assert [
        BinaryExpr, AggregateExpr, ParenExpr, FunctionCall, MatrixSelector, VectorSelector, NumberLiteral, NumberLiteral,
    ] == [type(node) for node in walk(root)]  # fmt: skip


def test_matchers_and_names_are_no_nodes() -> None:
    """A selector has nothing below it."""
    assert [] == children(VectorSelector((Matcher("a", MatchType.EQUAL, "b"),), 0))


def test_only_an_equal_name_makes_names_the_same() -> None:
    """A selector whose name is a pattern, or missing, may find series of several names."""
    selectors = [parse(text).root for text in ("x", '{__name__=~"x"}', '{a="b"}')]

    assert [True, False, False] == [isinstance(one, VectorSelector) and one.has_name for one in selectors]
