"""Values of templates compare and print as Go's do."""

import pytest

from otel_agent.alerts.rules.template_values import Duration, ExpansionError, Moment, compared, is_true, printed


def test_values_of_one_kind_compare() -> None:
    """Numbers by size, strings by their letters, truths only for being the same."""
    assert (-1, 1, 0, None) == (
        compared(1, 2, is_order=True),
        compared("b", "a", is_order=True),
        compared(True, True, is_order=False),
        compared(float("nan"), 1.0, is_order=True),
    )


VALUES: list[object] = [0, "", None, [], 0.0, "0", -1]


@pytest.mark.parametrize(("left", "right"), [(1, 1.0), ("1", 1), (True, 1), (True, False), ({}, {})])
def test_others_do_not(left: object, right: object) -> None:
    """A whole number is no float, and truths have no order."""
    with pytest.raises(ExpansionError, match="for comparison"):
        compared(left, right, is_order=True)


def test_what_is_empty_is_false() -> None:
    """Zero, no text, nothing and lists without elements; a string of zero is something."""
    assert [False] * 5 + [True] * 2 == list(map(is_true, VALUES))


def test_formats_say_what_is_wrong_with_them() -> None:
    """Missing and surplus values, and verbs of another type, in Go's words."""
    assert "%!d(string=a) %!s(MISSING) %!(NOVERB)" == printed("%d %s %", ["a"])
    assert "1%!(EXTRA string=b)" == printed("%d", [1, "b"])


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "0s"), (1_500, "1.5µs"), (-90_000_000_000, "-1m30s"), (3_600_000_000_000, "1h0m0s")],
)
def test_durations_are_written_as_go_writes_them(nanoseconds: int, text: str) -> None:
    """The unit fits the length."""
    assert text == str(Duration(nanoseconds))


def test_moments_have_go_s_methods() -> None:
    """Layouts are written with Go's moment, and a duration can be added."""
    moment = Moment(1_700_000_000_500).method("Add", [Duration(500_000_000)])

    assert ("Tue 14 Nov 2023 10:13:21 PM", 2023, "Tuesday") == (
        moment.method("Format", ["Mon 02 Jan 2006 03:04:05 PM"]),
        moment.method("Year", []),
        moment.method("Weekday", []),
    )
    with pytest.raises(ExpansionError, match="can't evaluate field Nothing"):
        moment.method("Nothing", [])
