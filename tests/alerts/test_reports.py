"""What rules and alerts come to at a glance."""

from otel_agent.alerts.groups import GroupRun
from otel_agent.alerts.reports import rule_status, status_points
from otel_agent.alerts.rules.files import read_text
from otel_agent.series.store import Store

T0_MS = 1_700_000_000_000
RULES = """
groups:
  - name: g
    rules:
      - {alert: Fires, expr: vector(1), labels: {severity: critical}}
      - {alert: Waits, expr: vector(1), for: 1h}
      - {alert: Quiet, expr: x > 2}
      - {alert: Empty, expr: missing > 2}
      - {record: recorded, expr: vector(1)}
      - {alert: Fails, expr: (x) * on () x}
"""


def evaluated() -> GroupRun:
    """The rules after one evaluation."""
    store = Store()
    for host in "ab":
        store.append({"__name__": "x", "host": host}, T0_MS, 1.0)
    rules = read_text(RULES)
    assert () == rules.problems
    group = GroupRun(rules.groups[0], store)
    group.evaluate(T0_MS)
    return group


def test_the_status_counts_rules_and_names_those_that_matter() -> None:
    """What fires, what fails and what has nothing to read is named; what waits is counted."""
    runs = evaluated().rules
    active = [alert for run in runs for one in run.alertings() for alert in one.active()]
    status = rule_status(runs, active)
    failing = status.pop("failing")

    assert {"rules": 6, "pending": 1, "firing": ["Fires"], "no_data": ["Empty"]} == status
    assert ["Fails"] == list(failing)
    assert "match alike" in failing["Fails"]


def test_each_alerting_rule_is_in_exactly_one_state() -> None:
    """Of the three points of a rule one is 1; recording rules have none."""
    points = status_points(evaluated().rules)
    present = {a["alert.rule.name"]: a["agent.alert.state"] for value, a in points if value}

    assert 5 * 3 == len(points)
    assert {
        "Fires": "firing",
        "Waits": "pending",
        "Quiet": "inactive",
        "Empty": "inactive",
        "Fails": "inactive",
    } == present
    assert {"critical", "none"} == {a["agent.alert.severity"] for _, a in points}
