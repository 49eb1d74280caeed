"""Health, with what it is told of the machine and of delivery."""

from otel_agent.config.sections.health import HealthSettings
from otel_agent.telemetry.assembly.health import build_health
from otel_agent.testing import recorded


def test_what_the_machine_has_left_is_read_by_who_asks_first() -> None:
    """As ratios; a start opens nothing."""
    health = build_health(HealthSettings(), delivery=lambda: None, on_change=lambda _: None, redact=str)
    health.watch()
    health.tick()
    health.settle(60)
    health.tick()
    states = health.states()
    health.close()

    assert {"memory", "disk"} <= set(states)


def test_trouble_with_delivery_is_told_without_its_secrets() -> None:
    """In the report, as a component."""
    health = build_health(
        HealthSettings(),
        delivery=lambda: "refused: token=abc",
        on_change=lambda _: None,
        redact=lambda text: text.replace("abc", "***"),
    )
    health.watch()
    health.tick()
    health.settle(60)
    health.tick()
    status = str(health.status())
    health.close()

    assert "refused" in status
    assert "abc" not in status


def test_an_agent_that_is_well_says_so() -> None:
    """Through `init`."""
    with recorded() as telemetry:
        assert telemetry.telemetry is not None
        health = telemetry.telemetry.health
        assert health is not None
        assert health.report().is_live
