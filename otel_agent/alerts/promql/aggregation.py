"""
Aggregation operators: several series made into one for each group.

Source: https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators
"""

import math
from collections.abc import Callable, Sequence

from otel_agent.alerts.promql.nodes import AggregateExpr, EvaluationError, Sample, StringLiteral, Vector
from otel_agent.alerts.promql.values import mean, quantile, shortest, total, variance
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import EMPTY, Labels

__all__ = ["aggregate"]


def aggregate(node: AggregateExpr, vector: Vector, parameter: float) -> Vector:
    """
    Aggregate a vector.

    Args:
        node: The operator and how to group.
        vector: The elements to aggregate.
        parameter: Number of elements for `topk` and `bottomk`, share from 0 to 1 for `quantile`; unused by the others.

    Raises:
        EvaluationError: When the parameter is no number the operator can use.
    """
    if not vector:
        return []
    groups: dict[Labels, list[Sample]] = {}
    if not node.names and not node.is_without:
        groups[EMPTY] = vector
    else:
        for sample in vector:
            groups.setdefault(_key(node, sample[0]), []).append(sample)
    if node.operator in ("topk", "bottomk"):
        return _chosen(node.operator, groups, parameter)
    if node.operator == "count_values":
        name = node.parameter.value if isinstance(node.parameter, StringLiteral) else ""
        return _counted(groups, name)
    result: Vector = []
    for key, members in groups.items():
        value = _value(node.operator, members, parameter)
        if value is not None:
            result.append((key, value))
    return result


def _key(node: AggregateExpr, labels: Labels) -> Labels:
    if node.is_without:
        return labels.drop(node.names)
    return labels.keep(node.names) if node.names else EMPTY


def _value(operator: str, members: Sequence[Sample], parameter: float) -> float | NativeHistogram | None:
    if operator in ("count", "group"):
        return float(len(members)) if operator == "count" else 1.0
    numbers = [value for _, value in members if not isinstance(value, NativeHistogram)]
    histograms = [value for _, value in members if isinstance(value, NativeHistogram)]
    if operator in ("sum", "avg") and histograms:
        if numbers:
            return None
        summed = histograms[0]
        for histogram in histograms[1:]:
            summed = summed.plus(histogram)
        return summed if operator == "sum" else summed.times(1 / len(histograms))
    if not numbers:
        return None
    if operator == "quantile":
        return quantile(parameter, numbers)
    return _OPERATORS[operator](numbers)


def _known(choose: Callable[..., float]) -> Callable[[Sequence[float]], float]:
    def chosen(values: Sequence[float]) -> float:
        known = [value for value in values if not math.isnan(value)]
        return choose(known) if known else math.nan

    return chosen


_OPERATORS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": total,
    "avg": mean,
    "min": _known(min),
    "max": _known(max),
    "stddev": lambda values: math.sqrt(variance(values)),
    "stdvar": variance,
}


def _counted(groups: dict[Labels, list[Sample]], name: str) -> Vector:
    counts: dict[Labels, float] = {}
    for key, members in groups.items():
        for _, value in members:
            if not isinstance(value, NativeHistogram):
                labels = key.replace({name: shortest(value)})
                counts[labels] = counts.get(labels, 0.0) + 1
    return list(counts.items())


def _chosen(operator: str, groups: dict[Labels, list[Sample]], parameter: float) -> Vector:
    if math.isnan(parameter) or abs(parameter) > 1 << 62:
        raise EvaluationError(f"{operator} needs a number of elements, not {parameter}")
    count = int(parameter)
    if count < 1:
        return []
    sign = -1.0 if operator == "topk" else 1.0

    def rank(sample: tuple[Labels, float]) -> tuple[bool, float]:
        return math.isnan(sample[1]), sign * sample[1]

    result: Vector = []
    for members in groups.values():
        numbers = [(labels, value) for labels, value in members if not isinstance(value, NativeHistogram)]
        numbers.sort(key=lambda sample: sample[0])
        result.extend(sorted(numbers, key=rank)[:count])
    return result
