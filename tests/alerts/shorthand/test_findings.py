"""Findings as alerts."""

from otel_agent.alerts.shorthand.findings import finding, named
from otel_agent.config.sections.alert_rules import FindingRuleSettings
from otel_agent.insight.findings import RULES
from otel_agent.series.naming import Naming


def test_a_finding_fires_as_long_as_it_is_known() -> None:
    """By its rule, under a name made of it."""
    (draft,) = finding(named(FindingRuleSettings(rule="n_plus_one")), Naming.OTLP)

    assert "FindingNPlusOne" == draft.name
    assert 'sum by (job, agent_finding_rule) (agent_findings{agent_finding_rule="n_plus_one"}) >= 1' == draft.expression


def test_any_finding_fires_and_a_name_stays() -> None:
    """Where no rule is named, and where a name is."""
    assert "FindingAny" == named(FindingRuleSettings()).name
    assert "Slow" == named(FindingRuleSettings(name="Slow", rule="slow_query")).name


def test_every_rule_can_be_named() -> None:
    """The words are those of findings."""
    words = str(FindingRuleSettings.__annotations__["rule"])

    assert [] == [rule for rule in RULES if repr(rule) not in words]
