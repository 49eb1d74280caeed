"""Aggregation makes one element of each group."""

import math

import pytest

from otel_agent.alerts.promql.aggregation import aggregate
from otel_agent.alerts.promql.nodes import AggregateExpr, EvaluationError, Vector
from otel_agent.alerts.promql.parsing import parse
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels

VECTOR: Vector = [
    (Labels({"__name__": "x", "job": "a", "host": "1"}), 1.0),
    (Labels({"__name__": "x", "job": "a", "host": "2"}), 5.0),
    (Labels({"__name__": "x", "job": "b", "host": "3"}), math.nan),
]


def aggregated(text: str, vector: Vector = VECTOR, parameter: float = 0.0) -> dict[str, object]:
    """The value of an aggregation, whose operand is not evaluated."""
    root = parse(text).root
    assert isinstance(root, AggregateExpr)
    return {repr(labels): value for labels, value in aggregate(root, vector, parameter)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count(x)", {"{}": 3.0}),
        ("sum by (job) (x)", {'{job="a"}': 6.0, '{job="b"}': math.nan}),
        ("avg without (host) (x)", {'{job="a"}': 3.0, '{job="b"}': math.nan}),
        ("max(x)", {"{}": 5.0}),
        ("min(x)", {"{}": 1.0}),
        ("stdvar by (job) (x)", {'{job="a"}': 4.0, '{job="b"}': math.nan}),
        ("group by (job) (x)", {'{job="a"}': 1.0, '{job="b"}': 1.0}),
    ],
)
def test_groups_have_the_labels_asked_for(text: str, expected: dict[str, object]) -> None:
    """`by` keeps labels and `without` takes them away; extremes pass NaN by where there is a number."""
    assert repr(expected) == repr(aggregated(text))


def test_an_empty_vector_has_no_groups() -> None:
    """Even `count` gives nothing where there is nothing."""
    assert {} == aggregated("count(x)", [])


def test_the_largest_keep_their_labels() -> None:
    """`topk` chooses within each group, NaN last, and elements stay as they are."""
    assert {'x{host="2", job="a"}': 5.0} == aggregated("topk(1, x)", parameter=1.0)
    assert {'x{host="1", job="a"}', 'x{host="3", job="b"}'} == set(aggregated("bottomk by (job) (1, x)", parameter=1.0))
    assert {} == aggregated("topk(0, x)", parameter=0.5)


def test_a_number_of_elements_that_is_none_is_a_mistake() -> None:
    """NaN elements cannot be chosen."""
    with pytest.raises(EvaluationError, match="topk needs a number of elements, not nan"):
        aggregated("topk(NaN, x)", parameter=math.nan)


def test_histograms_add_up_and_do_not_mix_with_numbers() -> None:
    """A group of histograms has a histogram; one that holds numbers too has no value."""
    histograms: Vector = [(Labels({"a": str(n)}), NativeHistogram(0, n, n, positive={1: float(n)})) for n in (1, 3)]

    assert {"{}": NativeHistogram(0, 2, 2, positive={1: 2.0})} == aggregated("avg(x)", histograms)
    assert {} == aggregated("sum(x)", [*histograms, (Labels(), 1.0)])
