"""Values that are too high, too low or missing, and caches that miss too often, as PromQL."""

from collections.abc import Callable

import pytest

from otel_agent.alerts.rules.model import Rule


def test_a_threshold_knows_the_name_prometheus_shows(alert: Callable[[str], Rule]) -> None:
    """The catalogue's metric gets its suffix, where its labels, and clear_below hysteresis that promtool accepts."""
    rule = alert("{threshold: {name: Hot, metric: system.memory.utilization, where: {system.memory.state: used}, above: 0.9, clear_below: 0.85, hold: 1m, severity: critical, message: full}}")  # fmt: skip

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
        ("{absent: {name: A, metric: http.server.duration, kind: histogram, hold: 1m}}", "absent(increase(http_server_duration_count[1m]) > 0)"),
        ("{threshold: {name: A, metric: x, below: 1, clear_above: 2, labels: {a: b}}}", 'x < 1 or (x < 2 and ignoring (alertname, alertstate, severity, a) ALERTS{alertname="A", alertstate="firing"} == 1)'),
        ("{absent: {name: A, metric: system.memory.usage}}", "absent(system_memory_usage_bytes)"),
    ],
)  # fmt: skip
def test_shorthand_compiles_to_promql(alert: Callable[[str], Rule], entry: str, expression: str) -> None:
    """Each kind of metric is read in the way its kind asks for."""
    assert expression == alert(entry).expression.text


def test_a_cache_is_silent_while_it_is_hardly_asked(alert: Callable[[str], Rule]) -> None:
    """The share of hits is one minus that of misses, over enough lookups."""
    text = alert("{cache_hit_rate: {name: Cold, cache: quotes, below: 0.5, min_lookups: 10}}").expression.text

    assert 'agent_cache_requests_total{agent_cache_name="quotes", agent_cache_result="miss"}[5m]' in text
    assert "< 0.5" in text
    assert text.endswith(">= 10")


@pytest.mark.parametrize(
    ("entry", "texts"),
    [
        (
            "threshold: {name: A, metric: system.memory.utilization, above: 0.9, clear_below: 0.85}",
            {
                0.912: "system.memory.utilization is 91.2%, above 90%",
                0.87: "system.memory.utilization is 87%, not yet below 85%",
                0.5: "system.memory.utilization is 50%, back below 85%",
            },
        ),
        (
            "threshold: {name: A, metric: app.depth, below: 0.05}",
            {0.031: "app.depth is 0.031, below 0.05", 12345.0: "app.depth is 12.35k, no longer below 0.05"},
        ),
        (
            "threshold: {name: A, metric: orders, kind: counter, above: 3}",
            {4.5: "orders grows by 4.5 a second, above 3"},
        ),
        (
            "threshold: {name: A, metric: process.memory.usage, above: 1.5e+9}",
            {3.0e9: "process.memory.usage is 2.794GiB, above 1.397GiB"},
        ),
        ("threshold: {name: A, metric: app.age, unit: s, above: 90}", {125.0: "app.age is 2m 5s, above 1m 30s"}),
    ],
)
def test_texts_are_read_by_people(alert: Callable[[str], Rule], entry: str, texts: dict[float, str]) -> None:
    """Shares as percent, no thousandths by letter, units of time and memory, and what a value means for the alert."""
    summary = alert(entry).annotations["summary"]

    assert texts == {value: summary.render({}, value) for value in texts}
