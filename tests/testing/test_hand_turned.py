"""A clock turned by hand moves what is recorded, what caches keep, and what rules are judged by; deadlines keep the machine's."""

import time
from typing import Any

from opentelemetry import metrics

import otel_agent
from otel_agent.testing import ManualClock, recorded
from otel_agent.testing.hand_turned import RuleClock, turned_by


@otel_agent.timed
def counted(clock: ManualClock) -> None:
    """Take three seconds."""
    clock.advance(3)


@otel_agent.traced
def decide(clock: ManualClock) -> None:
    """Take a quarter of a second."""
    clock.advance(0.25)


def test_spans_and_durations_are_as_long_as_the_clock_was_turned() -> None:
    """Of decorated functions and of blocks, which begin when the clock says."""
    clock = ManualClock()
    with recorded(clock=clock) as telemetry:
        with otel_agent.span("day"):
            clock.advance(90)
            decide(clock)
        counted(clock)
        day, inner = telemetry.find("day"), telemetry.find("decide")
        points = {
            attributes["code.function.name"]: value
            for attributes, value in telemetry.metrics["agent.function.duration"]
        }

    assert day is not None
    assert inner is not None
    assert (90.25, 0.25) == (day["duration_s"], inner["duration_s"])
    assert 1_700_000_000 * 10**9 == day["start_ns"]
    assert (1, 3.0) == points[f"{__name__}.counted"]


def test_entries_of_caches_grow_old_with_the_clock() -> None:
    """An entry is loaded again when it is older than `ttl_s`, also where the function was decorated before."""
    calls = []

    @otel_agent.cached(ttl_s=60)
    def price(symbol: str) -> int:
        calls.append(symbol)
        return len(calls)

    clock = ManualClock()
    with recorded(clock=clock):
        found = [price("ACME")]
        clock.advance(59)
        found.append(price("ACME"))
        clock.advance(2)
        found.append(price("ACME"))

    assert [1, 1, 2] == found


RULES = [
    {"threshold": {"name": "Deep", "metric": "queue.depth", "above": 3, "hold": "5m"}},
    {"exception": {"name": "Refused", "type": "ValueError"}},
]


def test_an_alert_fires_when_the_clock_has_been_turned_past_its_hold() -> None:
    """Pending before, firing after, and judged by what was collected last."""
    clock = ManualClock()
    with recorded(clock=clock, alerts=RULES) as telemetry:
        agent = telemetry.telemetry
        assert agent is not None
        depth = otel_metrics().create_gauge("queue.depth")
        states = []
        for value, seconds in ((9, 0), (9, 299), (9, 2), (1, 1)):
            clock.advance(seconds)
            depth.set(value)
            agent.flush(5)
            agent.alerts.evaluate()
            states.append([(alert.rule_name, alert.state.value) for alert in agent.alerts.active()])

    assert [[("Deep", "pending")], [("Deep", "pending")], [("Deep", "firing")]] == states[:3]
    assert ("Deep", "firing") not in states[3]


def otel_metrics() -> Any:
    """A meter of the API."""
    return metrics.get_meter("desk")


def test_the_recent_past_is_asked_by_the_clock() -> None:
    """A minute of the clock is a minute of the answer."""
    clock = ManualClock()
    with recorded(clock=clock) as telemetry:
        agent = telemetry.telemetry
        assert agent is not None
        orders = otel_metrics().create_counter("orders")
        for count in (0, 60, 120):
            orders.add(count)
            agent.flush(5)
            clock.advance(60)
        rate = [value for _, value in agent.query("increase(orders_total[3m])")]

    assert 1 == len(rate)
    assert rate[0] > 100


def test_the_machines_time_comes_back() -> None:
    """After the block nothing knows the clock any more, also when the block was left by an exception."""
    with turned_by(ManualClock()), otel_agent.span("x"):
        pass
    with recorded() as telemetry, otel_agent.span("after"):
        pass

    after = telemetry.find("after")
    assert after is not None
    assert abs(after["start_ns"] / 1e9 - time.time()) < 600


def test_collections_at_one_moment_are_told_apart() -> None:
    """Each is a millisecond later than the one before, and rules are judged no earlier than the newest."""
    clock = ManualClock(1_000.0)
    rules = RuleClock(clock)

    assert [1_000_000, 1_000_001, 1_000_002] == [rules.stamp_ms() for _ in range(3)]
    assert 1_000_002 * 10**6 == rules.wall_ns()
    clock.advance(1)
    assert 1_001_000 == rules.stamp_ms()


def test_a_threshold_with_a_hold_of_a_second_fires_within_three() -> None:
    """It is read and judged every second."""
    clock = ManualClock()
    rule = {"threshold": {"name": "Deep", "metric": "queue.depth", "above": 3, "hold": "1s"}}
    with recorded(clock=clock, alerts=[rule]) as telemetry:
        agent = telemetry.telemetry
        assert agent is not None
        otel_metrics().create_gauge("queue.depth").set(7)
        seconds = 0
        while seconds < 10 and not any(alert.state.value == "firing" for alert in agent.alerts.active()):
            clock.advance(1)
            agent.collect()
            agent.alerts.tick()
            seconds += 1

    assert seconds <= 3
