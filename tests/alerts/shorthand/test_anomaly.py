"""Values unlike those of the past, as PromQL."""

import pytest
from alert_settings import alert_settings

from otel_agent.alerts.shorthand.compiling import compile_rules


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("agent.gc.pause.duration", "rate(agent_gc_pause_duration_seconds_sum[15s]) / rate(agent_gc_pause_duration_seconds_count[15s])"),
        ("agent.cache.requests", "rate(agent_cache_requests_total[15s])"),
        ("latency", "avg_over_time(latency[15s])"),
    ],
)  # fmt: skip
def test_the_logarithm_of_a_value_is_recorded(metric: str, value: str) -> None:
    """As each kind of metric asks for; four series come before the alert."""
    entry = {"anomaly": {"name": "Odd", "metric": metric, "window": "15s"}}
    rules = compile_rules(alert_settings(rules=[entry]).rules).rules

    assert ["anomaly:Odd:log", "anomaly:Odd:median", "anomaly:Odd:distance", "anomaly:Odd:spread", "Odd"] == [
        rule.name for rule in rules
    ]
    assert f"ln(({value}) > 0)" == rules[0].expression.text


@pytest.mark.parametrize(
    ("direction", "away"),
    [
        ("both", "anomaly:Odd:distance / "),
        ("above", "(anomaly:Odd:log - anomaly:Odd:median) / "),
        ("below", "(anomaly:Odd:median - anomaly:Odd:log) / "),
    ],
)
def test_a_direction_chooses_the_side_that_counts(direction: str, away: str) -> None:
    """Several odd values in a row are needed, a quarter of a minute apart."""
    entry = {"anomaly": {"name": "Odd", "metric": "x", "direction": direction, "in_a_row": 4}}
    alert = compile_rules(alert_settings(rules=[entry]).rules).rules[-1]

    assert alert.expression.text.startswith(f"{away}clamp_min(anomaly:Odd:spread, 0.05) > 3.5")
    assert 45.0 == alert.hold_s
