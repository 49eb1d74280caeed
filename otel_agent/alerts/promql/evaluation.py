"""
Evaluator of PromQL: the value of an expression at a moment.

Evaluating touches nothing but the store, and that only to copy windows out of it. Time is an argument; the only clock asked is
the one that keeps a rule within its budget.
"""

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from otel_agent.alerts.promql.aggregation import aggregate
from otel_agent.alerts.promql.calendar import CALENDAR
from otel_agent.alerts.promql.elementwise import ELEMENTWISE
from otel_agent.alerts.promql.matching import combine
from otel_agent.alerts.promql.nodes import (
    AggregateExpr,
    BinaryExpr,
    EvaluationError,
    Expr,
    FunctionCall,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    Sample,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    Value,
    Vector,
    VectorSelector,
)
from otel_agent.alerts.promql.parsing import AT_EVALUATION, Expression
from otel_agent.alerts.promql.quantiles import OF_NATIVE, vector_quantile
from otel_agent.alerts.promql.range_functions import AnyWindow, range_function
from otel_agent.alerts.promql.relabeling import absent_labels, joined, relabeled
from otel_agent.alerts.promql.selection import RangeVector, grown, instant_vector, range_vector, timestamps
from otel_agent.series.histogram_rings import HistogramWindow
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import EMPTY, Labels
from otel_agent.series.rings import Window
from otel_agent.series.store import Store

__all__ = ["SUBQUERY_STEP_MS", "Context", "evaluate"]


SUBQUERY_STEP_MS = 60_000
"""Prometheus's own default of `global.evaluation_interval`, in milliseconds."""


@dataclass
class Context:
    """Store and moment of an evaluation, and what is noted during it."""

    store: Store
    """The series that are read."""
    at_ms: int
    """Moment of the evaluation, in milliseconds since 1970."""
    is_too_late: Callable[[], bool] | None = None
    """Asked at every step of a longer evaluation; true ends it."""
    subquery_step_ms: int = SUBQUERY_STEP_MS
    """Step of a subquery without one of its own, in milliseconds."""
    whole_ms: int | None = None
    """Moment of the whole evaluation, in milliseconds since 1970, where this is one of a subquery; None: this is the whole."""
    selected_count: int = field(default=0)
    """Series that had a value, counted while evaluating; 0 afterwards means that there was no data."""

    def moment_of(self, node: VectorSelector | SubqueryExpr) -> int:
        """
        Moment at which a selector is read, before its offset.

        Args:
            node: The selector; `@` may have fixed it.
        """
        if node.at is None:
            return self.at_ms
        if node.at == AT_EVALUATION:
            return self.at_ms if self.whole_ms is None else self.whole_ms
        return int(node.at)


def evaluate(expression: Expression, context: Context) -> Vector:
    """
    Evaluate an expression.

    Args:
        expression: The expression.
        context: The store and the moment.

    Returns:
        A vector; that of a number is one element without labels.

    Raises:
        EvaluationError: When there is no answer, or it would take too long.
    """
    value = _evaluate(expression.root, context)
    if isinstance(value, list):
        return _unique(value)
    return [(EMPTY, float(value))]


def _evaluate(node: Expr, context: Context) -> Value:
    if context.is_too_late is not None and context.is_too_late():
        raise EvaluationError("the rule took longer than its budget; read fewer series or a shorter range")
    return _EVALUATORS[type(node)](node, context)


def _unique(vector: Vector) -> Vector:
    if len(vector) > 1 and len({labels for labels, _ in vector}) < len(vector):
        seen: set[Labels] = set()
        for labels, _ in vector:
            if labels in seen:
                raise EvaluationError(f"two elements have the same labels {labels}")
            seen.add(labels)
    return vector


def _vector(node: Expr, context: Context) -> Vector:
    value = _evaluate(node, context)
    return value if isinstance(value, list) else [(EMPTY, float(value))]


def _number(node: Expr, context: Context) -> float:
    value = _evaluate(node, context)
    return value if isinstance(value, float) else float("nan")


def _vector_selector(node: VectorSelector, context: Context) -> Vector:
    found = instant_vector(node, context.store, context.moment_of(node))
    context.selected_count += len(found)
    return found


def _range(node: Expr, context: Context, want: str = "last") -> RangeVector:
    while isinstance(node, ParenExpr):
        node = node.inner
    if isinstance(node, SubqueryExpr):
        return _subquery(node, context)
    if not isinstance(node, MatrixSelector):
        raise EvaluationError("a range of values was expected")
    found = range_vector(node, context.store, context.moment_of(node.selector), want)
    context.selected_count += len(found.windows)
    return found


def _subquery(node: SubqueryExpr, context: Context) -> RangeVector:
    until_ms = context.moment_of(node) - node.offset_ms
    step_ms = node.step_ms or context.subquery_step_ms
    after_ms = until_ms - node.range_ms
    times: dict[Labels, list[int]] = {}
    values: dict[Labels, list[float | NativeHistogram]] = {}
    whole_ms = context.at_ms if context.whole_ms is None else context.whole_ms
    inner = Context(context.store, 0, context.is_too_late, context.subquery_step_ms, whole_ms)
    for at_ms in range((after_ms // step_ms + 1) * step_ms, until_ms + 1, step_ms):
        inner.at_ms = at_ms
        for labels, value in _unique(_vector(node.inner, inner)):
            times.setdefault(labels, []).append(at_ms)
            values.setdefault(labels, []).append(value)
    context.selected_count += inner.selected_count
    windows = [(labels, _window(times[labels], values[labels])) for labels in times]
    return RangeVector(windows, after_ms, until_ms, has_name=False)


def _window(times_ms: list[int], values: list[float | NativeHistogram]) -> AnyWindow:
    histograms = [value for value in values if isinstance(value, NativeHistogram)]
    if len(histograms) == len(values):
        return HistogramWindow(times_ms, histograms)
    if histograms:
        raise EvaluationError("a subquery gave numbers and histograms for the same labels")
    return Window(array("q", times_ms), array("d", values), None)  # type: ignore[arg-type] # all are numbers


def _call(node: FunctionCall, context: Context) -> Value:
    special = _SPECIAL.get(node.name)
    if special is not None:
        return special(node, context)
    if node.name in CALENDAR:
        return _of_calendar(node, context)
    if node.name in ELEMENTWISE:
        return _of_each(node, context)
    if node.name in OF_NATIVE:
        return _of_native(node, context)
    return _of_range(node, context)


def _of_each(node: FunctionCall, context: Context) -> Vector:
    function = ELEMENTWISE[node.name]
    vector = _vector(node.arguments[0], context)
    parameters = [_number(argument, context) for argument in node.arguments[1:]]
    result: Vector = []
    for labels, value in vector:
        if not isinstance(value, NativeHistogram):
            changed = function(value, *parameters)
            if changed is not None:
                result.append((labels.nameless, changed))
    return _unique(result)


def _of_calendar(node: FunctionCall, context: Context) -> Vector:
    function = CALENDAR[node.name]
    if not node.arguments:
        return [(EMPTY, function(context.at_ms / 1000))]
    vector = _vector(node.arguments[0], context)
    return _unique([(one.nameless, function(value)) for one, value in vector if not isinstance(value, NativeHistogram)])


def _timestamp(node: FunctionCall, context: Context) -> Vector:
    argument = node.arguments[0]
    while isinstance(argument, ParenExpr):
        argument = argument.inner
    if isinstance(argument, VectorSelector):
        found = timestamps(argument, context.store, context.moment_of(argument))
        context.selected_count += len(found)
        return _unique(found)
    return _unique([(labels.nameless, context.at_ms / 1000) for labels, _ in _vector(argument, context)])


def _sorted(node: FunctionCall, context: Context) -> Vector:
    vector = _vector(node.arguments[0], context)
    is_descending = node.name.endswith("_desc")
    if node.name.startswith("sort_by_label"):
        names = [argument.value for argument in node.arguments[1:] if isinstance(argument, StringLiteral)]
        return sorted(vector, key=lambda one: [one[0].get(name) for name in names], reverse=is_descending)
    sign = -1.0 if is_descending else 1.0

    def rank(sample: Sample) -> tuple[bool, float]:
        value = sample[1] if isinstance(sample[1], float) else math.nan
        return math.isnan(value), sign * value

    return sorted((sample for sample in vector if not isinstance(sample[1], NativeHistogram)), key=rank)


def _of_native(node: FunctionCall, context: Context) -> Vector:
    vector = _vector(node.arguments[-1], context)
    bounds = [_number(argument, context) for argument in node.arguments[:-1]]
    result: Vector = []
    for labels, value in vector:
        if isinstance(value, NativeHistogram):
            result.append((labels.nameless, OF_NATIVE[node.name](value, *bounds)))
    return _unique(result)


def _of_range(node: FunctionCall, context: Context) -> Vector:
    name = node.name
    if name in ("rate", "increase") and isinstance(node.arguments[0], MatrixSelector):
        return _growth(node.arguments[0], context, is_rate=name == "rate")
    position = 1 if name == "quantile_over_time" else 0
    want = {"min_over_time": "min", "max_over_time": "max"}.get(name, "last")
    found = _range(node.arguments[position], context, want)
    parameters = [_number(argument, context) for i, argument in enumerate(node.arguments) if i != position]
    result: Vector = []
    for labels, window in found.windows:
        value = range_function(name, window, (found.after_ms, found.until_ms, context.at_ms), parameters)
        if value is not None:
            result.append((labels if name in ("first_over_time", "last_over_time") else labels.nameless, value))
    return result if found.has_name else _unique(result)


def _growth(matrix: MatrixSelector, context: Context, *, is_rate: bool) -> Vector:
    result, sampled_count = grown(matrix, context.store, context.moment_of(matrix.selector), is_rate=is_rate)
    context.selected_count += sampled_count
    # Series of one name stay different without it.
    return result if matrix.selector.has_name else _unique(result)


def _absent(node: FunctionCall, context: Context) -> Vector:
    if _vector(node.arguments[0], context):
        return []
    return [(absent_labels(node.arguments[0]), 1.0)]


def _absent_over_time(node: FunctionCall, context: Context) -> Vector:
    if _range(node.arguments[0], context).windows:
        return []
    return [(absent_labels(node.arguments[0]), 1.0)]


def _scalar(node: FunctionCall, context: Context) -> float:
    numbers = [value for _, value in _vector(node.arguments[0], context) if not isinstance(value, NativeHistogram)]
    return numbers[0] if len(numbers) == 1 else float("nan")


def _label_replace(node: FunctionCall, context: Context) -> Vector:
    strings = [argument.value if isinstance(argument, StringLiteral) else "" for argument in node.arguments[1:]]
    return _unique(relabeled(_vector(node.arguments[0], context), *strings))


def _label_join(node: FunctionCall, context: Context) -> Vector:
    strings = [argument.value if isinstance(argument, StringLiteral) else "" for argument in node.arguments[1:]]
    return _unique(joined(_vector(node.arguments[0], context), strings[0], strings[1], strings[2:]))


def _histogram_quantile(node: FunctionCall, context: Context) -> Vector:
    return _unique(vector_quantile(_number(node.arguments[0], context), _vector(node.arguments[1], context)))


_SPECIAL: dict[str, Callable[[FunctionCall, Context], Value]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "histogram_quantile": _histogram_quantile,
    "label_join": _label_join,
    "label_replace": _label_replace,
    "pi": lambda _, __: math.pi,
    "scalar": _scalar,
    "sort": _sorted,
    "sort_by_label": _sorted,
    "sort_by_label_desc": _sorted,
    "sort_desc": _sorted,
    "time": lambda _, context: context.at_ms / 1000,
    "timestamp": _timestamp,
    "vector": lambda node, context: [(EMPTY, _number(node.arguments[0], context))],
}


def _aggregation(node: AggregateExpr, context: Context) -> Vector:
    is_number = node.parameter is not None and not isinstance(node.parameter, StringLiteral)
    parameter = _number(node.parameter, context) if is_number else 0.0  # type: ignore[arg-type] # never None here
    return aggregate(node, _vector(node.inner, context), parameter)


def _negation(node: UnaryExpr, context: Context) -> Value:
    value = _evaluate(node.inner, context)
    if not isinstance(value, list):
        return -float(value)
    return _unique([(labels.nameless, _negative((labels, number))) for labels, number in value])


def _negative(sample: Sample) -> float | NativeHistogram:
    return sample[1].times(-1.0) if isinstance(sample[1], NativeHistogram) else -sample[1]


def _binary(node: BinaryExpr, context: Context) -> Value:
    value = combine(node, _evaluate(node.left, context), _evaluate(node.right, context))
    return _unique(value) if isinstance(value, list) else value


_EVALUATORS: dict[type[Expr], Callable[..., Value]] = {
    AggregateExpr: _aggregation,
    BinaryExpr: _binary,
    FunctionCall: _call,
    ParenExpr: lambda node, context: _evaluate(node.inner, context),
    UnaryExpr: _negation,
    NumberLiteral: lambda node, _: node.value,
    VectorSelector: _vector_selector,
    StringLiteral: lambda node, _: node.value,
}
