"""Minutes of a running agent."""

import random

from otel_agent.insight.baselines.minutes import LEAST_PAST, PAST, RECENT, MinuteWatch


def minutes(watch: MinuteWatch, number: int, median_s: float, name: str = "decide", seed: int = 1) -> list[int]:
    """In which of these minutes the function is slower than it was."""
    chance = random.Random(seed)
    return [each for each in range(number) if watch.add({name: median_s * (1 + 0.02 * chance.random())})]


def test_a_function_that_becomes_slower_is_told() -> None:
    """Within eight minutes, and no longer once the past is as slow."""
    watch = MinuteWatch()
    assert [] == minutes(watch, 40, 0.010)
    told = minutes(watch, 100, 0.013, seed=2)

    assert told[0] < RECENT
    assert told[-1] < PAST + RECENT


def test_a_steady_function_is_not_told() -> None:
    """In ten hours of minutes; nor one that is 5 % slower, or faster."""
    watch = MinuteWatch()

    assert [] == minutes(watch, 600, 0.010)
    assert [] == minutes(watch, 60, 0.0105, seed=3)
    assert [] == minutes(watch, 60, 0.005, seed=4)


def test_a_function_needs_a_past() -> None:
    """Before it has one, nothing is said."""
    watch = MinuteWatch()
    minutes(watch, LEAST_PAST - 5, 0.010)

    assert [] == minutes(watch, 4, 0.1, seed=2)


def test_what_is_not_called_any_more_is_forgotten() -> None:
    """Its past would be that of another day."""
    watch = MinuteWatch()
    minutes(watch, 40, 0.010)
    minutes(watch, PAST + 2, 0.010, name="other")

    assert [] == minutes(watch, RECENT, 0.1, seed=2)
