"""A picture with fewer points has the same peaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.series.downsampling import downsample


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=300), st.integers(2, 50))
def test_extremes_survive(values: list[float], limit: int) -> None:
    """However few points are left, the smallest and the largest of all are among them, in order of time."""
    times_ms, kept = downsample(range(len(values)), values, limit)

    assert len(kept) <= max(limit, 2)
    assert (min(values), max(values)) == (min(kept), max(kept))
    assert sorted(times_ms) == times_ms


def test_one_point_is_too_few() -> None:
    """A limit that cannot hold two extremes is refused."""
    with pytest.raises(ValueError, match="at least 2 points"):
        downsample([1, 2, 3], [1.0, 2.0, 3.0], 1)
