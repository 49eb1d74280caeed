"""Looking takes a small share of a core, whatever there is to look at."""

from otel_agent.insight.thinning import MOST_SHARE, MOST_SKIPPED, WINDOW_S, Thinning


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def run(thinning: Thinning, hand: Hand, trace_s: float, windows: int) -> float:
    """Share of a core in the last of so many windows of 1,024 traces, each of which costs so much."""
    share = 0.0
    for _ in range(windows):
        looked_at = sum(not trace_id & thinning.skip for trace_id in range(1024))
        share = looked_at * trace_s / WINDOW_S
        hand.now_s += WINDOW_S
        thinning.spent(looked_at * trace_s)
    return share


def test_a_flood_costs_a_small_share_soon() -> None:
    """A tenth of a core at first; within eight windows at most what is allowed, and it stays so."""
    hand = Hand()
    thinning = Thinning(hand)

    assert 0.1 < run(thinning, hand, 2.5e-5, 1)
    assert all(run(thinning, hand, 2.5e-5, windows) <= 2 * MOST_SHARE for windows in (8, 1, 1, 1, 1))


def test_an_ordinary_agent_has_every_trace_looked_at() -> None:
    """Nothing is skipped where looking costs next to nothing."""
    hand = Hand()
    thinning = Thinning(hand)
    run(thinning, hand, 1e-6, 20)

    assert 0 == thinning.skip


def test_after_a_flood_every_trace_is_looked_at_again() -> None:
    """And however long the flood was, some traces are looked at meanwhile."""
    hand = Hand()
    thinning = Thinning(hand)
    run(thinning, hand, 1.0, 50)
    in_flood = thinning.skip
    run(thinning, hand, 0.0, 12)

    assert MOST_SKIPPED == in_flood
    assert 0 == thinning.skip
