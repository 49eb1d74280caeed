"""From a metric as instruments name it to a selector."""

import pytest

from otel_agent.alerts.shorthand.metrics import watched
from otel_agent.config.sections.alert_rules import MetricRuleSettings
from otel_agent.series.naming import Naming


@pytest.mark.parametrize(
    ("settings", "kind", "selector"),
    [
        (MetricRuleSettings(name="A", metric="system.memory.usage"), "updowncounter", "system_memory_usage_bytes"),
        (MetricRuleSettings(name="A", metric="my.queue", unit="s"), "unknown", "my_queue_seconds"),
        (MetricRuleSettings(name="A", metric="orders_total"), "counter", "orders_total"),
        (
            MetricRuleSettings(name="A", metric="x", where={"a.b": 'c"d', "e": "~f.*"}),
            "unknown",
            'x{a_b="c\\"d", e=~"f.*"}',
        ),
    ],
)
def test_a_metric_becomes_a_selector(settings: MetricRuleSettings, kind: str, selector: str) -> None:
    """The catalogue knows kinds and units, a name without dots is Prometheus's own, attributes become conditions."""
    found = watched(settings, Naming.OTLP)

    assert (kind, selector) == (found.kind, found.selector())


def test_a_selector_takes_a_suffix_and_a_condition() -> None:
    """As histograms need them."""
    found = watched(MetricRuleSettings(name="A", metric="x", where={"a": "b"}), Naming.OTLP)

    assert 'x_count{a="b", le="1"}' == found.selector("_count", 'le="1"')
