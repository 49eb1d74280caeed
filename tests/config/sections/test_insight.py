"""Findings, and which of them are looked for."""

from otel_agent.config.sections.insight import FindingRulesSettings, InsightSettings


def test_every_rule_is_looked_for_unless_it_is_switched_off() -> None:
    """Slow is half a second, late for an event loop a twentieth."""
    insight = InsightSettings()

    assert FindingRulesSettings(**dict.fromkeys(FindingRulesSettings.__struct_fields__, True)) == insight.rules
    assert (True, 200, 0.5, None, 0.05) == (
        insight.enabled,
        insight.most,
        insight.slow_query_s,
        insight.explain,
        insight.blocked_loop_s,
    )
