"""Reports of health, and what has changed between two of them."""

import pytest

from otel_agent.health.reports import HealthChange, build_report, changes
from otel_agent.health.stalls import Stall
from otel_agent.health.states import HealthComponent, HealthState
from otel_agent.health.thresholds import Threshold

HEALTHY = HealthComponent("broker", is_critical=True, state=HealthState.HEALTHY)


@pytest.mark.parametrize(
    ("is_started", "is_draining", "is_breached", "is_ready"),
    [(True, False, False, True), (False, False, False, False), (True, True, False, False), (True, False, True, False)],
)
def test_ready_is_started_and_not_draining_and_within_limits(
    is_started: bool, is_draining: bool, is_breached: bool, is_ready: bool
) -> None:
    """Each of them alone takes the agent out of service, and none of them says that it is dead."""
    memory = Threshold("memory", 0.9, 0.85, 30.0, is_breached=is_breached, value=0.95)
    report = build_report([HEALTHY], [memory], [], is_started=is_started, is_draining=is_draining)

    assert (is_ready, True) == (report.is_ready, report.is_live)


@pytest.mark.parametrize("is_critical", [True, False])
def test_only_a_critical_stall_says_that_a_restart_would_help(is_critical: bool) -> None:
    """A loop that does not matter may hang."""
    late = [Stall("loop", 12.0, is_critical=is_critical, stack=())]

    assert (not is_critical) is build_report([], [], late, is_started=True, is_draining=False).is_live


def test_states_name_components_thresholds_and_the_whole() -> None:
    """A breached threshold says how much is in use, and degrades a whole that is healthy otherwise."""
    memory = Threshold("memory", 0.9, 0.85, 30.0, is_breached=True, value=0.954)
    disk = Threshold("disk", 0.9, 0.85, 30.0, value=0.4)
    report = build_report([HEALTHY], [memory, disk], [], is_started=True, is_draining=False)

    assert {
        "broker": (HealthState.HEALTHY, ""),
        "memory": (HealthState.DEGRADED, "95% of memory in use"),
        "disk": (HealthState.HEALTHY, ""),
        "overall": (HealthState.DEGRADED, ""),
    } == report.states()


def test_a_change_is_a_state_that_differs() -> None:
    """What appears healthy or unknown is silent, what appears unhealthy is told, what stays is not."""
    before = {"broker": HealthState.HEALTHY, "feed": HealthState.HEALTHY}
    now = {
        "broker": (HealthState.UNHEALTHY, "refused"),
        "feed": (HealthState.HEALTHY, ""),
        "new": (HealthState.HEALTHY, ""),
        "unknown": (HealthState.UNKNOWN, ""),
        "broken": (HealthState.UNHEALTHY, "broken"),
    }

    assert [
        HealthChange("broker", HealthState.HEALTHY, HealthState.UNHEALTHY, "refused"),
        HealthChange("broken", HealthState.UNKNOWN, HealthState.UNHEALTHY, "broken"),
    ] == changes(before, now)
