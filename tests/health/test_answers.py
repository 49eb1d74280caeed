"""Answers to probes: status and body of each path, and who counts as this machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent.health.answers import PATHS, answer, describe, is_allowed_host, is_loopback
from otel_agent.health.reports import HealthReport, build_report
from otel_agent.health.stalls import Stall
from otel_agent.health.states import HealthComponent, HealthState
from otel_agent.health.thresholds import Threshold


def report_of(state: HealthState, **more: bool) -> HealthReport:
    """A report of an agent with one critical component."""
    component = HealthComponent("broker", is_critical=True, state=state, message="password=hunter2")
    return build_report(
        [component], [], [], is_started=more.get("is_started", True), is_draining=more.get("is_draining", False)
    )


@pytest.mark.parametrize(
    ("report", "statuses"),
    [
        (report_of(HealthState.HEALTHY), [200, 200, 200, 200]),
        (report_of(HealthState.HEALTHY, is_draining=True), [200, 503, 200, 200]),
        (report_of(HealthState.HEALTHY, is_started=False), [200, 503, 503, 200]),
        (report_of(HealthState.UNHEALTHY), [200, 503, 200, 503]),
        (report_of(HealthState.UNKNOWN), [200, 503, 200, 503]),
    ],
)
def test_each_path_has_a_condition_of_its_own(report: HealthReport, statuses: list[int]) -> None:
    """Alive, ready, started and healthy are four things."""
    assert ("/livez", "/readyz", "/startupz", "/healthz") == PATHS
    assert statuses == [answer(path, report, with_details=False)[0] for path in PATHS]


def test_without_details_a_body_is_one_word() -> None:
    """Whoever may not see more learns the state alone."""
    bodies = [answer(path, report_of(HealthState.UNHEALTHY), with_details=False)[1] for path in PATHS]

    assert [{"status": "ok"}, {"status": "failing"}, {"status": "ok"}, {"status": "unhealthy"}] == bodies


def test_a_description_has_every_part_by_name() -> None:
    """Components, thresholds and stalls as plain values, their texts redacted."""
    report = build_report(
        [
            HealthComponent(
                "broker", state=HealthState.UNHEALTHY, message="password=hunter2", failures=3, duration_s=0.12345678
            )
        ],
        [Threshold("memory", 0.9, 0.85, 30.0, value=0.5)],
        [Stall("main loop", 12.3456, is_critical=False, stack=("agent.py:7 in decide",))],
        is_started=True,
        is_draining=False,
    )

    assert {
        "status": "degraded",
        "live": True,
        "ready": True,
        "started": True,
        "draining": False,
        "components": {
            "broker": {
                "status": "unhealthy",
                "critical": False,
                "failures": 3,
                "duration_s": 0.123457,
                "message": "password=***",
            }
        },
        "thresholds": {"memory": {"status": "healthy", "value": 0.5, "limit": 0.9, "breached": False}},
        "stalls": [{"name": "main loop", "age_s": 12.346, "stack": ["agent.py:7 in decide"]}],
    } == describe(report, lambda text: text.replace("hunter2", "***"))


@pytest.mark.parametrize(
    ("peer", "is_here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.7", False),
        ("fe80::1%eth0", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(peer: str, is_here: bool) -> None:
    """Also as IPv4 inside IPv6; a local network is not."""
    assert is_here == is_loopback(peer)


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("127.0.0.1:8080", True),
        ("[::1]", True),
        ("[::1]:8080", True),
        ("10.1.2.3", True),
        ("agent", True),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:80", False),
        ("", False),
        ("[::1", True),
    ],
)
def test_hosts_in_digits_and_known_names_pass(host: str, is_allowed: bool) -> None:
    """Only a name can be made to point here by somebody else."""
    assert is_allowed == is_allowed_host(host, {"agent"})


@given(st.text(max_size=40))
def test_no_address_is_an_exception(text: str) -> None:
    """Neither a host nor a peer."""
    assert is_loopback(text) in {True, False}
    assert is_allowed_host(text, ()) in {True, False}
