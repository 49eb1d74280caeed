"""promtool's notation of series and points is read as promtool reads it."""

import pytest

from otel_agent.alerts.series_notation import POINTS_LIMIT, read_labels, read_points
from otel_agent.errors import RuleError
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels
from otel_agent.series.rings import is_stale


def test_a_series_is_read_with_its_labels() -> None:
    """Name and labels may each be missing, values are unescaped, and names may be quoted."""
    assert Labels({"__name__": "up"}) == read_labels("up")
    assert Labels({"__name__": "a", "b": "c", "d": 'e"f'}) == read_labels('a{b="c", d="e\\"f"}')
    assert Labels({"x.y": "1"}) == read_labels('{"x.y"="1",}')
    assert Labels() == read_labels("{}")


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1 2.5 -3e2", [1.0, 2.5, -300.0]),
        ("1+2x3", [1.0, 3.0, 5.0, 7.0]),
        ("10-5x2", [10.0, 5.0, 0.0]),
        ("4x2", [4.0, 4.0, 4.0]),
        ("1 _ 2 _x2 3", [1.0, None, 2.0, None, None, 3.0]),
        ("Inf -inf", [float("inf"), float("-inf")]),
    ],
)
def test_points_are_counted_as_promtool_counts_them(text: str, points: list[float | None]) -> None:
    """`a+bxn` is n + 1 points, `_` a gap for each interval."""
    assert points == read_points(text)


def test_the_end_of_a_series_is_the_mark_of_staleness() -> None:
    """`stale` is no ordinary NaN, and may be repeated."""
    found = read_points("1 stalex2 NaN")

    assert [False, True, True, False] == [isinstance(one, float) and is_stale(one) for one in found]


def test_histograms_grow_by_what_is_added() -> None:
    """A histogram with buckets and offset is read, and a sum repeats the addition."""
    found = read_points("{{schema:1 count:3 sum:5 z_bucket:1 z_bucket_w:0.001 buckets:[1 1] offset:2}}+{{schema:1 count:1 sum:2 buckets:[1] offset:2}}x2")  # fmt: skip

    assert [3.0, 4.0, 5.0] == [one.count for one in found if isinstance(one, NativeHistogram)]
    assert NativeHistogram(1, 3, 5, 1, 0.001, {2: 1.0, 3: 1.0}) == found[0]


@pytest.mark.parametrize("text", ["1 x", "1+", "{{nonsense:1}}", "{{schema:0 nonsense:1}}", "1_2", f"0x{POINTS_LIMIT}"])
def test_what_is_no_point_is_said(text: str) -> None:
    """A wrong item, an unknown field and more points than are read are mistakes."""
    with pytest.raises(RuleError):
        read_points(text)


@pytest.mark.parametrize("text", ["a{", 'a{b="c"', "a{b=c}", 'a{b="c" d="e"}', "1a"])
def test_what_is_no_series_is_said(text: str) -> None:
    """Labels that cannot be read are shown with the series."""
    with pytest.raises(RuleError, match="cannot be read"):
        read_labels(text)
