"""Functions whose results could be kept, told from samples."""

import pytest

from otel_agent.insight.detectors.functions import ArgumentStatistics, CacheVerdict


def verdict(
    samples: list[tuple[int | None, int | None]], *, changed: bool = False, is_none: bool = False
) -> CacheVerdict:
    statistics = ArgumentStatistics()
    for argument, result in samples:
        statistics.add(argument, result, 100_000, has_changed=changed, is_none=is_none, is_error=False)
    return statistics.verdict(10_000)


def test_equal_answers_to_equal_questions_are_cacheable() -> None:
    """Nearly all of the time could be saved: twelve answers are made once each."""
    found = verdict([(number % 12, number % 12) for number in range(300)])

    assert found.is_cacheable
    assert pytest.approx(1.0, abs=0.01) == found.repeat_share


@pytest.mark.parametrize(
    "found",
    [
        verdict([(number % 12, number % 12) for number in range(150)]),
        verdict([(number, 1) for number in range(1000)]),
        verdict([(number % 12, number) for number in range(1000)]),
        verdict([(number % 12, number % 97 == 0) for number in range(1000)]),
        verdict([(None, 1) for _ in range(1000)]),
        verdict([(number % 12, None) for number in range(1000)]),
        verdict([(1, 1)] * 1000, changed=True),
        verdict([(1, 1)] * 1000, is_none=True),
    ],
    ids=[
        "few",
        "never again",
        "other answers",
        "now and then",
        "untold arguments",
        "untold results",
        "changes",
        "none",
    ],
)
def test_everything_else_is_not(found: CacheVerdict) -> None:
    """Each for a reason of its own."""
    assert not found.is_cacheable


def test_repeats_among_all_calls_are_more_than_among_samples() -> None:
    """A hundred answers for ten thousand calls: one in a hundred is made anew, also when two hundred are sampled."""
    found = verdict([(number * 7919 % 100, number * 7919 % 100) for number in range(250)])

    assert found.repeat_share > 0.95


def test_what_is_remembered_is_bounded() -> None:
    """Arguments without end begin anew."""
    statistics = ArgumentStatistics()
    for number in range(10_000):
        statistics.add(number, 1, 1, has_changed=False, is_none=False, is_error=False)

    assert len(statistics._known) <= 2048
