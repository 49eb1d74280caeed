"""Whether a function is worth watching."""

from otel_agent.instruments.automatic.trials import AGAIN_CALLS, AGAIN_S, TRIAL_CALLS, Trial


def passes(trial: Trial, count: int, now_s: float = 0.0) -> list[bool]:
    """Calls that do not matter."""
    return [trial.passes(now_s) for _ in range(count)]


def test_a_function_whose_calls_do_not_matter_is_left_alone() -> None:
    """After its trial, and within the 256 calls that are promised."""
    trial = Trial()

    assert [*[False] * (TRIAL_CALLS - 1), True] == passes(trial, TRIAL_CALLS)
    assert not trial.is_watched
    assert TRIAL_CALLS <= 256


def test_a_call_that_matters_begins_the_trial_anew() -> None:
    """One that is slow now and then is watched on."""
    trial = Trial()
    passes(trial, TRIAL_CALLS - 1)
    trial.matters()

    assert not any(passes(trial, TRIAL_CALLS - 1))


def test_a_function_is_tried_again_within_a_minute() -> None:
    """By a few calls, and left alone again when they do not matter either."""
    trial = Trial()
    passes(trial, TRIAL_CALLS)

    assert not trial.is_due(AGAIN_S - 1)
    assert trial.is_due(AGAIN_S)
    trial.again()
    assert [*[False] * (AGAIN_CALLS - 1), True] == passes(trial, AGAIN_CALLS, AGAIN_S)
    assert AGAIN_S <= 60


def test_calls_that_went_by_are_remembered() -> None:
    """What has been left alone once can never be counted in full."""
    trial = Trial()
    passes(trial, TRIAL_CALLS)
    trial.again()

    assert trial.was_left
