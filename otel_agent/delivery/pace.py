"""
How many items are worked on between two looks at the clock, so that no text, however dear, holds a signal up unseen.

Pure: sizes and seconds in, sizes out. Ordinary items are looked at 256 at a time, which costs nothing to speak of; where one
takes long, fewer are, down to one.
"""

__all__ = ["ItemPace"]

SLICE_S = 0.02
"""What one slice should take, in seconds."""

FIRST_ITEMS = 16
"""Items of the first slice, of which nothing is known."""

MOST_ITEMS = 256
"""Items of the largest slice: more would be lost from sight when cheap items are followed by dear ones."""

_LEAST_S = SLICE_S / MOST_ITEMS


class ItemPace:
    """The size of the next slice, from what the last ones took."""

    __slots__ = ("item_s",)

    def __init__(self) -> None:
        self.item_s = SLICE_S / FIRST_ITEMS
        """What one item takes, in seconds, as far as is known; never less than a slice of the largest size would say."""

    def slice_items(self) -> int:
        """Items of the next slice; at least 1."""
        return max(1, int(SLICE_S / self.item_s))

    def took(self, items: int, seconds: float) -> None:
        """
        Learn what a slice took: slower is believed at once, quicker by halves.

        Args:
            items: Its size; at least 1.
            seconds: What it took.
        """
        now_s = seconds / items
        self.item_s = max(_LEAST_S, now_s if now_s > self.item_s else (self.item_s + now_s) / 2)
