"""Log events of changes of health."""

import pytest

from otel_agent import catalog
from otel_agent.health.events import EVENT_NAME, health_event
from otel_agent.health.reports import HealthChange
from otel_agent.health.states import HealthState


@pytest.mark.parametrize(
    ("after", "severity_number"),
    [(HealthState.HEALTHY, 9), (HealthState.UNKNOWN, 13), (HealthState.DEGRADED, 13), (HealthState.UNHEALTHY, 17)],
)
def test_the_worse_the_graver(after: HealthState, severity_number: int) -> None:
    """Becoming healthy is information."""
    assert severity_number == health_event(HealthChange("broker", HealthState.UNKNOWN, after, "")).severity_number


def test_an_event_says_what_the_catalogue_promises() -> None:
    """Its name, its attributes, and a line for people."""
    event = health_event(HealthChange("broker", HealthState.HEALTHY, HealthState.UNHEALTHY, "ConnectionError: refused"))

    assert "health of broker is unhealthy: ConnectionError: refused" == event.body
    assert {attribute.name for attribute in catalog.EVENTS[EVENT_NAME].attributes} == set(event.attributes)
    assert (
        "agent.health.message"
        not in health_event(HealthChange("a", HealthState.UNHEALTHY, HealthState.HEALTHY, "")).attributes
    )
