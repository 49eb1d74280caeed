"""
The value of an expression at a moment.

Evaluating touches nothing but the store, and that only to copy windows out of it. Time is an argument; the only clock asked is
the one that keeps a rule within its budget.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from otel_agent.alerts.promql.aggregation import aggregate
from otel_agent.alerts.promql.elementwise import ELEMENTWISE
from otel_agent.alerts.promql.functions import NATIVE
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
from otel_agent.alerts.promql.parsing import LOOKBACK_MS, Expression
from otel_agent.alerts.promql.quantiles import fraction, vector_quantile
from otel_agent.alerts.promql.rates import changed_by, grown_by
from otel_agent.alerts.promql.relabeling import absent_labels, relabeled
from otel_agent.alerts.promql.summaries import summary
from otel_agent.alerts.promql.values import quotient
from otel_agent.series.histograms import HistogramRing, HistogramWindow, NativeHistogram
from otel_agent.series.labels import EMPTY, Labels
from otel_agent.series.rings import Ring, Window
from otel_agent.series.store import Store

__all__ = ["Context", "evaluate"]


@dataclass
class Context:
    """Where and when an expression is evaluated."""

    store: Store
    """The series."""
    at_ms: int
    """The moment, in milliseconds since 1970."""
    is_too_late: Callable[[], bool] | None = None
    """Asked at every step of a longer evaluation; true ends it."""
    selected_count: int = field(default=0)
    """Series that had a value, counted while evaluating; 0 afterwards means that there was no data."""


def evaluate(expression: Expression, context: Context) -> Vector:
    """
    Evaluate an expression.

    Args:
        expression: What to evaluate.
        context: Where and when.

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


def _select(node: VectorSelector, context: Context) -> Vector:
    at_ms = context.at_ms - node.offset_ms
    found: Vector = []
    store = context.store
    series = store.select(node.matchers)
    with store.lock:
        for one in series:
            point = one.points.latest(at_ms, LOOKBACK_MS)
            if point is not None:
                found.append((one.labels, point[1]))
    context.selected_count += len(found)
    return found


AnyWindow = Window | HistogramWindow


@dataclass(slots=True)
class _Ranged:
    """The windows of a range, by labels, and its borders."""

    windows: list[tuple[Labels, AnyWindow]]
    after_ms: int
    until_ms: int
    has_name: bool


def _ranged(node: Expr, context: Context, want: str) -> _Ranged:
    while isinstance(node, ParenExpr):
        node = node.inner
    if isinstance(node, SubqueryExpr):
        return _subqueried(node, context)
    if not isinstance(node, MatrixSelector):
        raise EvaluationError("a range of values was expected")
    until_ms = context.at_ms - node.selector.offset_ms
    after_ms = until_ms - node.range_ms
    windows: list[tuple[Labels, AnyWindow]] = []
    series = context.store.select(node.selector.matchers)
    with context.store.lock:
        for one in series:
            points = one.points
            window: AnyWindow
            if isinstance(points, HistogramRing):
                window = points.window(after_ms, until_ms)
            else:
                window = points.window(after_ms, until_ms, want)  # type: ignore[arg-type] # one of three words
            if window.times_ms:
                windows.append((one.labels, window))
    context.selected_count += len(windows)
    return _Ranged(windows, after_ms, until_ms, node.selector.has_name)


def _subqueried(node: SubqueryExpr, context: Context) -> _Ranged:
    until_ms = context.at_ms - node.offset_ms
    after_ms = until_ms - node.range_ms
    times: dict[Labels, list[int]] = {}
    values: dict[Labels, list[float | NativeHistogram]] = {}
    inner = Context(context.store, 0, context.is_too_late)
    for at_ms in range((after_ms // node.step_ms + 1) * node.step_ms, until_ms + 1, node.step_ms):
        inner.at_ms = at_ms
        for labels, value in _unique(_vector(node.inner, inner)):
            times.setdefault(labels, []).append(at_ms)
            values.setdefault(labels, []).append(value)
    context.selected_count += inner.selected_count
    windows = [(labels, _window(times[labels], values[labels])) for labels in times]
    return _Ranged(windows, after_ms, until_ms, has_name=False)


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
    if node.name in ELEMENTWISE:
        return _each(node, context)
    if node.name in NATIVE:
        return _native(node, context)
    return _over_range(node, context)


def _each(node: FunctionCall, context: Context) -> Vector:
    function = ELEMENTWISE[node.name]
    vector = _vector(node.arguments[0], context)
    rest = [_number(argument, context) for argument in node.arguments[1:]]
    result: Vector = []
    for labels, value in vector:
        if not isinstance(value, NativeHistogram):
            changed = function(value, *rest)
            if changed is not None:
                result.append((labels.nameless, changed))
    return _unique(result)


def _native(node: FunctionCall, context: Context) -> Vector:
    vector = _vector(node.arguments[-1], context)
    bounds = [_number(argument, context) for argument in node.arguments[:-1]]
    result: Vector = []
    for labels, value in vector:
        if isinstance(value, NativeHistogram):
            result.append((labels.nameless, _NATIVE[node.name](value, *bounds)))
    return _unique(result)


_NATIVE: dict[str, Callable[..., float]] = {
    "histogram_count": lambda histogram: histogram.count,
    "histogram_sum": lambda histogram: histogram.sum,
    "histogram_avg": lambda histogram: quotient(histogram.sum, histogram.count),
    "histogram_fraction": lambda histogram, lower, upper: fraction(lower, upper, histogram),
}


def _growth(node: FunctionCall, selected: MatrixSelector, context: Context) -> Vector:
    """`rate` and `increase`: where a series is a counter, only the ends of its window are read."""
    until_ms = context.at_ms - selected.selector.offset_ms
    after_ms = until_ms - selected.range_ms
    is_rate = node.name == "rate"
    series = context.store.select(selected.selector.matchers)
    result: Vector = []
    with context.store.lock:
        for one in series:
            points = one.points
            ends = points.ends(after_ms, until_ms) if isinstance(points, Ring) else None
            if ends is not None:
                context.selected_count += ends[0] > 0
                value: float | NativeHistogram | None = grown_by(ends, after_ms, until_ms, is_rate=is_rate)
            else:
                window = points.window(after_ms, until_ms)
                context.selected_count += len(window.times_ms) > 0
                value = changed_by(window, after_ms, until_ms, is_counter=True, is_rate=is_rate)
            if value is not None:
                result.append((one.labels.nameless, value))
    # Series of one name stay different without it.
    return result if selected.selector.has_name else _unique(result)


def _over_range(node: FunctionCall, context: Context) -> Vector:
    name = node.name
    if name in ("rate", "increase") and isinstance(node.arguments[0], MatrixSelector):
        return _growth(node, node.arguments[0], context)
    position = 1 if name == "quantile_over_time" else 0
    ranged = _ranged(
        node.arguments[position], context, {"min_over_time": "min", "max_over_time": "max"}.get(name, "last")
    )
    rest = [_number(argument, context) for i, argument in enumerate(node.arguments) if i != position]
    result: Vector = []
    for labels, window in ranged.windows:
        value = summary(name, window, (ranged.after_ms, ranged.until_ms, context.at_ms), rest)
        if value is not None:
            result.append((labels if name == "last_over_time" else labels.nameless, value))
    return result if ranged.has_name else _unique(result)


def _absent(node: FunctionCall, context: Context) -> Vector:
    if _vector(node.arguments[0], context):
        return []
    return [(absent_labels(node.arguments[0]), 1.0)]


def _absent_over_time(node: FunctionCall, context: Context) -> Vector:
    if _ranged(node.arguments[0], context, "last").windows:
        return []
    return [(absent_labels(node.arguments[0]), 1.0)]


def _scalar(node: FunctionCall, context: Context) -> float:
    numbers = [value for _, value in _vector(node.arguments[0], context) if not isinstance(value, NativeHistogram)]
    return numbers[0] if len(numbers) == 1 else float("nan")


def _label_replace(node: FunctionCall, context: Context) -> Vector:
    texts = [argument.value if isinstance(argument, StringLiteral) else "" for argument in node.arguments[1:]]
    return _unique(relabeled(_vector(node.arguments[0], context), *texts))


def _histogram_quantile(node: FunctionCall, context: Context) -> Vector:
    return _unique(vector_quantile(_number(node.arguments[0], context), _vector(node.arguments[1], context)))


_SPECIAL: dict[str, Callable[[FunctionCall, Context], Value]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "histogram_quantile": _histogram_quantile,
    "label_replace": _label_replace,
    "scalar": _scalar,
    "time": lambda _, context: context.at_ms / 1000,
    "vector": lambda node, context: [(EMPTY, _number(node.arguments[0], context))],
}


def _aggregation(node: AggregateExpr, context: Context) -> Vector:
    parameter = _number(node.parameter, context) if node.parameter is not None else 0.0
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
    VectorSelector: _select,
    StringLiteral: lambda node, _: node.value,
}
