"""Rule files: everything right is used, everything wrong is said with file, line and reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.alerts.rules.export import export_groups, export_warnings
from otel_agent.alerts.rules.files import read_file, read_text

GOOD = """\
groups:
  - name: g
    interval: 30s
    limit: 5
    labels: {team: core}
    rules:
      - record: job:x:rate
        expr: sum by (job) (rate(x[1m]))
        labels: {kind: rate}
      - alert: Hot
        expr: x > 1
        for: 1h30m
        keep_firing_for: 5m
        labels: {severity: page, team: mine}
        annotations: {summary: "{{ $labels.a }} is {{ $value }}", run: 5}
"""


def test_a_file_is_read_as_prometheus_reads_it() -> None:
    """Groups, intervals, limits, durations, shared labels and annotations arrive."""
    rules = read_text(GOOD, "a.yml")
    record, alert = rules.rules

    assert () == rules.problems
    assert (30.0, 5) == (rules.groups[0].interval_s, rules.groups[0].limit)
    assert ("job:x:rate", True, "a.yml:7") == (record.name, record.is_recording, record.source)
    assert (5400.0, 300.0, "page") == (alert.hold_s, alert.keep_firing_for_s, alert.severity)
    assert {"team": "mine", "severity": "page"} == {name: text.text for name, text in alert.labels.items()}
    assert "b is 3" == alert.annotations["summary"].render({"a": "b"}, 3.0)


def test_what_is_written_is_read_again_the_same() -> None:
    """Exported and re-read, a rule is the same rule, and its second export the same text."""
    written = export_groups(read_text(GOOD, "a.yml").groups)

    assert written == export_groups(read_text(written, "b.yml").groups)


def test_every_mistake_is_said_at_once_and_the_rest_is_used() -> None:
    """One bad rule does not stop the others; each mistake has its line."""
    rules = read_text(
        """\
groups:
  - name: g
    intervall: 5s
    rules:
      - {alert: Good, expr: x > 1}
      - {alert: Bad, expr: x >}
      - {alert: Worse, expr: info(x), for: soon, labels: {__name__: c}, annotations: {x: "{{ nothing }}"}}
      - {alert: Both, record: both, expr: x}
      - {expr: x}
      - {record: "a{b}", expr: x, for: 5m}
      - {alert: NoExpression}
      - just a text
      - {alert: AlsoGood, expr: y}
  - name: g
    rules: [{alert: Again, expr: x}]
  - rules: []
""",
        "a.yml",
    )

    assert ["Good", "AlsoGood"] == [rule.name for rule in rules.rules]
    assert [
        "a.yml:3: `intervall`: unknown key, did you mean `interval`?",
        "a.yml:6: group 'g', rule 'Bad': `expr`: invalid PromQL: unexpected end of input",
        "a.yml:7: group 'g', rule 'Worse': `expr`: the function info() is outside the subset",
        "a.yml:7: group 'g', rule 'Worse': `for`: 'soon' is not a duration; write it like 30s, 5m or 1h30m",
        "a.yml:7: group 'g', rule 'Worse': `labels`: '__name__' is no name",
        "a.yml:7: group 'g', rule 'Worse': `annotations.x`: template '{{ nothing }}': the function nothing is not known",
        "a.yml:8: group 'g', rule 'Both': a rule has either `alert` or `record`, and needs one of them",
        "a.yml:9: group 'g', rule '(without a name)': a rule has either `alert` or `record`, and needs one of them",
        "a.yml:10: group 'g', rule 'a{b}': `for` belongs to alerts, not to a recording rule",
        "a.yml:10: group 'g', rule 'a{b}': 'a{b}' is no name for a series",
        "a.yml:11: group 'g', rule 'NoExpression': a rule needs an `expr`",
        "a.yml:12: group 'g', a rule is a mapping with `alert` or `record`, and `expr`",
        "a.yml:14: group 'g' exists already, in line 2; name it otherwise",
        "a.yml:16: a group needs a `name`",
    ] == [
        problem.split("\n")[0].replace("invalid promql query", "unexpected end of input") for problem in rules.problems
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("groups: [", "a.yml:2: invalid YAML"),
        ("groups: 3", "a.yml:1: a rule file is a mapping with a list under `groups`"),
        ("[]", "a.yml:1: a rule file is a mapping"),
        ("groups: []\ngroups: []", "a.yml:2: duplicate key 'groups', first in line 1"),
        ("groups: [!!python/object:os.system {}]", "no mapping"),
        ("a: &a [1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f]\n", "more than 200000 values"),
    ],
)  # fmt: skip
def test_what_is_no_rule_file_is_one_line(text: str, reason: str) -> None:
    """Broken YAML, wrong shapes and bombs are refused with file and line."""
    problems = read_text(text, "a.yml").problems

    if reason != "no mapping":
        assert reason in problems[0]
    assert problems


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A missing file is a problem like any other."""
    assert "cannot be read" in read_file(tmp_path / "missing.yml").problems[0]


@given(st.text(max_size=200))
def test_any_text_gives_rules_or_problems(text: str) -> None:
    """Whatever a file holds, reading it does not raise."""
    read_text(text)


def test_functions_behind_a_switch_are_named_on_export() -> None:
    """Whoever exports a rule learns what a Prometheus elsewhere needs for it."""
    rules = read_text("groups: [{name: g, rules: [{alert: A, expr: 'mad_over_time(x[5m]) > 1'}]}]")

    assert "A uses mad_over_time" in export_warnings(rules.groups)[0]
