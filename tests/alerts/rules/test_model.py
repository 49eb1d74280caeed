"""Rules and groups have the defaults Prometheus has."""

from otel_agent.alerts.promql.parsing import parse
from otel_agent.alerts.rules.model import DEFAULT_INTERVAL_S, Rule, RuleGroup
from otel_agent.alerts.rules.templates import compile_template


def test_a_rule_that_says_nothing_fires_at_once_and_stays_quiet_without_data() -> None:
    """An alert without further keys has no wait, no severity, and Prometheus's policies."""
    rule = Rule("A", parse("x"))

    assert (False, 0.0, 0.0, "none", "ok", "keep") == (
        rule.is_recording,
        rule.hold_s,
        rule.keep_firing_for_s,
        rule.severity,
        rule.no_data,
        rule.on_error,
    )


def test_the_severity_is_that_of_the_label_as_written() -> None:
    """A template stays a template here; it is filled for each alert."""
    severities = ["critical", "{{ $labels.level }}"]

    assert severities == [
        Rule("A", parse("x"), labels={"severity": compile_template(text)}).severity for text in severities
    ]


def test_a_group_has_no_limit_and_an_interval_of_its_own() -> None:
    """Without keys a group is evaluated every fifteen seconds, at the present, for any number of alerts."""
    group = RuleGroup("g", ())

    assert (15.0, DEFAULT_INTERVAL_S, 0, 0.0, False) == (
        group.interval_s,
        group.interval_s,
        group.limit,
        group.query_offset_s,
        group.is_woken,
    )
