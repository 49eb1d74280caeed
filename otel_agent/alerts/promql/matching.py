"""
Binary operators: between numbers, and between vectors whose elements are matched by labels.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching
"""

import math
import operator
from collections.abc import Callable

from otel_agent.alerts.promql.nodes import BinaryExpr, EvaluationError, Sample, Value, Vector, VectorMatching
from otel_agent.alerts.promql.values import modulo, power, quotient
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import EMPTY, NAME, Labels

__all__ = ["combine"]

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": quotient,
    "%": modulo,
    "^": power,
    "atan2": math.atan2,
}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def combine(node: BinaryExpr, left: Value, right: Value) -> Value:
    """
    Apply an operator.

    Args:
        node: The operator, and how elements are matched.
        left: A number or a vector.
        right: A number or a vector.

    Raises:
        EvaluationError: When an element has more than one partner where only one is allowed.
    """
    if isinstance(left, list) and isinstance(right, list):
        if node.matching.many == "both":
            return _SETS[node.operator](left, right, node.matching)
        return _matched(node, left, right)
    if isinstance(left, list):
        return _with_number(node, left, right, is_swapped=False)
    if isinstance(right, list):
        return _with_number(node, right, left, is_swapped=True)
    if node.operator in COMPARISONS:
        return float(COMPARISONS[node.operator](left, right))  # type: ignore[arg-type] # strings are no operands
    return ARITHMETIC[node.operator](left, right)  # type: ignore[arg-type] # strings are no operands


def _apply(
    name: str, left: float | NativeHistogram, right: float | NativeHistogram
) -> tuple[float | NativeHistogram, bool] | None:
    """The value, and whether it stays; `None` where the operator knows no answer for a histogram."""
    if isinstance(left, NativeHistogram) or isinstance(right, NativeHistogram):
        return _apply_histogram(name, left, right)
    if name in COMPARISONS:
        return left, COMPARISONS[name](left, right)
    return ARITHMETIC[name](left, right), True


def _apply_histogram(
    name: str, left: float | NativeHistogram, right: float | NativeHistogram
) -> tuple[float | NativeHistogram, bool] | None:
    if isinstance(left, NativeHistogram) and isinstance(right, NativeHistogram):
        if name in ("==", "!="):
            return left, (left == right) == (name == "==")
        return (left.plus(right, 1.0 if name == "+" else -1.0), True) if name in ("+", "-") else None
    if isinstance(left, NativeHistogram) and not isinstance(right, NativeHistogram) and name in ("*", "/"):
        return left.times(right if name == "*" else quotient(1.0, right)), True
    if isinstance(right, NativeHistogram) and not isinstance(left, NativeHistogram) and name == "*":
        return right.times(left), True
    return None


def _with_number(node: BinaryExpr, vector: Vector, number: Value, *, is_swapped: bool) -> Vector:
    is_comparison = node.operator in COMPARISONS
    result: Vector = []
    for labels, value in vector:
        operands = (number, value) if is_swapped else (value, number)
        outcome = _apply(node.operator, *operands)
        if outcome is None:
            continue
        if not is_comparison:
            result.append((labels.nameless, outcome[0]))
        elif node.is_bool:
            result.append((labels.nameless, float(outcome[1])))
        elif outcome[1]:
            result.append((labels, value))
    return result


def _signature(labels: Labels, matching: VectorMatching) -> Labels:
    if matching.is_on:
        return labels.keep(matching.names) if matching.names else EMPTY
    return labels.drop(matching.names)


def _and(left: Vector, right: Vector, matching: VectorMatching) -> Vector:
    present = {_signature(labels, matching) for labels, _ in right}
    return [sample for sample in left if _signature(sample[0], matching) in present]


def _unless(left: Vector, right: Vector, matching: VectorMatching) -> Vector:
    present = {_signature(labels, matching) for labels, _ in right}
    return [sample for sample in left if _signature(sample[0], matching) not in present]


def _or(left: Vector, right: Vector, matching: VectorMatching) -> Vector:
    present = {_signature(labels, matching) for labels, _ in left}
    return [*left, *(sample for sample in right if _signature(sample[0], matching) not in present)]


_SETS: dict[str, Callable[[Vector, Vector, VectorMatching], Vector]] = {"and": _and, "or": _or, "unless": _unless}


def _matched(node: BinaryExpr, left: Vector, right: Vector) -> Vector:
    matching = node.matching
    is_swapped = matching.many == "right"
    many, one = (right, left) if is_swapped else (left, right)
    if not many or not one:
        return []
    partners: dict[Labels, Sample] = {}
    for sample in one:
        signature = _signature(sample[0], matching)
        if signature in partners:
            side = "left" if is_swapped else "right"
            raise EvaluationError(
                f"{partners[signature][0]} and {sample[0]} match alike on the {side} side of {node.operator}; one side must be unique"
            )
        partners[signature] = sample
    result: Vector = []
    seen: set[Labels] = set()
    for labels, value in many:
        signature = _signature(labels, matching)
        partner = partners.get(signature)
        if partner is None:
            continue
        outcome = _apply(node.operator, *((partner[1], value) if is_swapped else (value, partner[1])))
        if outcome is None:
            continue
        kept: float | NativeHistogram = outcome[0]
        if node.is_bool:
            kept = float(outcome[1])
        elif not outcome[1]:
            continue
        named = _result_labels(node, labels, partner[0])
        key = named if matching.many else signature
        if key in seen:
            raise EvaluationError(
                f"{labels} has the same labels as another element on the {'right' if is_swapped else 'left'} side of {node.operator}; group_left or group_right allows that"
            )
        seen.add(key)
        result.append((named, kept))
    return result


def _result_labels(node: BinaryExpr, many: Labels, one: Labels) -> Labels:
    matching = node.matching
    labels = many.nameless if node.is_bool or node.operator in ARITHMETIC else many
    if not matching.many:
        if matching.is_on:
            return labels.keep(matching.names) if matching.names else EMPTY
        if matching.names:
            kept = labels.drop(matching.names)
            return kept if labels.get(NAME) == "" else kept.replace({NAME: labels.get(NAME)})
        return labels
    return labels.replace({name: one.get(name) for name in matching.include}) if matching.include else labels
