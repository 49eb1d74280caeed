"""What grows."""

import pytest

from otel_agent.insight.memory.growing import grows


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([0, 100, 200, 300, 400], True),
        ([300, 300, 301, 299, 300], False),
        ([0, 100, 200, 300, 300], False),
        ([0, 400, 600, 700, 710], False),
        ([0, 1, 2, 3, 4], False),
        ([0, 100], False),
    ],
    ids=["a leak", "a queue", "a full cache", "a cache that fills", "next to nothing", "two looks"],
)
def test_growth_is_steady(sizes: list[float], expected: bool) -> None:
    """From look to look, to the end."""
    assert expected == grows(sizes)


def test_counts_of_a_sample_have_to_grow_by_more_than_their_noise() -> None:
    """Of 10,000 objects every hundredth was counted: ± 10 of 100."""
    assert not grows([10_000, 10_100, 10_200, 10_400], stride=100)
    assert grows([10_000, 12_000, 14_000, 16_000], stride=100)
