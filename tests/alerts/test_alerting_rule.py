"""The life of an alert, beyond what promtool's tests show."""

import pytest

from otel_agent.alerts.alerting_rule import AlertingRule
from otel_agent.alerts.promql.nodes import EvaluationError, Vector
from otel_agent.alerts.rules.files import read_text
from otel_agent.alerts.states import Transition
from otel_agent.series.labels import Labels

MINUTE_MS = 60_000
T0_MS = 1_700_000_000_000


def rule(extra: str = "for: 2m", limit: int = 0) -> AlertingRule:
    """A rule that fires after two minutes."""
    read = read_text(f"groups: [{{name: g, rules: [{{alert: Hot, expr: x > 1, {extra}}}]}}]")
    assert () == read.problems
    return AlertingRule(read.rules[0], limit)


def hot(*hosts: str) -> Vector:
    """A value in which these hosts are hot."""
    return [(Labels({"__name__": "x", "host": host}), 5.0) for host in hosts]


def changes(transitions: list[Transition]) -> list[tuple[str, str]]:
    """From and to."""
    return [(one.before.value, one.after.value) for one in transitions]


def test_an_alert_waits_fires_and_ends() -> None:
    """Each change is told once, with the state before and after."""
    alerting = rule()
    seen = [changes(alerting.judge(hot("a") if i < 4 else [], T0_MS + i * MINUTE_MS)) for i in range(6)]

    assert [[("inactive", "pending")], [], [("pending", "firing")], [], [("firing", "inactive")], []] == seen


def test_a_pending_alert_survives_a_restart_with_the_time_it_waited() -> None:
    """What waited one of two minutes before a restart waits one more after it; the outage itself does not count."""
    before, after = rule(), rule()
    before.judge(hot("a"), T0_MS)
    before.judge(hot("a"), T0_MS + MINUTE_MS)
    back_ms = T0_MS + 11 * MINUTE_MS
    after.restore(before.saved(), T0_MS + MINUTE_MS, back_ms)

    assert [] == changes(after.judge(hot("a"), back_ms + 59_000))
    assert [("pending", "firing")] == changes(after.judge(hot("a"), back_ms + MINUTE_MS))


def test_a_firing_alert_does_not_fire_for_ever_after_a_restart() -> None:
    """It stays firing for the grace although nothing is measured yet, then ends; true again meanwhile, it goes on."""
    before, gone, back = rule(), rule(), rule()
    for minute in range(3):
        before.judge(hot("a"), T0_MS + minute * MINUTE_MS)
    for after in (gone, back):
        after.restore(before.saved(), T0_MS + 2 * MINUTE_MS, T0_MS + 3 * MINUTE_MS)

    assert [] == changes(gone.judge([], T0_MS + 4 * MINUTE_MS))
    assert [("firing", "inactive")] == changes(gone.judge([], T0_MS + 13 * MINUTE_MS))
    assert [] == changes(back.judge(hot("a"), T0_MS + 4 * MINUTE_MS))
    assert [("firing", "inactive")] == changes(back.judge([], T0_MS + 5 * MINUTE_MS))


def test_what_was_seen_before_a_long_outage_is_forgotten() -> None:
    """After more than an hour nothing is taken over."""
    before, after = rule(), rule()
    before.judge(hot("a"), T0_MS)

    assert 0 == after.restore(before.saved(), T0_MS, T0_MS + 61 * MINUTE_MS)


def test_flapping_is_told_when_it_begins_and_when_it_ends() -> None:
    """An alert that changes at every evaluation is marked after a few changes, and unmarked when it calms down."""
    alerting = rule("for: 0s")
    marks = []
    for i in range(80):
        transitions = alerting.judge(hot("a") if i < 40 and i % 2 == 0 else [], T0_MS + i * 15_000)
        marks += [(i, one.alert.is_flapping) for one in transitions]
    begun = next(i for i, is_flapping in marks if is_flapping)
    ended = [i for i, is_flapping in marks if not is_flapping][-1]

    assert 5 <= begun <= 8
    assert 40 < ended < 60


def test_too_many_alerts_are_an_error_and_none_is_active() -> None:
    """Over its limit a rule has no alerts, as in Prometheus."""
    alerting = rule("for: 0s", limit=1)

    with pytest.raises(EvaluationError, match="2 alerts are more than the limit of 1"):
        alerting.judge(hot("a", "b"), T0_MS)
    assert [] == alerting.active()


def test_two_elements_that_make_one_alert_are_an_error() -> None:
    """Labels of the rule that hide what tells elements apart are reported."""
    alerting = rule('labels: {host: "same"}')

    with pytest.raises(EvaluationError, match="two elements make the same alert"):
        alerting.judge(hot("a", "b"), T0_MS)


def test_nobody_is_told_of_what_is_counted_together() -> None:
    """Neither by the name OpenTelemetry gives it nor by its attribute; a sum over it is told."""
    (group,) = read_text("groups: [{name: g, rules: [{alert: A, expr: x}]}]").groups
    alerting = AlertingRule(group.rules[0])
    elements = [
        Labels({"span_name": "otel.metric.overflow"}),
        Labels({"otel_metric_overflow": "true"}),
        Labels({"span_name": "pay"}),
        Labels(),
    ]
    told = alerting.judge([(labels, 1.0) for labels in elements], 1000)

    assert ["", "pay"] == sorted(transition.alert.labels.get("span_name") for transition in told)
