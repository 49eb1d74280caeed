"""Findings of one telemetry, through the front door."""

import pytest

import otel_agent
from otel_agent.insight import finding_store
from otel_agent.insight.findings import Sighting
from otel_agent.testing import recorded

SIGHTING = Sighting(
    "baseline", "desk.price", "desk.py:3", {"key": "password=hunter2hunter2"}, "Look at it.", 1.0, 1e9, 1e9 + 60
)


def test_a_finding_is_told_as_finding_log_event_and_metric() -> None:
    """Without the secrets that may be in its texts."""
    with recorded() as telemetry:
        running = otel_agent.init()
        running.findings()
        finding_store.shared.saw(SIGHTING)
        (finding,) = running.findings()
        points = telemetry.metrics["agent.findings"]
        (event,) = [log for log in telemetry.logs if log["event_name"] == "agent.finding"]

    assert "baseline" == finding.rule
    assert "hunter2" not in f"{finding} {event}"
    assert event["body"] == str(finding)
    assert [({"agent.finding.rule": "baseline"}, 1)] == points


def test_insight_that_is_switched_off_finds_nothing() -> None:
    """And nothing of it runs."""
    telemetry = otel_agent.init("quiet", export="none", config={"insight": {"enabled": False}}, trace_modules=False)
    telemetry.flush()
    try:
        finding_store.shared.saw(SIGHTING)

        assert [] == telemetry.findings()
    finally:
        telemetry.shutdown()


def test_the_terminal_tells_findings_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    """The last lines name rule, subject and place."""
    telemetry = otel_agent.init("desk", export="console", trace_modules=False)
    try:
        telemetry.findings()
        finding_store.shared.saw(SIGHTING)
    finally:
        telemetry.shutdown()
    lines = capfd.readouterr().err.splitlines()

    assert "findings  1" in lines
    assert "  baseline in desk.price, desk.py:3" in lines
