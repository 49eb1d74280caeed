"""The judge evaluates in time, remembers over a restart, and is disturbed by nobody."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from alert_settings import alert_settings
from waiting import until

from otel_agent import guard
from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.loading import load_rules
from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.rules.files import read_text
from otel_agent.alerts.states import Alert, Transition
from otel_agent.clock import ManualClock
from otel_agent.series.store import Store

T0_S = 1_700_000_000.0
RULES = """
groups:
  - name: g
    interval: 15s
    rules:
      - {record: doubled, expr: x * 2}
      - {alert: High, expr: doubled > 10, for: 30s, labels: {severity: warning}}
"""


def engine(store: Store, clock: ManualClock, text: str = RULES, **more: object) -> AlertEngine:
    """Rules over a store."""
    rules = read_text(text)
    assert () == rules.problems
    return AlertEngine(rules.groups, store, clock=clock, **more)  # type: ignore[arg-type]


def pushed(store: Store, clock: ManualClock, value: float) -> None:
    """A point of x now."""
    store.append({"__name__": "x"}, clock.wall_ns() // 1_000_000, value)


def fired(store: Store, clock: ManualClock, **more: object) -> AlertEngine:
    """The same, evaluated until the alert fires."""
    alerts = engine(store, clock, RULES, **more)
    for _ in range(4):
        pushed(store, clock, 7.0)
        alerts.evaluate()
        clock.advance(15)
    return alerts


def test_rules_of_a_group_are_evaluated_in_order() -> None:
    """An alert sees what a rule before it recorded at the same moment."""
    store, clock = Store(), ManualClock()
    alerts = engine(store, clock)
    pushed(store, clock, 7.0)
    alerts.evaluate()

    assert [("High", "pending", 14.0)] == [(a.rule_name, a.state.value, a.value) for a in alerts.active()]


def test_evaluations_lie_on_a_fixed_grid_and_missed_ones_are_counted() -> None:
    """Moments are fifteen seconds apart wherever the clock is asked, and one long sleep is one evaluation."""
    store, clock = Store(), ManualClock()
    alerts = engine(store, clock, "groups: [{name: g, interval: 15s, rules: [{record: at, expr: time()}]}]")
    for _ in range(60):
        alerts.tick()
        clock.advance(1)
    clock.advance(100)
    alerts.tick()
    values = [series.points.window(0, 1 << 60).values for series in store]
    steps = [b - a for a, b in zip(values[0], values[0][1:], strict=False)]  # type: ignore[operator]

    assert [15.0, 15.0, 15.0] == steps[:3]
    assert steps[3] % 15 == 0
    assert 6 == alerts.status()["missed"]


def test_a_clock_that_is_set_back_does_not_stop_judging() -> None:
    """After the wall clock jumps back an hour the next moment is planned anew."""
    store, clock = Store(), ManualClock()
    alerts = engine(store, clock)
    alerts.tick()
    clock.advance(20)
    alerts.tick()
    clock.jump_wall(-3600)
    before = alerts.status()["evaluations"]
    for _ in range(20):
        clock.advance(1)
        alerts.tick()

    assert alerts.status()["evaluations"] > before


def test_a_callback_that_raises_or_asks_the_engine_harms_nobody() -> None:
    """Callbacks run without a lock, and what one raises does not keep the next from hearing."""
    store, clock = Store(), ManualClock()
    alerts = engine(store, clock)
    heard: list[tuple[Transition, list[Alert]]] = []

    def broken(_: Transition) -> None:
        raise RuntimeError("foreign")

    alerts.on_change(broken)
    alerts.on_change(lambda transition: heard.append((transition, alerts.active())))
    pushed(store, clock, 7.0)
    alerts.evaluate()

    assert 1 == len(heard)
    assert guard.shared.counts()["alerts.callback"] >= 1


def test_what_cannot_be_called_and_moments_that_are_none_are_refused() -> None:
    """Where they are given, with the argument's name."""
    alerts: Any = AlertEngine((), Store())

    with pytest.raises(TypeError, match="on_change: callback must be something that can be called, not 5"):
        alerts.on_change(5)
    with pytest.raises(TypeError, match="on_acknowledge: callback must be"):
        alerts.on_acknowledge(None)
    with pytest.raises(TypeError, match="evaluate: at_s must be a number of seconds, not 'now'"):
        alerts.evaluate("now")
    with pytest.raises(TypeError, match="acknowledge: until_s must be a number of seconds, not 'noon'"):
        alerts.acknowledge("Slow", by="me", until_s="noon")


def test_an_event_is_judged_at_once_but_at_most_once_a_second() -> None:
    """Waking a group evaluates it at the next tick, refreshes the counters before, and not twice within a second."""
    store, clock = Store(), ManualClock()
    refreshed: list[int] = []
    alerts = engine(store, clock, refresh=refreshed.append)
    alerts.tick()
    clock.advance(2)
    for _ in range(5):
        alerts.wake("g")
        alerts.tick()
        clock.advance(0.1)

    assert 1 == alerts.status()["evaluations"] == len(refreshed)
    clock.advance(1)
    alerts.tick()
    assert 2 == alerts.status()["evaluations"]


def test_the_thread_judges_by_itself_and_stops() -> None:
    """Started, it evaluates when woken; closed, its thread is gone; both can be done twice."""
    store = Store()
    alerts = AlertEngine(read_text("groups: [{name: g, rules: [{alert: A, expr: vector(1)}]}]").groups, store)
    heard: list[Transition] = []
    alerts.on_change(heard.append)
    alerts.start()
    alerts.start()
    alerts.wake("g")
    is_heard = until(lambda: heard)
    alerts.close()
    alerts.close()

    assert is_heard
    assert "otel-agent-alerts" not in [thread.name for thread in threading.enumerate()]


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """Firing alerts and acknowledgements come back from the state file, and the end of the alert is told."""
    store, clock, path = Store(), ManualClock(), tmp_path / "state" / "alerts.json"
    first = fired(store, clock, state_file=path)
    first.acknowledge("High", by="ana", comment="on it")
    first.close()
    clock.advance(60)
    second = engine(Store(), clock, state_file=path)
    active = second.active()
    heard: list[Transition] = []
    second.on_change(heard.append)
    clock.advance(601)
    covering = second.acknowledgement(active[0])
    second.evaluate()

    assert ["firing"] == [alert.state.value for alert in active]
    assert covering is not None
    assert "ana" == covering.by
    assert [("firing", "inactive")] == [(one.before.value, one.after.value) for one in heard]
    assert 0o600 == path.stat().st_mode & 0o777


def test_rules_that_are_corrected_go_on_as_they_stand() -> None:
    """A firing alert keeps its beginning and who takes care of it while its expression and texts are written anew."""
    store, clock = Store(), ManualClock()
    alerts = fired(store, clock)
    alerts.acknowledge("High", by="ana")
    (before,) = alerts.active()
    heard: list[Transition] = []
    alerts.on_change(heard.append)
    corrected = RULES.replace(
        "doubled > 10, for: 30s", "doubled > 12, for: 10m, annotations: {summary: '{{ $value }}'}"
    )
    alerts.replace(read_text("# moved by a line" + corrected).groups)
    pushed(store, clock, 8.0)
    alerts.evaluate()
    (after,) = alerts.active()

    assert ("firing", before.active_at_ms, before.fired_at_ms) == (
        after.state.value,
        after.active_at_ms,
        after.fired_at_ms,
    )
    assert "16" == after.annotations["summary"]
    assert alerts.acknowledgement(after) is not None
    assert [] == heard


@pytest.mark.parametrize(
    "text",
    [
        "groups: []",
        "groups: [{name: g, interval: 15s, rules: [{record: doubled, expr: x * 2}]}]",
        RULES.replace("severity: warning", "severity: critical"),
    ],
    ids=["its group is gone", "it is gone", "its labels are others"],
)
def test_an_alert_whose_rule_is_gone_ends_and_that_is_told(text: str) -> None:
    """Whoever was told of it hears of its end, and its series ends with it."""
    store, clock = Store(), ManualClock()
    alerts = fired(store, clock)
    heard: list[Transition] = []
    alerts.on_change(heard.append)
    alerts.replace(read_text(text).groups)
    alerts.evaluate()
    (rule,) = (
        read_text("groups: [{name: q, rules: [{record: still, expr: 'ALERTS{alertstate=\"firing\"}'}]}]")
        .groups[0]
        .rules
    )
    left = evaluate(rule.expression, Context(store, clock.wall_ns() // 1_000_000))

    assert [("warning", "firing", "inactive")] == [
        (one.alert.severity, one.before.value, one.after.value) for one in heard if one.before.value == "firing"
    ]
    assert [] == left


def test_rules_that_come_later_are_judged_by_a_thread_that_was_begun_without_any() -> None:
    """An empty file at the start is no reason to judge nothing for ever."""
    alerts = AlertEngine((), Store())
    heard: list[Transition] = []
    alerts.on_change(heard.append)
    alerts.start()
    alerts.replace(read_text("groups: [{name: g, interval: 1s, rules: [{alert: A, expr: vector(1)}]}]").groups)
    is_heard = until(lambda: heard)
    alerts.close()

    assert is_heard


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', json.dumps({"version": 1, "alerts": 3})])
def test_a_state_file_that_is_broken_counts_as_none(tmp_path: Path, content: str) -> None:
    """Judging begins anew, and the next save makes a good file."""
    path = tmp_path / "alerts.json"
    path.write_text(content)
    alerts = engine(Store(), ManualClock(), state_file=path)
    alerts.close()

    assert 1 == json.loads(path.read_text())["version"]


@pytest.mark.parametrize(("policy", "expected"), [("ok", []), ("alert", ["HighNoData"]), ("keep", ["High"])])
def test_no_data_does_what_the_rule_says(tmp_path: Path, policy: str, expected: list[str]) -> None:
    """When nothing is there to judge, an alert ends, is replaced by one of its own, or stays as it was."""
    (tmp_path / "r.yml").write_text("groups: [{name: g, interval: 15s, rules: [{alert: High, expr: x > 5}]}]")
    rules = load_rules(alert_settings(rule_files=[str(tmp_path / "r.yml")], overrides={"High": {"no_data": policy}}))
    store, clock = Store(), ManualClock()
    alerts = AlertEngine(rules.groups, store, clock=clock)
    pushed(store, clock, 7.0)
    alerts.evaluate()
    before = [alert.labels.get("alertname") for alert in alerts.active()]
    clock.advance(400)
    alerts.evaluate()

    assert (["High"], expected) == (before, [alert.labels.get("alertname") for alert in alerts.active()])


@pytest.mark.parametrize(("policy", "expected"), [("ok", []), ("alert", ["Odd", "OddError"]), ("keep", ["Odd"])])
def test_an_error_does_what_the_rule_says(tmp_path: Path, policy: str, expected: list[str]) -> None:
    """When an expression has no answer, an alert ends, stays beside one of its own, or just stays."""
    (tmp_path / "r.yml").write_text("groups: [{name: g, interval: 15s, rules: [{alert: Odd, expr: x * on () y > 5}]}]")
    rules = load_rules(alert_settings(rule_files=[f"{tmp_path}/*.yml"], overrides={"Odd": {"on_error": policy}}))
    store, clock = Store(), ManualClock()
    alerts = AlertEngine(rules.groups, store, clock=clock)
    for hosts in ("a", "ab"):
        clock.advance(15)
        pushed(store, clock, 7.0)
        for host in hosts:
            store.append({"__name__": "y", "host": host}, clock.wall_ns() // 1_000_000, 1.0)
        alerts.evaluate()

    assert expected == sorted(alert.labels.get("alertname") for alert in alerts.active())


def test_status_and_observations_tell_what_there_is() -> None:
    """The status names firing and failing rules; each rule has one point of value 1 among its three states."""
    store, clock = Store(), ManualClock()
    text = "groups: [{name: g, rules: [{alert: A, expr: vector(1)}, {alert: B, expr: x}, {alert: C, expr: 'x * on () x'}]}]"
    alerts = engine(store, clock, text)
    for host in "ab":
        store.append({"__name__": "x", "host": host}, clock.wall_ns() // 1_000_000, 0.0)
    store.append({"__name__": "x", "host": "a"}, clock.wall_ns() // 1_000_000, 0.0)
    alerts.evaluate()
    status = alerts.status()
    points = {(a["alert.rule.name"], a["agent.alert.state"]): value for value, a in alerts.observations()}

    assert ["A", "B"] == status["firing"]
    assert ["C"] == list(status["failing"])
    assert {("A", "firing"), ("B", "firing"), ("C", "inactive")} == {key for key, value in points.items() if value}
    assert 9 == len(points)


def test_alerts_do_not_crowd_out_what_they_watch() -> None:
    """A rule with thousands of alerts writes at most a bounded number of series, and takes them away again."""
    store, clock = Store(series_limit=6_000), ManualClock()
    alerts = engine(
        store, clock, "groups: [{name: g, interval: 15s, rules: [{alert: A, expr: x > 0}]}]", budget_s=3600.0
    )
    for number in range(3000):
        store.append({"__name__": "x", "n": str(number)}, clock.wall_ns() // 1_000_000, 1.0)
    alerts.evaluate()
    crowded = len(store)
    for _ in range(3):
        clock.advance(3000)
        alerts.evaluate()

    assert (4000, 3000) == (crowded, len(store))


def test_an_alert_carries_the_trace_that_shows_it() -> None:
    """Trace ids are asked for when an alert becomes active, and stay with it."""
    store, clock = Store(), ManualClock()
    alerts = engine(store, clock, trace_ids=lambda alert: ("ab" * 16,) if alert.rule_name == "High" else ())
    for _ in range(3):
        pushed(store, clock, 7.0)
        transitions = alerts.evaluate()
        clock.advance(15)

    assert [("ab" * 16,)] == [one.alert.trace_ids for one in transitions]
    assert [("ab" * 16,)] == [alert.trace_ids for alert in alerts.active()]
