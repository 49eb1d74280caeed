"""A clock turned by hand."""

import time

from otel_agent.clock import SYSTEM, ManualClock


def test_time_passes_only_when_it_is_turned() -> None:
    """Both faces together."""
    clock = ManualClock(wall_s=100.0)
    before = clock.wall_ns(), clock.monotonic_s()
    clock.advance(2.5)

    assert (100_000_000_000, 0.0) == before
    assert (102_500_000_000, 2.5) == (clock.wall_ns(), clock.monotonic_s())


def test_the_wall_clock_can_jump_while_no_time_passes() -> None:
    """As when an administrator sets it."""
    clock = ManualClock(wall_s=100.0)
    clock.jump_wall(-30)

    assert (70_000_000_000, 0.0) == (clock.wall_ns(), clock.monotonic_s())


def test_the_system_clock_is_the_machine_s() -> None:
    """Between two looks of our own."""
    before = time.time_ns(), time.monotonic()
    seen = SYSTEM.wall_ns(), SYSTEM.monotonic_s()
    after = time.time_ns(), time.monotonic()

    assert before[1] <= seen[1] <= after[1]
    assert before[0] <= seen[0] <= after[0]
