"""
Parser of PromQL expressions: from text to a syntax tree of `nodes`, or to a reason why not.

`promql_parser` reads the grammar and checks types, as Prometheus does. What its tree holds and the subset does not is refused
here, by name, so that it is a mistake of the rule file and not a wrong answer at night. Its classes have the names that ours
have, both being Prometheus's; so its own are always written with the module, as in `promql_parser.VectorSelector`.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import promql_parser

from otel_agent.alerts.promql.calendar import CALENDAR
from otel_agent.alerts.promql.elementwise import ELEMENTWISE
from otel_agent.alerts.promql.lexical import normalized
from otel_agent.alerts.promql.nodes import (
    AggregateExpr,
    BinaryExpr,
    Expr,
    FunctionCall,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatching,
    VectorSelector,
    children,
    walk,
)
from otel_agent.alerts.promql.quantiles import OF_NATIVE
from otel_agent.alerts.promql.range_functions import OF_ANY_SAMPLES, OF_NUMBERS
from otel_agent.errors import RuleError
from otel_agent.series.labels import NAME
from otel_agent.series.matchers import Matcher, MatchType, compile_pattern

__all__ = ["AGGREGATIONS", "AT_EVALUATION", "EXPERIMENTAL", "FUNCTIONS", "LOOKBACK_MS", "Expression", "parse"]

LOOKBACK_MS = 300_000
"""Age in milliseconds at which a value no longer counts."""

AGGREGATIONS = frozenset(
    {"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile", "topk", "bottomk", "count_values"}
)
FUNCTIONS = frozenset(
    {
        *CALENDAR,
        *ELEMENTWISE,
        *OF_NUMBERS,
        *OF_ANY_SAMPLES,
        *OF_NATIVE,
        *("rate", "increase", "delta", "idelta", "irate", "deriv", "predict_linear"),
        *("first_over_time", "last_over_time", "quantile_over_time", "double_exponential_smoothing"),
        *("absent", "absent_over_time", "scalar", "vector", "time", "timestamp", "pi", "label_join", "label_replace"),
        *("histogram_quantile", "sort", "sort_desc", "sort_by_label", "sort_by_label_desc"),
    }
)
"""Functions of the subset."""
EXPERIMENTAL = frozenset({"mad_over_time", "double_exponential_smoothing", "sort_by_label", "sort_by_label_desc"})
"""Functions behind `--enable-feature=promql-experimental-functions` in Prometheus 3, absent from earlier ones."""
OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<", ">=", "<=", "and", "or", "unless"})
_MATCHES = {
    "Equal": MatchType.EQUAL,
    "NotEqual": MatchType.NOT_EQUAL,
    "Re": MatchType.PATTERN,
    "NotRe": MatchType.NOT_PATTERN,
}
_LABEL_REPLACE_ARGUMENTS = 5
_LENGTH_LIMIT = 20_000
"""Characters an expression may have; keeps the parser's recursion within its stack."""


@dataclass(frozen=True)
class Expression:
    """An expression that can be evaluated."""

    text: str
    """The expression as written."""
    root: Expr
    """Root of its syntax tree."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the series it reads, as far as they are written out."""
        found = {
            matcher.value
            for node in walk(self.root)
            if isinstance(node, VectorSelector)
            for matcher in node.matchers
            if matcher.name == NAME and matcher.match is MatchType.EQUAL
        }
        return tuple(sorted(found))

    @property
    def experimental(self) -> tuple[str, ...]:
        """Functions it uses that Prometheus has only behind a switch."""
        return tuple(sorted({node.name for node in walk(self.root) if isinstance(node, FunctionCall)} & EXPERIMENTAL))

    @property
    def reach_ms(self) -> int:
        """How far back it looks, in milliseconds."""
        return _reach_ms(self.root)


@lru_cache(maxsize=2048)
def parse(text: str) -> Expression:
    """
    Parse an expression.

    Args:
        text: Expression in PromQL.

    Returns:
        An expression that can be evaluated. Its value is a number or a vector.

    Raises:
        RuleError: When it is invalid PromQL, or holds something outside the subset; the reason names it.
    """
    if len(text) > _LENGTH_LIMIT:
        raise RuleError([f"the expression has {len(text)} characters; at most {_LENGTH_LIMIT} are read"])
    try:
        tree = promql_parser.parse(normalized(text))
    except (KeyboardInterrupt, SystemExit, RuleError):
        raise
    except BaseException as error:  # a mistake of the parser's own is a PanicException, which is no Exception
        raise RuleError([f"invalid PromQL: {error}"]) from error
    problems: list[str] = []
    root = _expr(tree, problems)
    if isinstance(root, MatrixSelector | SubqueryExpr):
        problems.append("a range vector is no answer for a rule; put a function such as rate() around it")
    if isinstance(root, StringLiteral):
        problems.append("a string is no answer for a rule")
    if problems:
        raise RuleError(list(dict.fromkeys(problems)))
    return Expression(text, root)


def _expr(tree: Any, problems: list[str]) -> Expr:
    built: Expr = _BUILDERS[type(tree)](tree, problems)
    return built


def _vector_selector(tree: Any, problems: list[str]) -> VectorSelector:
    if tree.matchers.or_matchers:
        problems.append("`or` between label matchers is outside the subset; use a regular expression, or two selectors")
    matchers = [Matcher(NAME, MatchType.EQUAL, tree.name)] if tree.name else []
    for found in tree.matchers.matchers:
        try:
            matchers.append(Matcher(found.name, _MATCHES[str(found.op).rpartition(".")[2]], found.value))
        except ValueError as error:
            problems.append(str(error))
    return VectorSelector(tuple(matchers), _ms(tree.offset), _at(tree))


AT_EVALUATION = math.inf
"""`@ start()` and `@ end()`: the moment of the whole evaluation, also inside a subquery."""


def _at(tree: Any) -> float | None:
    if tree.at is None:
        return None
    if tree.at.at is None:
        return AT_EVALUATION
    return float((tree.at.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))


def _matrix_selector(tree: Any, problems: list[str]) -> MatrixSelector:
    return MatrixSelector(_vector_selector(tree.vector_selector, problems), _ms(tree.range))


def _subquery(tree: Any, problems: list[str]) -> SubqueryExpr:
    step_ms = 0 if tree.step is None else _ms(tree.step) or 1000
    return SubqueryExpr(_expr(tree.expr, problems), _ms(tree.range), step_ms, _ms(tree.offset), _at(tree))


def _function_call(tree: Any, problems: list[str]) -> FunctionCall:
    name = tree.func.name
    if name not in FUNCTIONS:
        problems.append(f"the function {name}() is outside the subset")
    function = FunctionCall(name, tuple(_expr(argument, problems) for argument in tree.args))
    if name == "label_replace" and len(function.arguments) == _LABEL_REPLACE_ARGUMENTS:
        destination, pattern = function.arguments[1], function.arguments[4]
        if isinstance(destination, StringLiteral) and not destination.value:
            problems.append("label_replace() needs the name of the label to write")
        if isinstance(pattern, StringLiteral):
            try:
                compile_pattern(pattern.value)
            except ValueError as error:
                problems.append(str(error))
    return function


def _aggregation(tree: Any, problems: list[str]) -> AggregateExpr:
    operator = str(tree.op)
    if operator not in AGGREGATIONS:
        problems.append(f"the aggregation {operator} is outside the subset")
    is_without = tree.modifier is not None and str(tree.modifier.type).endswith("Without")
    names = tuple(tree.modifier.labels) if tree.modifier is not None else ()
    parameter = None if tree.param is None else _expr(tree.param, problems)
    return AggregateExpr(operator, _expr(tree.expr, problems), parameter, names, is_without)


def _binary(tree: Any, problems: list[str]) -> BinaryExpr:
    operator = str(tree.op)
    if operator not in OPERATORS:
        problems.append(f"the operator {operator} is outside the subset")
    modifier = tree.modifier
    matching = VectorMatching(is_on=False, names=(), many="", include=())
    if modifier is not None:
        if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
            problems.append("the fill modifiers are outside the subset")
        many = {"ManyToOne": "left", "OneToMany": "right", "ManyToMany": "both"}
        matching = VectorMatching(
            is_on=modifier.matching is not None and str(modifier.matching.type).endswith("Include"),
            names=tuple(modifier.matching.labels) if modifier.matching is not None else (),
            many=many.get(str(modifier.card).rpartition(".")[2], ""),
            include=tuple(modifier.group_labels or ()),
        )
    left, right = _expr(tree.lhs, problems), _expr(tree.rhs, problems)
    return BinaryExpr(operator, left, right, modifier is not None and modifier.return_bool, matching)


_BUILDERS: dict[type, Any] = {
    promql_parser.VectorSelector: _vector_selector,
    promql_parser.MatrixSelector: _matrix_selector,
    promql_parser.SubqueryExpr: _subquery,
    promql_parser.Call: _function_call,
    promql_parser.AggregateExpr: _aggregation,
    promql_parser.BinaryExpr: _binary,
    promql_parser.NumberLiteral: lambda tree, _: NumberLiteral(tree.val),
    promql_parser.StringLiteral: lambda tree, _: StringLiteral(tree.val),
    promql_parser.ParenExpr: lambda tree, problems: ParenExpr(_expr(tree.expr, problems)),
    promql_parser.UnaryExpr: lambda tree, problems: UnaryExpr(_expr(tree.expr, problems)),
}


def _ms(duration: timedelta | None) -> int:
    return 0 if duration is None else duration // timedelta(milliseconds=1)


def _reach_ms(node: Expr) -> int:
    if isinstance(node, VectorSelector):
        return max(0, node.offset_ms) + LOOKBACK_MS
    if isinstance(node, MatrixSelector):
        return max(0, node.selector.offset_ms) + node.range_ms
    inner = max((_reach_ms(child) for child in children(node)), default=0)
    return inner + node.range_ms + max(0, node.offset_ms) if isinstance(node, SubqueryExpr) else inner
