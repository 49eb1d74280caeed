"""Telemetry that does not run answers in the shape of telemetry that does."""

from typing import Any

import pytest

import otel_agent
from otel_agent.telemetry import starting
from otel_agent.telemetry.facade import Telemetry
from otel_agent.telemetry.unobserved import no_alerts, no_delivery
from otel_agent.testing import recorded


def shape(value: Any) -> Any:
    """Keys of dictionaries, at two depths, and kinds of everything else."""
    if isinstance(value, dict):
        return {key: type(inner).__name__ for key, inner in value.items()}
    return type(value).__name__


def broken(*_: object, **__: object) -> None:
    """What cannot be built."""
    raise ZeroDivisionError("broken")


@pytest.fixture(params=["disabled", "failed", "ended"])
def idle(request: pytest.FixtureRequest) -> Telemetry:
    """Telemetry that was switched off, that could not be started, and that has ended."""
    if request.param == "ended":
        with recorded() as seen:
            telemetry = seen.telemetry
        assert telemetry is not None
        return telemetry
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "disabled":
            patch.setenv("OTEL_SDK_DISABLED", "true")
        else:
            patch.setattr(starting, "Parts", broken)
        return starting.start({"service_name": "x", "export": "none", "spool": False})


def test_everything_that_can_be_asked_answers_as_ever(idle: Telemetry) -> None:
    """Status, health, alerts and a flush have one shape, and none raises."""
    with recorded(alerts=[{"absent": {"name": "A", "metric": "nothing"}}]) as seen:
        running = seen.telemetry
        assert running is not None
        status, delivery = running.status(), running.flush(10)
    found = idle.status()

    assert shape(status) == shape(found)
    assert {key: shape(status[key]) for key in ("delivery", "alerts", "health", "providers")} == {
        key: shape(found[key]) for key in ("delivery", "alerts", "health", "providers")
    }
    assert shape(delivery.by_signal) == shape(idle.flush(1).by_signal) == shape(idle.shutdown().by_signal)
    assert shape(delivery.by_signal["logs"]) == shape(idle.flush(1).by_signal["logs"])
    assert (False, None, []) == (idle.is_running, idle.health.port, idle.alerts.active())
    assert idle.health.report().is_live
    assert idle.alerts is idle.alerts
    assert idle.health is idle.health


def test_what_could_not_be_started_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks at the status sees it; the agent may try again."""
    monkeypatch.setattr(starting, "Parts", broken)
    telemetry = starting.start({"service_name": "x"})

    assert ["telemetry could not be started (ZeroDivisionError: broken)"] == telemetry.status()["problems"]
    assert (False, False) == (telemetry.status()["disabled"], telemetry.status()["running"])
    assert "<Telemetry of 'x', not started>" == repr(telemetry)


def test_disabled_telemetry_is_ready_and_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent whose own readiness asks ours stays in service; no component is there."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    telemetry = otel_agent.init("x", endpoint="http://127.0.0.1:9")
    report = telemetry.health.report()

    assert (True, True, []) == (report.is_ready, report.is_started, list(report.components))
    assert telemetry.status()["disabled"]


def test_zeros_are_those_of_the_real_thing() -> None:
    """What stands for no rules has the keys that rules have, and what stands for no delivery adds up to nothing."""
    with recorded(alerts=[{"absent": {"name": "A", "metric": "nothing"}}]) as seen:
        assert seen.telemetry is not None
        alerts = seen.telemetry.status()["alerts"]

    assert shape(alerts) == shape(no_alerts())
    assert (0, 0, 0, 0) == (
        no_delivery().delivered,
        no_delivery().spooled,
        no_delivery().dropped,
        no_delivery().queued,
    )
