"""Selectors find newest values, windows and growth in the store."""

from otel_agent.alerts.promql.nodes import MatrixSelector, VectorSelector
from otel_agent.alerts.promql.selection import grown, instant_vector, range_vector
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.matchers import Matcher, MatchType
from otel_agent.series.store import Store

T0_MS = 1_700_000_000_000


def selector(name: str, offset_ms: int = 0) -> VectorSelector:
    """The series of a name."""
    return VectorSelector((Matcher(NAME, MatchType.EQUAL, name),), offset_ms)


def store() -> Store:
    """Counters `c` with a restart, a gauge `g` and a histogram `h`, each with four points ten seconds apart."""
    made = Store()
    for step in range(4):
        at_ms = T0_MS + step * 10_000
        made.append({NAME: "c", "host": "a"}, at_ms, float(100 + 10 * step), is_counter=True)
        made.append({NAME: "c", "host": "b"}, at_ms, (100.0, 110.0, 5.0, 10.0)[step], is_counter=True)
        made.append({NAME: "g"}, at_ms, float(step))
        made.append({NAME: "h"}, at_ms, NativeHistogram(0, step + 1, 1.0, positive={1: step + 1.0}))
    return made


def test_an_instant_vector_has_the_newest_values_within_the_lookback() -> None:
    """An offset looks into the past, and what is five minutes old does not count."""
    found = store()

    assert [(Labels({NAME: "g"}), 3.0)] == instant_vector(selector("g"), found, T0_MS + 35_000)
    assert [(Labels({NAME: "g"}), 1.0)] == instant_vector(selector("g", 20_000), found, T0_MS + 35_000)
    assert [] == instant_vector(selector("g"), found, T0_MS + 330_000)


def test_a_range_vector_has_the_samples_after_its_beginning() -> None:
    """The sample exactly at the beginning is left out, series without a sample too; histograms come as they are."""
    found = range_vector(MatrixSelector(selector("g"), 20_000), store(), T0_MS + 30_000, "last")
    empty = range_vector(MatrixSelector(selector("g"), 5_000), store(), T0_MS + 39_000, "last")
    histograms = range_vector(MatrixSelector(selector("h"), 20_000), store(), T0_MS + 30_000, "last")

    assert [(Labels({NAME: "g"}), [2.0, 3.0])] == [(labels, list(window.values)) for labels, window in found.windows]
    assert (T0_MS + 10_000, T0_MS + 30_000, True) == (found.after_ms, found.until_ms, found.has_name)
    assert [] == empty.windows
    assert [3, 4] == [one.count for one in histograms.windows[0][1].values if isinstance(one, NativeHistogram)]


def test_growth_is_that_of_the_whole_window() -> None:
    """Counters are read by their ends, restarts included; gauges by all samples; what has one sample only is counted."""
    matrix = MatrixSelector(selector("c"), 30_000)
    found, sampled_count = grown(matrix, store(), T0_MS + 30_000, is_rate=False)
    single, single_count = grown(MatrixSelector(selector("g"), 5_000), store(), T0_MS + 30_000, is_rate=True)

    assert {'{host="a"}': 30.0, '{host="b"}': 15.0} == {repr(labels): value for labels, value in found}
    assert (2, 1) == (sampled_count, single_count)
    assert [] == single
