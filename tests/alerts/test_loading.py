"""Every rule of an agent, from wherever it comes."""

from pathlib import Path

import pytest
import yaml

from otel_agent.alerts.loading import load_rules, read_defaults
from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.rules.export import export_groups
from otel_agent.alerts.rules.files import RuleSet, read_text
from otel_agent.alerts.rules.model import Rule
from otel_agent.catalog import METRICS
from otel_agent.catalog.records import InstrumentKind
from otel_agent.series.naming import Naming, metric_name
from otel_agent.series.store import Store


def compiled(entry: str, naming: Naming = Naming.OTLP) -> RuleSet:
    """The rules of one entry."""
    return load_rules(rules=yaml.safe_load(f"[{entry}]"), naming=naming)


def one(entry: str) -> Rule:
    """The only alert of an entry that is right."""
    rules = compiled(entry)
    assert () == rules.problems
    return next(rule for rule in rules.rules if not rule.is_recording)


def test_a_threshold_knows_the_name_prometheus_shows() -> None:
    """The catalogue's metric gets its suffix, where its labels, and clear_below hysteresis that promtool accepts."""
    rule = one("{threshold: {name: Hot, metric: system.memory.utilization, where: {system.memory.state: used}, above: 0.9, clear_below: 0.85, hold: 1m, severity: critical, message: full}}")  # fmt: skip

    assert (
        'system_memory_utilization_ratio{system_memory_state="used"} > 0.9 or '
        '(system_memory_utilization_ratio{system_memory_state="used"} > 0.85 and '
        'ignoring (alertname, alertstate, severity) ALERTS{alertname="Hot", alertstate="firing"} == 1)'
    ) == rule.expression.text
    assert (60.0, "critical", "full") == (rule.hold_s, rule.severity, rule.annotations["summary"].text)


@pytest.mark.parametrize(
    ("entry", "expression"),
    [
        ("{threshold: {name: A, metric: agent.cache.requests, above: 5}}", "rate(agent_cache_requests_total[1m]) > 5"),
        ("{threshold: {name: A, metric: my_gauge, below: 5, window: 2m}}", "avg_over_time(my_gauge[2m]) < 5"),
        ("{threshold: {name: A, metric: my.queue, kind: gauge, unit: s, above: 250ms}}", "my_queue_seconds > 0.25"),
        ("{threshold: {name: A, metric: my_total, above: 5, where: {a: ~b.*}}}", 'rate(my_total{a=~"b.*"}[1m]) > 5'),
        ("{absent: {name: A, metric: feed.ticks}}", 'absent({__name__=~"feed_ticks(_total)?"})'),
        ("{absent: {name: A, metric: feed.ticks, kind: counter}}", "absent(increase(feed_ticks_total[30s]) > 0)"),
        ("{absent: {name: A, metric: system.memory.usage}}", "absent(system_memory_usage_bytes)"),
    ],
)
def test_shorthand_compiles_to_promql(entry: str, expression: str) -> None:
    """Each kind of metric is read in the way its kind asks for."""
    assert expression == one(entry).expression.text


def test_other_namings_are_kept() -> None:
    """Rules written for Python's exporter read its names."""
    rules = compiled("{threshold: {name: A, metric: system.memory.utilization, above: 1}}", Naming.PYTHON_EXPORTER)

    assert "system_memory_utilization > 1" == rules.rules[0].expression.text


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{treshold: {}}", "alerts.rules[0]: 'treshold' is no kind of rule; known are absent, anomaly, burn_rate"),
        ("{threshold: {name: A, metric: x}}", "alerts.rules[0].threshold.above: say either above or below"),
        ("{threshold: {name: A, metric: x, above: 1, below: 2}}", "say either above or below"),
        ("{threshold: {name: A, metric: x, above: 1, clear_below: 2}}", "clear_below: 2 is more than above, 1"),
        ("{threshold: {name: A, metric: x, abovee: 1}}", "abovee: is not known here; did you mean above?"),
        ("{threshold: {metric: x, above: 1}}", "alerts.rules[0].threshold.name: is needed"),
        ("{threshold: {name: 'a b', metric: x, above: 1}}", "'a b' is no name for a rule"),
        ("{threshold: {name: A, metric: agent.gc.pause.duration, above: 1}}", "is a histogram"),
        ("{threshold: {name: A, metric: x, above: high}}", "'high' is not a duration"),
        ("{threshold: {name: A, metric: x.y, kind: guage, above: 1}}", "expected one of counter, gauge"),
        ("{span_errors: {name: A, span: s, ratio_above: 5}}", "expected a share from 0 to 1, found 5"),
        ("{burn_rate: {name: A, objective: 0.999, span: s, bad: x}}", "say either span, or both bad and total"),
        ("{burn_rate: {name: A, objective: 200, span: s}}", "expected a percentage such as 99.9, found 200"),
        ("{anomaly: {name: A, metric: x, direction: up}}", "expected both, above or below"),
        ("{burn_rate: {name: A, objective: 99, bad: 'x{', total: x}}", "`expr`: invalid PromQL"),
        ("{threshold: 5}", "expected fields such as name, found 5"),
        ("just text", "alerts.rules[0]: expected one of"),
        ("{threshold: {name: A, metric: x, above: 1}}, {absent: {name: A, metric: x}}", "'A' exists already, at alerts.rules[0]"),
    ],
)  # fmt: skip
def test_mistakes_in_shorthand_have_a_path(entry: str, problem: str) -> None:
    """Every mistake says where it stands and what to do; the rule is left out."""
    assert problem in "\n".join(compiled(entry).problems)


def test_mistakes_come_together() -> None:
    """One entry may have several, and other entries are used all the same."""
    rules = compiled("{threshold: {metric: 3, above: x, hold: y, sverity: z}}, {absent: {name: B, metric: x}}")

    assert 5 == len(rules.problems)
    assert ["B"] == [rule.name for rule in rules.rules]


def test_overrides_and_missing_files_are_checked(tmp_path: Path) -> None:
    """An override of no rule, with no known value, and a pattern that finds nothing are said."""
    rules = load_rules(
        ["none*.yml", "missing.yml"], overrides={"A": {"no_data": "maybe", "other": "x"}}, directory=tmp_path
    )

    assert 5 == len(rules.problems)


def test_rules_about_events_are_woken_by_them() -> None:
    """Groups that read what spans move may be evaluated at once, also when they come from a file."""
    groups = load_rules(
        rules=[{"exception": {"name": "E", "type": "X"}}, {"absent": {"name": "B", "metric": "x"}}]
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
