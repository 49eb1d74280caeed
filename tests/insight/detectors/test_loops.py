"""Functions that block an event loop."""

from collections import Counter

from otel_agent.insight.detectors.loops import BlockedLoops


def one() -> None: ...


def other() -> None: ...


def test_a_function_is_found_when_three_looks_agree() -> None:
    """At the line it was seen at most; the time of all its episodes counts."""
    loops = BlockedLoops()
    code = one.__code__

    assert loops.blocked(Counter({(code, 7): 2}), 0.2, 100.0) is None
    sighting = loops.blocked(Counter({(code, 7): 3, (code, 8): 1, (other.__code__, 9): 1}), 0.3, 101.0)
    assert sighting is not None
    assert ("blocked_loop", 0.5, 2) == (sighting.rule, sighting.saved_s, sighting.count)
    assert sighting.place.endswith("test_loops.py:7")


def test_nothing_seen_is_nothing_found() -> None:
    """A loop that was late for a reason that nobody saw."""
    assert BlockedLoops().blocked(Counter(), 9.0, 1.0) is None
