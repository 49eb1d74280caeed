"""A run of histograms forgets single states, never a minute's last, and nothing is kept twice."""

from otel_agent.series.histogram_rings import HistogramRing
from otel_agent.series.histograms import NativeHistogram


def histogram(count: float) -> NativeHistogram:
    """A histogram with so many observations in one bucket."""
    return NativeHistogram(0, float(count), float(count), positive={1: float(count)})


def test_old_minutes_keep_their_last_state() -> None:
    """When single states are forgotten, the last of each minute is not."""
    ring = HistogramRing(60)
    for second in range(600):
        ring.push(second * 1000, histogram(second + 1))
    window = ring.window(-1, 600_000)

    assert 60_000 >= window.times_ms[0]
    assert sorted(set(window.times_ms)) == window.times_ms
    assert (600.0, 599_000) == (window.values[-1].count, window.times_ms[-1])


def test_an_ended_series_has_no_state() -> None:
    """`None` ends a series of histograms as staleness ends one of numbers."""
    ring = HistogramRing()
    ring.push(1, histogram(1))
    ring.push(2, None)

    assert None is ring.latest(3, 300_000)


def test_a_state_that_is_not_later_is_refused() -> None:
    """Time only goes forward; a second state of the same moment changes nothing."""
    ring = HistogramRing()
    ring.push(5, histogram(1))

    assert (False, [5]) == (ring.push(5, histogram(2)), list(ring.times_ms))


def test_an_equal_state_is_kept_as_the_one_before() -> None:
    """A histogram nobody writes to is held once, however many points it has."""
    ring = HistogramRing()
    ring.push(1, histogram(1))
    one_bytes = ring.size_bytes()
    for time_ms in range(2, 50):
        ring.push(time_ms, histogram(1))

    assert ring.values[0] is ring.values[-1]
    assert one_bytes + 48 * 16 == ring.size_bytes()


def test_a_state_exactly_as_old_as_the_lookback_is_too_old() -> None:
    """The lookback is open to the left, as in Prometheus 3."""
    ring = HistogramRing()
    ring.push(1_000, histogram(1))

    assert None is ring.latest(301_000, 300_000)
    assert (1_000, histogram(1)) == ring.latest(300_999, 300_000)
