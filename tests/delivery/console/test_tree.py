"""Spans drawn for people."""

from hypothesis import given
from hypothesis import strategies as st

from otel_agent.delivery.console.tree import SpanNode, draw, duration_text
from otel_agent.outgoing_texts import printable

MS = 1_000_000


def node(
    span_id: int, parent_id: int, name: str, start_ms: int = 0, end_ms: int = 1, error: str | None = None
) -> SpanNode:
    """A span in milliseconds."""
    return SpanNode(span_id, parent_id, name, start_ms * MS, end_ms * MS, error)


def test_children_hang_below_their_parent_in_order_of_start() -> None:
    """The tree shows who called whom, in the order of time, whatever order the spans ended in."""
    spans = [node(3, 1, "second", 5, 6), node(2, 1, "first", 1, 4), node(4, 2, "inner", 2, 3), node(1, 0, "root", 0, 7)]

    assert ["root", "├─ first", "│  └─ inner", "└─ second"] == [line[:52].rstrip() for line in draw(spans)]


def test_an_error_ends_its_line_with_the_reason() -> None:
    """What failed is seen without opening anything."""
    (line,) = draw([node(1, 0, "order", error="Rejected: no")])

    assert line.endswith("✗ Rejected: no")


def test_a_span_without_its_parent_is_drawn_as_a_root() -> None:
    """A trace that began elsewhere is still shown."""
    (line,) = draw([node(2, 99, "orphan")])

    assert line.startswith("orphan")


def test_long_runs_of_equal_siblings_are_counted() -> None:
    """A loop of a thousand calls takes nine lines."""
    lines = draw([node(1, 0, "root"), *(node(i, 1, "tick", i) for i in range(2, 1002))])

    assert ["└─ … 992 more like these"] == lines[9:]


def test_failed_siblings_are_never_hidden() -> None:
    """The one that failed among a thousand is what the reader came for."""
    lines = draw(
        [node(1, 0, "root"), *(node(i, 1, "tick", i, error="boom" if i == 900 else None) for i in range(2, 1002))]
    )

    assert 1 == sum("boom" in line for line in lines)


@given(st.text())
def test_nothing_drawn_can_command_a_terminal(text: str) -> None:
    """Escape sequences, line ends and invisible characters never reach the terminal."""
    assert printable(text).isprintable()


def test_durations_are_read_without_counting_zeros() -> None:
    """Each order of magnitude has its unit."""
    assert ["0 ns", "870 ns", "1.5 µs", "14.1 ms", "2.31 s", "5400 s"] == [
        duration_text(n) for n in (0, 870, 1500, 14_100_000, 2_310_000_000, 5_400_000_000_000)
    ]
