"""Changes of alerts and of health leave as log events."""

from pathlib import Path

import pytest
from agent_process import run_agent
from otlp_server import OtlpServer
from waiting import until

import otel_agent
from otel_agent.testing import recorded

RULES = {"rules": [{"exception": {"name": "Breach", "type": "ValueError"}}]}


@otel_agent.traced
def trade() -> None:
    """Fails."""
    raise ValueError("too wild")


def test_an_alert_that_fires_is_a_log_event() -> None:
    """With the rule's name and both states."""
    with recorded(config={"alerts": RULES}) as telemetry:
        assert telemetry.telemetry is not None
        with pytest.raises(ValueError, match="wild"):
            trade()
        events = until(lambda: [log for log in telemetry.logs if "alert.rule.name" in log["attributes"]])

    assert ("Breach", "firing") == (
        events[-1]["attributes"]["alert.rule.name"],
        events[-1]["attributes"]["agent.alert.state.to"],
    )


def test_a_component_that_becomes_unhealthy_is_a_log_event(server: OtlpServer, tmp_path: Path) -> None:
    """It arrives like every other record, with what the check said."""
    code = f"""
    import time
    import otel_agent

    @otel_agent.health_check("broker", interval_s=0.05, failure_threshold=1)
    def broker_answers():
        raise ConnectionError("refused")

    telemetry = otel_agent.init("x", endpoint={server.endpoint!r}, instrument=False)
    end_s = time.monotonic() + 50
    while telemetry.health.states().get("broker") != "unhealthy" and time.monotonic() < end_s:
        time.sleep(0.02)
    """
    run_agent(code, tmp_path)

    assert any(body.startswith("health of broker is unhealthy") and "refused" in body for body in server.logs)
