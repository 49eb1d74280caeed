"""A slice is as large as its time allows."""

from hypothesis import given
from hypothesis import strategies as st

from otel_agent.delivery.pace import FIRST_ITEMS, MOST_ITEMS, SLICE_S, ItemPace


def test_the_first_slice_is_small() -> None:
    """Of items nobody has worked on nothing is known, so few are taken."""
    assert FIRST_ITEMS == ItemPace().slice_items()


def test_quick_items_are_many_a_slice() -> None:
    """What costs next to nothing is looked at in slices of the largest size after a few of them."""
    pace = ItemPace()
    for _ in range(8):
        pace.took(pace.slice_items(), 0.0)

    assert MOST_ITEMS == pace.slice_items()


def test_a_dear_item_is_believed_at_once() -> None:
    """One slice that took long makes the next one as small as its time asks for, down to one item."""
    pace = ItemPace()
    pace.took(16, 16 * 0.07)

    assert 1 == pace.slice_items()


@given(st.lists(st.tuples(st.integers(1, 300), st.floats(0, 100)), max_size=20))
def test_a_slice_is_never_empty(history: list[tuple[int, float]]) -> None:
    """Whatever slices have taken, the next one has at least one item and no more than may be lost from sight."""
    pace = ItemPace()
    for items, seconds in history:
        pace.took(items, seconds)

    assert 1 <= pace.slice_items() <= MOST_ITEMS
    assert pace.slice_items() * pace.item_s <= SLICE_S * 1.01 or 1 == pace.slice_items()
