"""Every rule of an agent, from wherever it comes."""

from pathlib import Path

from alert_settings import alert_problems, alert_settings

from otel_agent.alerts.loading import load_rules, read_defaults
from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.rules.export import export_groups
from otel_agent.alerts.rules.files import read_text
from otel_agent.catalog import METRICS
from otel_agent.catalog.records import InstrumentKind
from otel_agent.series.naming import metric_name
from otel_agent.series.store import Store


def test_overrides_and_missing_files_are_checked(tmp_path: Path) -> None:
    """An override of no rule, with no known value, and a pattern that finds nothing are said."""
    settings, problems = alert_problems(
        rule_files=[f"{tmp_path}/none*.yml", f"{tmp_path}/missing.yml"],
        overrides={"A": {"no_data": "maybe", "other": "x"}},
    )

    assert ["alerts.overrides.A.no_data", "alerts.overrides.A.other"] == [line.split(": ")[1] for line in problems]
    assert 3 == len(load_rules(settings).problems)


def test_rules_about_events_are_woken_by_them() -> None:
    """Groups that read what spans move may be evaluated at once, also when they come from a file."""
    groups = load_rules(
        alert_settings(rules=[{"exception": {"name": "E", "type": "X"}}, {"absent": {"name": "B", "metric": "x"}}])
    ).groups

    assert [True, False] == [group.is_woken for group in groups]


def test_the_default_rules_are_right_and_read_what_is_measured() -> None:
    """All of them load, are written and read back the same, and read only series that the catalogue or spans give."""
    rules = read_defaults()
    known = {
        metric_name(
            m.name, m.unit, is_gauge=m.kind is InstrumentKind.GAUGE, is_counter=m.kind is InstrumentKind.COUNTER
        )
        for m in METRICS.values()
    }
    read = {
        name for rule in rules.rules for name in rule.expression.names if not name.startswith(("ALERTS", "traces_span"))
    }
    unknown = {name for name in read if not {name, name.rpartition("_")[0]} & known}
    written = export_groups(rules.groups)

    assert ((), set()) == (rules.problems, unknown)
    assert written == export_groups(read_text(written).groups)
    assert "Watchdog" in {rule.name for rule in rules.rules}


def test_nothing_fires_by_default_but_the_watchdog() -> None:
    """Over an empty store only the dead-man alert is active."""
    store = Store()
    active = [
        rule.name for rule in read_defaults().rules if evaluate(rule.expression, Context(store, 1_700_000_000_000))
    ]

    assert ["Watchdog"] == active


def test_a_series_that_is_almost_one_of_ours_is_said(tmp_path: Path) -> None:
    """With file, line, rule and the nearest name; the rule is judged all the same."""
    (tmp_path / "r.yml").write_text(
        "groups:\n- name: g\n  rules:\n  - {alert: Full, expr: system_memory_utilisation_ratio > 0.9}\n  - {alert: Mine, expr: app_depth > 3}\n"
    )
    found = load_rules(alert_settings(rule_files=[str(tmp_path / "r.yml")]))

    assert ["Full", "Mine"] == [rule.name for rule in found.rules]
    assert [
        f"{tmp_path}/r.yml:4: rule 'Full' reads system_memory_utilisation_ratio, which nobody writes; did you mean system_memory_utilization_ratio?"
    ] == list(found.problems)
