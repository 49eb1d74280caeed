"""Hours of an agent's life in seconds: what is healthy stays quiet, what is broken is found in time."""

import random
from collections.abc import Mapping

import pytest
from alert_settings import alert_settings

from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.states import Transition
from otel_agent.clock import ManualClock
from otel_agent.series.labels import Labels
from otel_agent.series.store import Store

CALLS = {"__name__": "traces_span_metrics_calls_total", "job": "j", "span_name": "decide"}
GOOD = Labels({**CALLS, "status_code": "STATUS_CODE_UNSET"})
BAD = Labels({**CALLS, "status_code": "STATUS_CODE_ERROR"})


class Life:
    """A service at one call a second, judged every fifteen."""

    def __init__(self, entry: Mapping[str, object], seed: int = 1) -> None:
        self.clock, self.store = ManualClock(), Store()
        rules = load_rules(alert_settings(rules=[entry]))
        assert () == rules.problems
        self.alerts = AlertEngine(rules.groups, self.store, clock=self.clock, budget_s=10)
        self.fired: list[tuple[float, str]] = []
        self.alerts.on_change(self._changed)
        self.second = 0
        self._counts = {GOOD: 0, BAD: 0}
        self._random = random.Random(seed)

    def _changed(self, transition: Transition) -> None:
        if transition.after.value == "firing":
            self.fired.append((self.second, transition.alert.labels.get("alertname")))

    def live(self, seconds: int, error_share: float) -> None:
        """Let time pass."""
        for _ in range(seconds):
            self.second += 1
            self.clock.advance(1)
            self._counts[BAD if self._random.random() < error_share else GOOD] += 1
            if self.second % 5 == 0:
                at_ms = self.clock.wall_ns() // 1_000_000
                for labels, count in self._counts.items():
                    self.store.append(labels, at_ms, float(count), is_counter=True)
            if self.second % 15 == 0:
                self.alerts.evaluate()


def detection_s(error_share: float, budget: float = 0.001) -> float:
    """When a burn rate of 14.4 over an hour is passed, by arithmetic: all of the long window's burn comes from the fault."""
    return 3600 * 14.4 * budget / error_share


BURN = {"burn_rate": {"name": "SLO", "objective": 99.9, "period": "30d", "span": "decide"}}


def test_a_healthy_day_has_no_page() -> None:
    """26 hours at half the objective's error rate: nothing fires, though more than forty errors happen."""
    life = Life(BURN)
    life.live(26 * 3600, 0.0005)

    assert [] == life.fired


@pytest.mark.parametrize("error_share", [0.05, 0.2, 1.0])
def test_a_fault_is_found_when_arithmetic_says(error_share: float) -> None:
    """After two healthy hours, a fault pages within 10 % (and the minute the calls' chance needs) of the computed time."""
    found = []
    for seed in range(3):
        life = Life(BURN, seed)
        life.live(7200, 0.0)
        life.live(round(detection_s(error_share) * 2) + 120, error_share)
        found.append(next(second - 7200 for second, name in life.fired if name == "SLO"))
    middle = sorted(found)[1]

    assert detection_s(error_share) * 0.9 - 15 <= middle <= detection_s(error_share) * 1.1 + 60


def test_a_young_process_is_not_judged_by_windows_it_has_not_lived() -> None:
    """Ten minutes after the start a burst of errors does not page by an hour's rule."""
    life = Life(BURN)
    life.live(600, 0.05)

    assert [] == life.fired


def test_lognormal_latencies_are_not_odd_and_a_jump_is() -> None:
    """Hours of skewed latencies give no alert; ten times as long for a minute gives one."""
    clock, store = ManualClock(), Store()
    rules = load_rules(alert_settings(rules=[{"anomaly": {"name": "Odd", "metric": "latency", "window": "15s"}}]))
    alerts = AlertEngine(rules.groups, store, clock=clock)
    fired: list[int] = []
    generator = random.Random(3)
    minute = 0
    alerts.on_change(lambda transition: fired.append(minute) if transition.after.value == "firing" else None)
    for step in range(4 * 60 * 4):
        minute = step // 4
        clock.advance(15)
        value = generator.lognormvariate(-3, 0.5) * (10 if 230 <= minute < 233 else 1)
        store.append({"__name__": "latency"}, clock.wall_ns() // 1_000_000, value)
        alerts.evaluate()

    assert fired
    assert all(230 <= at < 233 for at in fired)
