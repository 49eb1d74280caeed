"""A misspelt metric is answered with the nearest."""

import pytest
from alert_settings import alert_settings

from otel_agent import guard
from otel_agent.alerts.groups import GroupRun
from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.metric_names import misspelt_metric, nearest_name
from otel_agent.alerts.rules.files import read_text
from otel_agent.series.store import Store


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("system.memory.utilisation", "system.memory.utilization"),
        ("system.memroy.utilization", "system.memory.utilization"),
        ("system.memory.utilization", None),
        ("app.queue.depth", None),
        ("process_cpu_seconds_total", None),
    ],
)
def test_a_letter_or_two_are_forgiven(name: str, meant: str | None) -> None:
    """Other metrics are the agent's own."""
    assert meant == misspelt_metric(name)


def test_what_prometheus_appends_may_be_forgotten() -> None:
    """A name without its unit."""
    assert "system_memory_utilization_ratio" == nearest_name(
        "system_memory_utilization", ["system_memory_utilization_ratio"]
    )


def test_rules_of_the_agent_s_settings_are_looked_at() -> None:
    """In short form and in PromQL, at once; the rules that come with the package have no such line, and neither has what is recorded."""
    entries = [{"threshold": {"name": "Full", "metric": "system.memory.utilisation", "above": 0.9}}]
    (line,) = load_rules(alert_settings(rules=entries, defaults=True)).problems

    assert line.endswith(
        "rules[0].threshold.metric: 'system.memory.utilisation' is no metric; did you mean 'system.memory.utilization'?"
    )


def test_a_rule_that_finds_nothing_says_what_there_is() -> None:
    """After a minute, once."""
    store = Store()
    (group,) = read_text("groups: [{name: g, rules: [{alert: Deep, expr: app_dpeth > 5}]}]").groups
    run = GroupRun(group, store, budget_s=3600.0)
    said = []
    for second in (1, 30, 61, 62, 130):
        store.append({"__name__": "app_depth"}, second * 1000, 9.0)
        run.evaluate(second * 1000)
        said.append(guard.shared.counts().get("alerts.names.app_dpeth", 0))

    assert [0, 0, 1, 1, 1] == said
