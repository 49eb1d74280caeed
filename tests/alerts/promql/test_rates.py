"""Rates are extrapolated to the borders of the range as Prometheus 3 does it."""

import math
from array import array

import pytest

from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.rates import changed_by, grown_by, instant_rate, line
from otel_agent.series.histogram_rings import HistogramWindow
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.rings import Window


def window(*values: float, step_ms: int = 10_000, drops: list[float] | None = None) -> Window:
    """A value every ten seconds, from the tenth on."""
    times_ms = array("q", [step_ms * (number + 1) for number in range(len(values))])
    return Window(times_ms, array("d", values), None if drops is None else array("d", drops))


def test_a_steady_counter_is_stretched_to_both_borders() -> None:
    """Six samples of 1 a second over a minute that begins ten seconds before the first grow by 60."""
    found = window(*(1_000.0 + 10 * number for number in range(6)))

    assert 60.0 == changed_by(found, 0, 60_000, is_counter=True, is_rate=False)
    assert 1.0 == changed_by(found, 0, 60_000, is_counter=True, is_rate=True)


def test_a_missing_border_is_stretched_by_half_a_distance_only() -> None:
    """Where the range begins long before the first sample, half an average distance is added."""
    found = window(1_000.0, 1_010.0, 1_020.0)

    assert 30.0 == changed_by(found, -600_000, 35_000, is_counter=True, is_rate=False)


def test_a_counter_is_not_stretched_below_zero() -> None:
    """A counter that was near zero cannot have grown before that."""
    assert 22.0 == changed_by(window(2.0, 12.0, 22.0), 0, 30_000, is_counter=True, is_rate=False)


def test_a_restart_counts_from_zero() -> None:
    """A fall of a counter adds the value before it, whether restarts are known or have to be looked for; a gauge falls."""
    found = [
        changed_by(window(1_005.0, 1_010.0, 3.0, drops=drops), 10_000, 30_000, is_counter=is_counter, is_rate=False)
        for drops, is_counter in (([1_010.0], True), (None, True), (None, False))
    ]

    assert [8.0, 8.0, -1_002.0] == found


def test_the_ends_of_a_window_are_enough_for_a_counter() -> None:
    """From first and last sample and the restarts between comes what the whole window gives."""
    values = window(1_005.0, 1_010.0, 3.0, 9.0, drops=[1_010.0])
    ends = (4, 10_000, 40_000, 1_005.0, 9.0, array("d", [1_010.0]))

    assert changed_by(values, 0, 45_000, is_counter=True, is_rate=True) == grown_by(ends, 0, 45_000, is_rate=True)
    assert None is grown_by((1, 10_000, 10_000, 1.0, 1.0, array("d")), 0, 45_000, is_rate=True)


def test_a_histogram_grows_bucket_by_bucket() -> None:
    """The change of a native histogram is one, and a restart adds the state before it."""
    states = [NativeHistogram(0, count, count, positive={1: count}) for count in (100.0, 110.0, 4.0)]
    found = changed_by(HistogramWindow([0, 10_000, 20_000], states), 0, 20_000, is_counter=True, is_rate=False)

    assert isinstance(found, NativeHistogram)
    assert (14.0, {1: 14.0}) == (found.count, found.positive)


def test_the_instant_rate_reads_the_last_two_samples() -> None:
    """Growth by the second between them; after a restart the last value is the growth; histograms have none."""
    assert [2.0, 0.5, None] == [instant_rate(window(*values)) for values in ((0.0, 5.0, 25.0), (9.0, 5.0), (1.0,))]
    with pytest.raises(EvaluationError, match="outside the subset"):
        instant_rate(HistogramWindow([0, 1], []))


def test_the_line_through_samples_has_least_squares() -> None:
    """Slope by the second and value at the origin; a constant has no slope, an infinite one no line."""
    assert (0.5, 3.0) == line(window(3.0, 8.0, 13.0), 10_000)
    assert (0.0, 7.0) == line(window(7.0, 7.0), 0)
    assert None is line(window(7.0), 0)
    assert all(map(math.isnan, line(window(math.inf, math.inf), 0) or ()))
