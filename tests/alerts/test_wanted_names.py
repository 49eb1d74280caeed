"""What rules name is read out of their expressions."""

from otel_agent.alerts.rules.files import read_text
from otel_agent.alerts.wanted_names import wanted_names, wanted_series

RULES = """
groups:
- name: g
  rules:
  - {alert: A, expr: 'rate(traces_span_metrics_calls_total{span_name="pay"}[5m]) > 0'}
  - {alert: B, expr: 'rate(traces_span_metrics_calls_total{span_name=~"order|refund"}[5m]) > 0'}
  - {alert: C, expr: 'rate(traces_span_metrics_exceptions_total{exception_type=~"Risk.+", span_name=~".+"}[5m]) > 0'}
  - {alert: D, expr: 'rate(traces_span_metrics_calls_total{span_name!="ping"}[5m]) > 0'}
"""


def test_names_lists_and_patterns_are_wanted() -> None:
    """A pattern that accepts everything, and what is excluded, ask for nothing in particular."""
    wanted = wanted_names(read_text(RULES).groups)

    assert {"pay", "order", "refund"} == wanted.spans.names
    assert ((), True, False) == (
        wanted.spans.patterns,
        wanted.types.accepts("RiskLimitError"),
        wanted.types.accepts("KeyError"),
    )


def test_series_are_those_that_are_read_or_written() -> None:
    """What rules record, and the alerts themselves, too."""
    groups = read_text("groups: [{name: g, rules: [{record: twice, expr: x * 2}, {alert: A, expr: twice > y}]}]").groups

    assert {"twice", "x", "y", "ALERTS", "ALERTS_FOR_STATE", "up"} == wanted_series(groups)
