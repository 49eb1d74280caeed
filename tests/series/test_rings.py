"""A run of points keeps what it promises, in the memory it promises."""

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent.series.rings import COARSE_STEP_MS, STALE, Ring, is_stale

BEGIN_MS = 1_700_000_000_000


def filled(count: int, *, limit: int = 10_000, is_counter: bool = False) -> Ring:
    """A run with one point a second whose value is its number."""
    ring = Ring(limit, is_counter=is_counter)
    for number in range(count):
        ring.push(BEGIN_MS + number * 1000, float(number))
    return ring


def test_ten_thousand_points_are_kept_of_many_more() -> None:
    """After a day at one a second the last ten thousand points are there, each second of them."""
    ring = filled(86_400)
    window = ring.window(BEGIN_MS + 76_399_000, BEGIN_MS + 86_400_000)

    assert [float(number) for number in range(76_400, 86_400)] == list(window.values)


def test_a_point_takes_at_most_twenty_bytes() -> None:
    """The arrays of the fine tier, what they keep in reserve included, take at most 20 bytes for each point held."""
    ring = filled(50_000)

    assert (ring.times_ms.__sizeof__() + ring.values.__sizeof__()) / len(ring.times_ms) <= 20


def test_a_short_series_takes_little() -> None:
    """Memory grows with the points: a hundred take less than three kilobytes."""
    assert filled(100).size_bytes() < 3_000


def test_a_minute_keeps_last_least_and_greatest() -> None:
    """When the fine tier has forgotten, each full minute still answers with its last, smallest and largest value."""
    ring = Ring(120)
    for number in range(1200):
        ring.push(BEGIN_MS // COARSE_STEP_MS * COARSE_STEP_MS + number * 1000, float(number % 60))
    first_ms = BEGIN_MS // COARSE_STEP_MS * COARSE_STEP_MS
    spans = [ring.window(first_ms, first_ms + 300_000, want).values for want in ("last", "min", "max")]

    assert [[59.0] * 5, [0.0] * 5, [59.0] * 5] == [list(values) for values in spans]


def test_a_point_that_is_not_later_is_refused() -> None:
    """Time only goes forward in a series; a second point of the same moment changes nothing."""
    ring = filled(3)

    assert (False, False, 3) == (ring.push(BEGIN_MS + 2000, 7.0), ring.push(BEGIN_MS, 7.0), len(ring.times_ms))


def test_an_ended_series_has_no_value_until_it_begins_again() -> None:
    """The mark of staleness hides the value at once, is no point of a window, and the next point is one again."""
    ring = filled(3)
    ring.push(BEGIN_MS + 3000, STALE)
    ended = ring.latest(BEGIN_MS + 4000, 300_000)
    ring.push(BEGIN_MS + 5000, 9.0)

    assert None is ended
    assert (BEGIN_MS + 5000, 9.0) == ring.latest(BEGIN_MS + 6000, 300_000)
    assert [0.0, 1.0, 2.0, 9.0] == list(ring.window(0, BEGIN_MS + 9000).values)


def test_an_ordinary_nan_is_a_value() -> None:
    """NaN that was measured is told from the mark of staleness."""
    ring = Ring()
    ring.push(BEGIN_MS, math.nan)
    found = ring.latest(BEGIN_MS, 300_000)

    assert (False, True) == (is_stale(math.nan), is_stale(STALE))
    assert found is not None
    assert math.isnan(found[1])


def test_a_value_exactly_as_old_as_the_lookback_is_too_old() -> None:
    """The lookback is open to the left, as in Prometheus 3."""
    ring = filled(1)

    assert (None, (BEGIN_MS, 0.0)) == (
        ring.latest(BEGIN_MS + 300_000, 300_000),
        ring.latest(BEGIN_MS + 299_999, 300_000),
    )


points = st.lists(
    st.tuples(st.integers(1, 90_000), st.floats(0, 1000) | st.just(STALE) | st.just(math.nan)), min_size=1, max_size=200
)


@settings(max_examples=150, deadline=None)
@given(points, st.integers(1, 50), st.integers(0, 4_000_000), st.integers(0, 4_000_000))
def test_a_window_is_what_a_list_would_give(
    steps: list[tuple[int, float]], limit: int, after_ms: int, length_ms: int
) -> None:
    """Over any points, windows, newest values and restarts equal those of a plain list, as far as points are kept."""
    ring = Ring(limit, 0, is_counter=True)
    reference: list[tuple[int, float]] = []
    time_ms = 0
    for step_ms, value in steps:
        time_ms += step_ms
        ring.push(time_ms, value)
        reference.append((time_ms, value))
    reference = reference[-len(ring.times_ms) :]
    expected = [(t, v) for t, v in reference if after_ms < t <= after_ms + length_ms and not is_stale(v)]
    window = ring.window(after_ms, after_ms + length_ms)
    drops = [a for (_, a), (_, b) in pairwise(expected) if b < a]

    assert min(limit, len(steps)) <= len(ring.times_ms)
    assert repr(expected) == repr(list(zip(window.times_ms, window.values, strict=True)))
    assert window.drops is not None
    assert drops == list(window.drops)
