"""What becomes of spans when the machine's clock is set back."""

from typing import Any

from telemetry_items import spans

from otel_agent.clock import ManualClock
from otel_agent.delivery.clock_jumps import ClockJumps


def backward_span() -> Any:
    """One that ended a minute before it began."""
    (span,) = spans(1)
    span.start_ns, span.end_ns = 100_000_000_000, 40_000_000_000
    return span


def test_a_span_across_the_jump_has_no_length() -> None:
    """After the clock was set back a span ends no earlier than it began; others stay as they are."""
    clock = ManualClock()
    jumps = ClockJumps(clock)
    bad, good = backward_span(), *spans(1)
    before = (good.start_ns, good.end_ns)
    clock.jump_wall(-60)
    jumps.clamp([bad, good])

    assert bad.start_ns == bad.end_ns
    assert before == (good.start_ns, good.end_ns)


def test_the_largest_distance_counts() -> None:
    """A clock that was set forth and back again has been set back too."""
    clock = ManualClock()
    jumps = ClockJumps(clock)
    clock.jump_wall(60)
    jumps.clamp([])
    clock.jump_wall(-60)
    bad = backward_span()
    jumps.clamp([bad])

    assert bad.start_ns == bad.end_ns


def test_times_that_somebody_gave_are_left_alone() -> None:
    """While the clock only goes forward spans are not looked at, and what others made is never written to."""
    clock = ManualClock()
    jumps = ClockJumps(clock)
    clock.advance(1000)
    given = backward_span()
    jumps.clamp([given])
    clock.jump_wall(-60)
    jumps.clamp([object()])

    assert given.end_ns < given.start_ns
