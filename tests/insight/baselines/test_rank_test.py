"""The p-value is exact."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.insight.baselines.rank_test import holm, least_p, p_greater

SCIPY = json.loads((Path(__file__).parent / "scipy_p_values.json").read_text())
"""Both groups and `scipy.stats.mannwhitneyu(later, earlier, alternative="greater", method="exact").pvalue`, of SciPy 1.17.1."""

few = st.lists(st.integers(0, 4), min_size=1, max_size=5)


def by_enumeration(later: list[int], earlier: list[int]) -> float:
    """All ways to choose the later group are tried, and its wins counted, half for a tie."""
    pooled = [*later, *earlier]

    def wins(group: list[int], others: list[int]) -> float:
        return sum((one > other) + (one == other) / 2 for one in group for other in others)

    seen, as_high, ways = wins(later, earlier), 0, 0
    for chosen in combinations(range(len(pooled)), len(later)):
        group = [pooled[index] for index in chosen]
        others = [pooled[index] for index in range(len(pooled)) if index not in chosen]
        as_high += wins(group, others) >= seen
        ways += 1
    return as_high / ways


@pytest.mark.parametrize(("later", "earlier", "expected"), SCIPY)
def test_p_values_are_those_of_scipy(later: list[float], earlier: list[float], expected: float) -> None:
    """To a relative 1e-9, without ties, from one against one to ten against thirty."""
    assert pytest.approx(expected, rel=1e-9) == p_greater(later, earlier)


@given(later=few, earlier=few)
def test_ties_are_counted_exactly(later: list[int], earlier: list[int]) -> None:
    """The distribution is that of the observations at hand, as enumeration gives it."""
    assert pytest.approx(by_enumeration(later, earlier), rel=1e-9) == p_greater(later, earlier)


@given(later=few, earlier=few)
def test_nothing_is_below_the_least_p(later: list[int], earlier: list[int]) -> None:
    """What two groups of these sizes can show at most."""
    assert p_greater(later, earlier) >= least_p(len(later), len(earlier)) * (1 - 1e-12)


def test_groups_that_are_no_groups_are_refused() -> None:
    """Nothing to compare, and nothing that can be ranked."""
    with pytest.raises(ValueError, match="at least one"):
        p_greater([], [1.0])
    with pytest.raises(ValueError, match="not a number"):
        p_greater([float("nan")], [1.0])


def test_holm_adjusts_stepwise() -> None:
    """Holm's own procedure: 0.01, 0.04, 0.03 and 0.005 of four tests."""
    adjusted = holm([0.01, 0.04, 0.03, 0.005])

    assert pytest.approx([0.03, 0.06, 0.06, 0.02]) == adjusted
    assert [] == holm([])
    assert [1.0, 1.0] == holm([0.9, 0.8])
