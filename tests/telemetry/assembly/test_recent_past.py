"""The recent past, asked in PromQL."""

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent.clock import wall_ns
from otel_agent.errors import RuleError
from otel_agent.telemetry.assembly.recent_past import RecentPast


@pytest.fixture
def collection() -> Any:
    """One of the SDK's, with a counter and a histogram."""
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("agent")
    orders = meter.create_counter("orders")
    orders.add(7, {"side": "buy"})
    orders.add(1, {"side": "sell"})
    meter.create_histogram("latency").record(0.5)
    return reader.get_metrics_data()


def now_ms() -> int:
    """A moment after every collection so far."""
    return wall_ns() // 1_000_000 + 1


def test_nothing_is_known_before_the_first_collection() -> None:
    """A question has no answer; one that cannot be understood is named."""
    past = RecentPast()

    assert [] == past.query("orders_total", now_ms())
    with pytest.raises(RuleError):
        past.query("sum(", now_ms())


def test_a_collection_can_be_asked_for(collection: Any) -> None:
    """Counters of whole numbers too, by their labels."""
    past = RecentPast()
    past.on_collect(collection)

    assert [("buy", 7.0)] == [
        (labels["side"], value) for labels, value in past.query('orders_total{side="buy"}', now_ms())
    ]
    assert [8.0] == [value for _, value in past.query("sum(orders_total)", now_ms())]


def test_what_has_no_answer_is_named(collection: Any) -> None:
    """With the expression."""
    past = RecentPast()
    past.on_collect(collection)
    with pytest.raises(RuleError, match="orders_total"):
        past.query("orders_total / on () orders_total", now_ms())


def test_a_forked_child_knows_nothing_of_its_parent(collection: Any) -> None:
    """Its own collections come."""
    past = RecentPast()
    past.on_collect(collection)
    past.reinit_after_fork()

    assert [] == past.query("orders_total", now_ms())
    past.on_collect(collection)
    assert 2 == len(past.query("orders_total", now_ms()))
