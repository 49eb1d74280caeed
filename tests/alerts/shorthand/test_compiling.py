"""Entries become rules; what is wrong with one is said with its path."""

import pytest
import yaml
from alert_settings import alert_problems, alert_settings

from otel_agent.alerts.rules.files import RuleSet
from otel_agent.alerts.shorthand.compiling import KINDS, compile_rules
from otel_agent.config.reflection import fields_of
from otel_agent.config.sections.alert_rules import RuleChoiceSettings
from otel_agent.series.naming import Naming


def compiled(entry: str, naming: Naming = Naming.OTLP) -> RuleSet:
    """The rules of entries, and what the reader and the compiler say about them."""
    found, problems = alert_problems(rules=yaml.safe_load(f"[{entry}]"))
    return RuleSet((), problems).joined(compile_rules(found.rules, naming))


def test_every_kind_of_entry_is_compiled() -> None:
    """Whatever the configuration takes becomes rules."""
    assert set(KINDS) == set(fields_of(RuleChoiceSettings))


def test_other_namings_are_kept() -> None:
    """Rules written for Python's exporter read its names."""
    rules = compiled("{threshold: {name: A, metric: system.memory.utilization, above: 1}}", Naming.PYTHON_EXPORTER)

    assert "system_memory_utilization > 1" == rules.rules[0].expression.text


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{treshold: {}}", "alerts.rules[0].treshold: unknown key, did you mean threshold?"),
        ("{threshold: {name: A, metric: x}}", "alerts.rules[0].threshold.above: say either above or below"),
        ("{threshold: {name: A, metric: x, above: 1, below: 2}}", "say either above or below"),
        ("{threshold: {name: A, metric: x, above: 1, clear_below: 2}}", "clear_below: 2 is more than above, 1"),
        ("{threshold: {name: A, metric: x, abovee: 1}}", "alerts.rules[0].threshold.abovee: unknown key, did you mean above?"),
        ("{threshold: {metric: x, above: 1}}", "alerts.rules[0].threshold.name: is needed"),
        ("{threshold: {name: 'a b', metric: x, above: 1}}", "expected a name of letters, digits and _, found 'a b'"),
        ("{threshold: {name: A, metric: agent.gc.pause.duration, above: 1}}", "is a histogram"),
        ("{threshold: {name: A, metric: x, above: high}}", "alerts.rules[0].threshold.above: expected a number, or a length of time such as 250ms or 1h30m, found 'high'"),
        ("{threshold: {name: A, metric: x.y, kind: guage, above: 1}}", "expected one of counter, gauge, updowncounter, histogram, or off, found 'guage'; did you mean gauge?"),
        ("{span_errors: {name: A, span: s, ratio_above: 5}}", "expected a number from 0 to 1, found 5"),
        ("{burn_rate: {name: A, objective: 0.999, span: s, bad: x}}", "say either span, or both bad and total"),
        ("{burn_rate: {name: A, objective: 200, span: s}}", "expected a number above 0 and below 100, found 200"),
        ("{anomaly: {name: A, metric: x, direction: up}}", "expected one of both, above, below, found 'up'"),
        ("{burn_rate: {name: A, objective: 99, bad: 'x{', total: x}}", "`expr`: invalid PromQL"),
        ("{threshold: {name: A, metric: x, below: 1, clear_below: 2}}", "clear_below: belongs to above"),
        ("{threshold: {name: A, metric: x, below: 1, clear_above: 0}}", "clear_above: 0 is less than below, 1"),
        ("{absent: {name: A, metric: x}, exception: {name: B, type: C}}", "expected exactly one of absent, anomaly"),
        ("{}", "expected exactly one of absent, anomaly"),
        ("{threshold: 5}", "alerts.rules[0].threshold: expected keys such as name, severity, hold, found 5"),
        ("just text", "alerts.rules[0]: expected exactly one of absent, anomaly"),
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


def test_entries_are_judged_every_second_unless_they_say_otherwise() -> None:
    """An anomaly every quarter of a minute, because it is asked for values so far apart."""
    entries = """
    - threshold: {name: A, metric: x, above: 1}
    - absent: {name: B, metric: x}
    - exception: {name: C, type: ValueError}
    - anomaly: {name: D, metric: x}
    - threshold: {name: E, metric: x, above: 1, interval: 30s}
    """
    rules = compile_rules(alert_settings(rules=yaml.safe_load(entries)).rules)

    assert [1.0, 1.0, 1.0, 15.0, 30.0] == [group.interval_s for group in rules.groups]
