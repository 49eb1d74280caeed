"""Rules are written so that Prometheus reads them; promtool judges that in tests/end_to_end."""

import yaml

from otel_agent.alerts.rules.export import export_groups, export_warnings
from otel_agent.alerts.rules.files import read_text

TEXT = """
groups:
  - name: g
    interval: 30s
    limit: 5
    query_offset: 1m
    rules:
      - {record: doubled, expr: x * 2, labels: {team: ops}}
      - {alert: High, expr: doubled > 10, for: 5m, keep_firing_for: 90s, labels: {severity: warning}, annotations: {summary: 'is {{ $value }}'}}
      - {alert: Odd, expr: 'mad_over_time(x[5m]) > 1'}
"""


def test_what_is_written_is_what_was_read() -> None:
    """Every key comes back, durations in Prometheus's form, and nothing that was not said."""
    (written,) = yaml.safe_load(export_groups(read_text(TEXT).groups))["groups"]

    assert {"name": "g", "interval": "30s", "limit": 5, "query_offset": "1m"} == {
        key: value for key, value in written.items() if key != "rules"
    }
    assert [
        {"record": "doubled", "expr": "x * 2", "labels": {"team": "ops"}},
        {
            "alert": "High",
            "expr": "doubled > 10",
            "for": "5m",
            "keep_firing_for": "1m30s",
            "labels": {"severity": "warning"},
            "annotations": {"summary": "is {{ $value }}"},
        },
        {"alert": "Odd", "expr": "mad_over_time(x[5m]) > 1"},
    ] == written["rules"]


def test_functions_behind_a_switch_are_warned_of() -> None:
    """The line names the place, the rule, the function and the switch."""
    (line,) = export_warnings(read_text(TEXT, "a.yml").groups)

    assert line.startswith("a.yml:10: Odd uses mad_over_time, which Prometheus 3 has behind --enable-feature=")


def test_what_a_group_says_stays_the_group_s() -> None:
    """Labels of a group are written once, and an interval that was not said is not made up."""
    text = "groups: [{name: 1.10, labels: {team: NO}, rules: [{alert: off, expr: x, labels: {a: ~, b: 010}}]}]"
    (written,) = yaml.safe_load(export_groups(read_text(text).groups))["groups"]

    assert {
        "name": "1.10",
        "labels": {"team": "NO"},
        "rules": [{"alert": "off", "expr": "x", "labels": {"a": "", "b": "010"}}],
    } == written
