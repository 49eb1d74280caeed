"""Rules in a few words: what fits together in one."""

from typing import Any

import pytest

from otel_agent.config.sections.alert_rules import BurnRateRuleSettings, RuleChoiceSettings, ThresholdRuleSettings


@pytest.mark.parametrize(
    ("limits", "problems"),
    [
        ({"above": 1.0}, []),
        ({"above": 1.0, "clear_below": 1.0}, []),
        ({"below": 1.0, "clear_above": 2.0}, []),
        ({}, ["above"]),
        ({"above": 1.0, "below": 0.0}, ["above"]),
        ({"above": 1.0, "clear_below": 2.0}, ["clear_below"]),
        ({"above": 1.0, "clear_above": 2.0}, ["clear_above"]),
        ({"below": 1.0, "clear_above": 0.0}, ["clear_above"]),
        ({"below": 1.0, "clear_below": 0.0}, ["clear_below"]),
    ],
)
def test_a_threshold_has_one_limit_and_ends_on_its_other_side(limits: dict[str, Any], problems: list[str]) -> None:
    """What is wrong stands at the key to change."""
    settings = ThresholdRuleSettings(name="A", metric="x", **limits)

    assert problems == [key for key, _ in settings.problems()]


@pytest.mark.parametrize(
    ("counters", "is_right"),
    [
        ({"span": "s"}, True),
        ({"bad": "a", "total": "b"}, True),
        ({}, False),
        ({"bad": "a"}, False),
        ({"span": "s", "total": "b"}, False),
        ({"span": "s", "bad": "a", "total": "b"}, False),
    ],
)
def test_an_objective_counts_a_span_or_two_counters(counters: dict[str, Any], *, is_right: bool) -> None:
    """Not both, and not half of one."""
    settings = BurnRateRuleSettings(name="A", objective=99.9, **counters)

    assert is_right == (not list(settings.problems()))


def test_a_rule_is_of_one_kind() -> None:
    """The one that was given."""
    threshold = ThresholdRuleSettings(name="A", metric="x", above=1.0)

    assert ("threshold", threshold) == RuleChoiceSettings(threshold=threshold).chosen
