"""Error budgets, as PromQL."""

from alert_settings import alert_settings

from otel_agent.alerts.shorthand.compiling import compile_rules


def test_an_objective_pages_and_writes_a_ticket() -> None:
    """Two alerts, of which the entry's severity is the page's; windows keep their share of the period."""
    entry = {"burn_rate": {"name": "SLO", "objective": 99, "period": "3d", "bad": "bad_total", "total": "all_total"}}
    page, ticket = compile_rules(alert_settings(rules=[entry]).rules).rules

    assert [("SLO", "critical"), ("SLOSlow", "warning")] == [(one.name, one.severity) for one in (page, ticket)]
    assert "sum by (job) (rate(bad_total[6m])) / sum by (job) (rate(all_total[6m])) > 0.144" in page.expression.text
    assert "(sum by (job) (increase(bad_total[6m])) >= 10)" in page.expression.text


def test_a_span_is_an_objective_s_counters() -> None:
    """Its failed calls are the bad ones."""
    entry = {"burn_rate": {"name": "SLO", "objective": 99.9, "span": "decide"}}
    page = compile_rules(alert_settings(rules=[entry]).rules).rules[0]

    assert 'calls_total{span_name="decide", status_code="STATUS_CODE_ERROR"}[1h]' in page.expression.text
