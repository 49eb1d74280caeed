"""The monitor: what is known, and who is told."""

import threading
from collections.abc import Callable

import pytest

from otel_agent import guard
from otel_agent.clock import ManualClock
from otel_agent.health.monitor import HealthMonitor
from otel_agent.health.registry import Check, CheckRegistry
from otel_agent.health.reports import DELIVERY, OVERALL, HealthChange, HealthReport, OutsideReadings
from otel_agent.health.states import HealthState
from otel_agent.health.thresholds import Threshold


class HandTurnedMonitor:
    """A monitor with everything around it turned by hand."""

    def __init__(self, *thresholds: Threshold) -> None:
        self.clock = ManualClock()
        self.registry = CheckRegistry(self.clock)
        self.changes: list[HealthChange] = []
        self.readings: dict[str, float] | None = None
        self.trouble: str | None = None
        self.monitor = HealthMonitor(
            self.registry,
            thresholds,
            lambda: OutsideReadings(self.readings or {}, is_delivering=True, delivery_trouble=self.trouble),
            self.changes.append,
            clock=self.clock,
        )

    def check(self, name: str, function: Callable[[], object], *, critical: bool = False) -> None:
        """Declare a check that is due with every round."""
        self.registry.add(Check(name, function, critical, interval_s=0.5, failure_threshold=1))

    def turn(self, seconds: float = 1.0) -> HealthReport:
        """Let time pass, and every check answer."""
        self.clock.advance(seconds)
        self.monitor.tick()
        for thread in threading.enumerate():
            if thread.name.startswith("otel-agent-check-"):
                thread.join(10)
        self.monitor.tick()
        return self.monitor.report()

    def told(self) -> list[tuple[str, str, str]]:
        """Names and states of the changes since the last call."""
        found = [(change.name, change.before.value, change.after.value) for change in self.changes]
        self.changes.clear()
        return found


def test_the_agent_is_ready_when_it_is_set_up_and_nothing_critical_is_wrong() -> None:
    """Started, judged, and draining at the end."""
    watch = HandTurnedMonitor()
    watch.check("broker", lambda: None, critical=True)

    assert not watch.monitor.report().is_ready

    watch.monitor.started()

    assert HealthState.UNKNOWN is watch.monitor.report().state
    assert not watch.monitor.report().is_ready
    assert watch.turn().is_ready

    watch.monitor.drain()
    report = watch.monitor.report()

    assert (False, True, True, HealthState.HEALTHY) == (
        report.is_ready,
        report.is_live,
        report.is_draining,
        report.state,
    )


@pytest.mark.parametrize(
    ("critical", "state", "is_ready"), [(True, HealthState.UNHEALTHY, False), (False, HealthState.DEGRADED, True)]
)
def test_only_what_is_critical_takes_the_agent_out_of_service(
    critical: bool, state: HealthState, is_ready: bool
) -> None:
    """And neither says that a restart would help."""
    watch = HandTurnedMonitor()
    watch.monitor.started()
    answers = [None, False, None]
    watch.check("broker", lambda: answers[0], critical=critical)
    watch.turn()
    answers[0] = False
    report = watch.turn()

    assert (state, is_ready, True) == (report.state, report.is_ready, report.is_live)


def test_each_change_is_told_once() -> None:
    """The component's and the whole's, with the reason."""
    watch = HandTurnedMonitor()
    watch.monitor.started()
    working = threading.Event()
    working.set()

    def broker() -> None:
        if not working.is_set():
            raise ConnectionError("refused")

    watch.check("broker", broker, critical=True)
    watch.turn()
    watch.turn()

    assert [("broker", "unknown", "healthy"), ("overall", "unknown", "healthy")] == watch.told()

    working.clear()
    watch.turn()
    message = watch.changes[0].message
    watch.turn()

    assert [("broker", "healthy", "unhealthy"), (OVERALL, "healthy", "unhealthy")] == watch.told()
    assert "ConnectionError: refused" == message

    working.set()
    watch.turn()

    assert [("broker", "unhealthy", "healthy"), (OVERALL, "unhealthy", "healthy")] == watch.told()


def test_memory_must_be_short_for_a_while_before_it_counts() -> None:
    """91 % for 10 s leaves the agent ready, for 40 s it does not, 84 % restores it."""
    watch = HandTurnedMonitor(Threshold("memory", 0.9, 0.85, hold_s=30.0))
    watch.monitor.started()

    def hold(value: float, seconds: int) -> bool:
        watch.readings = {"memory": value, "disk": 0.99}
        for _ in range(seconds):
            report = watch.turn()
        return report.is_ready

    assert hold(0.5, 2)
    assert hold(0.91, 10)
    assert hold(0.5, 1)
    assert not hold(0.91, 40)
    assert HealthState.DEGRADED is watch.monitor.report().state
    assert not hold(0.86, 5)
    assert hold(0.84, 1)
    assert [
        ("memory", "healthy", "degraded"),
        (OVERALL, "healthy", "degraded"),
        ("memory", "degraded", "healthy"),
        (OVERALL, "degraded", "healthy"),
    ] == watch.told()


def test_trouble_with_the_delivery_degrades_and_no_more() -> None:
    """Telemetry must not take the agent out of service."""
    watch = HandTurnedMonitor()
    watch.monitor.started()
    watch.turn()
    watch.trouble = "nobody listens on 127.0.0.1:4318"
    report = watch.turn()

    assert (HealthState.DEGRADED, True, True) == (report.state, report.is_ready, report.is_live)
    assert (HealthState.DEGRADED, "nobody listens on 127.0.0.1:4318") == report.states()[DELIVERY]

    watch.trouble = None

    assert HealthState.HEALTHY is watch.turn().state


def test_a_silent_heartbeat_means_that_a_restart_would_help() -> None:
    """Only when it is critical; one that beats again is alive."""
    watch = HandTurnedMonitor()
    watch.monitor.started()
    main = watch.registry.heartbeat("main loop", within_s=10)
    extra = watch.registry.heartbeat("extra loop", within_s=10, critical=False)
    main()
    extra()
    watch.turn(8)
    main()
    report = watch.turn(8)

    assert (True, HealthState.DEGRADED) == (report.is_live, report.state)

    report = watch.turn(8)

    assert (False, False, HealthState.UNHEALTHY) == (report.is_live, report.is_ready, report.state)

    main()
    extra()

    assert watch.monitor.report().is_live

    main.stop()
    extra.stop()

    assert HealthState.HEALTHY is watch.turn(99).state

    main()
    extra()

    assert not watch.turn(99).is_live
    assert ("main loop", "healthy", "unhealthy") in watch.told()


def test_a_heartbeat_that_has_never_beaten_counts_from_the_end_of_the_set_up() -> None:
    """A long start is no sign of death; a loop that never begins is."""
    watch = HandTurnedMonitor()
    watch.registry.heartbeat("main loop", within_s=10)

    assert watch.turn(60).is_live

    watch.monitor.started()

    assert watch.turn(9).is_live
    assert not watch.turn(9).is_live


def test_what_is_not_judged_any_more_is_unknown() -> None:
    """When the monitor's thread stops, a critical check's last success wears off."""
    watch = HandTurnedMonitor()
    watch.monitor.started()
    watch.check("broker", lambda: None, critical=True)

    assert watch.turn().is_ready

    watch.clock.advance(60)
    report = watch.monitor.report()

    assert (HealthState.UNKNOWN, False, True) == (report.state, report.is_ready, report.is_live)


def test_a_forked_child_knows_nothing_of_its_parents_checks() -> None:
    """Nobody watches there."""
    watch = HandTurnedMonitor(Threshold("memory", 0.9, 0.85, hold_s=30.0))
    watch.check("broker", lambda: None)
    watch.turn()
    watch.monitor.reinit_after_fork()
    report = watch.monitor.report()

    assert ([], []) == (list(report.components), list(report.thresholds))


def test_the_thread_survives_a_round_that_fails_and_ends_when_asked() -> None:
    """Start and close are safe twice."""
    rounds = threading.Semaphore(0)

    def broken() -> None:
        rounds.release()
        raise ValueError("broken")

    before = guard.shared.counts().get("health.tick", 0)
    monitor = HealthMonitor(CheckRegistry(), on_tick=broken)
    monitor.close()
    monitor.start()
    monitor.start()

    assert rounds.acquire(timeout=10)
    assert rounds.acquire(timeout=10)

    monitor.close()
    monitor.close()

    assert guard.shared.counts()["health.tick"] >= before + 2
    assert [] == [thread.name for thread in threading.enumerate() if thread.name == "otel-agent-health"]


def test_cpu_above_its_threshold_is_degraded_and_ready_unless_asked_for_more() -> None:
    """Memory and disk take the agent out of service."""
    watch = HandTurnedMonitor(Threshold("cpu", 0.9, 0.85, 0.0, is_gating=False), Threshold("memory", 0.9, 0.85, 0.0))
    watch.monitor.started()
    watch.readings = {"cpu": 0.99, "memory": 0.5}
    busy = watch.turn()
    watch.readings = {"cpu": 0.1, "memory": 0.99}
    full = watch.turn()

    assert ("degraded", True) == (busy.state.value, busy.is_ready)
    assert ("degraded", False) == (full.state.value, full.is_ready)


def test_a_threshold_that_cannot_be_read_is_unknown_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """It degrades the whole, and takes nothing out of service; the others are judged on."""
    watch = HandTurnedMonitor(Threshold("memory", 0.9, 0.85, 0.0), Threshold("disk", 0.9, 0.85, 0.0))
    watch.monitor.started()
    watch.readings = {"disk": 0.5}
    for _ in range(4):
        report = watch.turn()

    assert {"memory": "unknown", "disk": "healthy", "overall": "degraded"} == {
        name: state.value for name, (state, _) in report.states().items() if name != "delivery"
    }
    assert report.is_ready
    assert any("memory of the machine cannot be read" in line for line in caplog.messages)
    watch.readings = {"disk": 0.99, "memory": 0.5}
    assert not watch.turn().is_ready
