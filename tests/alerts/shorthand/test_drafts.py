"""A rule as it comes out of an entry."""

import pytest

from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted, quoted
from otel_agent.config.sections.alert_rules import RuleSettings


def test_a_draft_has_what_every_entry_may_have() -> None:
    """In the words of a rule file; what is not given is left out."""
    settings = RuleSettings(name="A", severity="critical", hold=60.0, keep_firing_for=5.0, labels={"team": "core"})

    assert {
        "alert": "A",
        "expr": "x > 1",
        "for": "1m",
        "keep_firing_for": "5s",
        "labels": {"severity": "critical", "team": "core"},
        "annotations": {"summary": "too high"},
    } == drafted(settings, "x > 1", "too high").as_rule()
    assert {"alert": "B", "expr": "y", "labels": {"severity": "warning"}} == drafted(
        RuleSettings(name="A", message=""), "y", "too high", name="B"
    ).as_rule()


def test_a_recorded_series_is_a_name_and_an_expression() -> None:
    """Nothing else belongs to a recording rule."""
    assert {"record": "a:b", "expr": "x"} == RuleDraft("a:b", "x", is_recording=True).as_rule()


@pytest.mark.parametrize(
    ("text", "expected"), [("a", '"a"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("a\nb", '"a\\nb"')]
)
def test_strings_are_quoted_as_promql_does(text: str, expected: str) -> None:
    """Quotes, backslashes and line ends are escaped."""
    assert expected == quoted(text)
