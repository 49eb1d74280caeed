"""Functions over ranges: one value out of the samples of a series."""

import math
from array import array

import pytest

from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.range_functions import range_function
from otel_agent.series.histogram_rings import HistogramWindow
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.rings import Window

NAN = math.nan


def window(*values: float) -> Window:
    """A value every ten seconds, from the tenth on."""
    return Window(array("q", [10_000 * (number + 1) for number in range(len(values))]), array("d", values), None)


@pytest.mark.parametrize(
    ("name", "values", "parameters", "expected"),
    [
        ("avg_over_time", (1.0, 2.0, 6.0), [], 3.0),
        ("min_over_time", (NAN, 4.0, 2.0), [], 2.0),
        ("max_over_time", (NAN, NAN), [], NAN),
        ("sum_over_time", (0.1,) * 10, [], 1.0),
        ("stddev_over_time", (1.0, 5.0), [], 2.0),
        ("mad_over_time", (1.0, 2.0, 4.0, 9.0), [], 1.5),
        ("count_over_time", (1.0, 1.0), [], 2.0),
        ("present_over_time", (0.0,), [], 1.0),
        ("last_over_time", (1.0, 7.0), [], 7.0),
        ("changes", (1.0, 1.0, NAN, NAN, 2.0), [], 2.0),
        ("resets", (5.0, 7.0, 1.0, 0.0, 4.0), [], 2.0),
        ("quantile_over_time", (1.0, 3.0), [0.5], 2.0),
        ("delta", (5.0, 3.0), [], -2.0),
        ("irate", (0.0, 20.0), [], 2.0),
        ("deriv", (0.0, 5.0, 10.0), [], 0.5),
        ("predict_linear", (0.0, 5.0, 10.0), [60.0], 40.0),
        ("double_exponential_smoothing", (1.0, 2.0, 3.0), [0.5, 0.5], 3.0),
        ("double_exponential_smoothing", (1.0,), [0.5, 0.5], None),
    ],
)
def test_numbers_are_summarized(
    name: str, values: tuple[float, ...], parameters: list[float], expected: float | None
) -> None:
    """Each function gives what Prometheus gives; extremes pass NaN by, and NaN after NaN is no change."""
    found = range_function(name, window(*values), (10_000, 10_000 * len(values), 10_000 * len(values)), parameters)

    assert repr(expected) == repr(found)


def test_histograms_have_only_what_makes_sense_for_them() -> None:
    """They are counted, their restarts and changes too, and the last one is one; a minimum they do not have."""
    states = [NativeHistogram(0, count, count, positive={1: count}) for count in (2.0, 5.0, 1.0)]
    found = HistogramWindow([10_000, 20_000, 30_000], states)
    names = ("count_over_time", "changes", "resets", "last_over_time", "min_over_time")

    assert [3.0, 2.0, 1.0, states[-1], None] == [range_function(name, found, (0, 30_000, 30_000), []) for name in names]


def test_smoothing_factors_outside_their_range_are_a_mistake() -> None:
    """Weights go from 0 to 1."""
    with pytest.raises(EvaluationError, match="needs factors from 0 to 1"):
        range_function("double_exponential_smoothing", window(1.0, 2.0), (0, 20_000, 20_000), [0.5, 2.0])
