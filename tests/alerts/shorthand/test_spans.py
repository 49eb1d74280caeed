"""What spans tell, as PromQL."""

from collections.abc import Callable

import pytest

from otel_agent.alerts.rules.model import Rule


@pytest.mark.parametrize(
    ("entry", "expression"),
    [
        ("{exception: {name: A, type: trader.risk.RiskLimitError}}", 'sum by (job, span_name, exception_type) (increase(traces_span_metrics_exceptions_total{exception_type="RiskLimitError"}[1m])) > 0'),
        ("{span_errors: {name: A, span: order, ratio_above: 0.05, window: 1m, min_calls: 3}}", 'sum by (job, span_name) (rate(traces_span_metrics_calls_total{span_name="order", status_code="STATUS_CODE_ERROR"}[1m])) / sum by (job, span_name) (rate(traces_span_metrics_calls_total{span_name="order"}[1m])) > 0.05 and sum by (job, span_name) (increase(traces_span_metrics_calls_total{span_name="order"}[1m])) >= 3'),
        ("{span_latency: {name: A, span: decide, above: 250ms}}", 'histogram_quantile(0.99, sum by (le, job, span_name) (rate(traces_span_metrics_duration_seconds_bucket{span_name="decide"}[5m]))) > 0.25 and sum by (job, span_name) (increase(traces_span_metrics_duration_seconds_count{span_name="decide"}[5m])) >= 20'),
    ],
)  # fmt: skip
def test_spans_are_read_from_what_is_counted_of_them(alert: Callable[[str], Rule], entry: str, expression: str) -> None:
    """Calls, durations and exceptions; a type without its module."""
    assert expression == alert(entry).expression.text
