"""A change of an alert is one log event."""

import pytest

from otel_agent.alerts.events import transition_event
from otel_agent.alerts.states import Alert, AlertState, Transition
from otel_agent.series.labels import Labels

T0_MS = 1_700_000_000_000
INACTIVE, PENDING, FIRING = AlertState.INACTIVE, AlertState.PENDING, AlertState.FIRING


def change(before: AlertState, after: AlertState, severity: str = "critical", **more: object) -> Transition:
    """An alert that went from one state to another."""
    labels = Labels({"alertname": "Hot", "host": "a", "severity": severity})
    alert = Alert("Hot", labels, {"summary": "hot a"}, after, 5.0, T0_MS, **more)  # type: ignore[arg-type]
    return Transition(alert, before, after, T0_MS)


def test_a_change_becomes_a_log_event() -> None:
    """The event has the catalogue's attributes, a severity, and the trace that shows what happened."""
    fired = change(INACTIVE, FIRING, trace_ids=("00000000000000000000000000000abc",))
    event, ended = transition_event(fired), transition_event(change(FIRING, INACTIVE))

    assert event is not None
    assert ended is not None
    assert (21, "alert Hot firing: hot a", 0xABC) == (event.severity_number, event.body, event.trace_id)
    assert {
        "alert.rule.name": "Hot",
        "agent.alert.state.from": "inactive",
        "agent.alert.state.to": "firing",
        "agent.alert.severity": "critical",
        "agent.alert.value": 5.0,
        "agent.alert.fingerprint": fired.alert.fingerprint,
    } == event.attributes
    assert T0_MS * 1_000_000 == event.time_ns
    assert (9, "alert Hot resolved: hot a", 0) == (ended.severity_number, ended.body, ended.trace_id)
    assert None is transition_event(Transition(fired.alert, FIRING, FIRING, T0_MS))


@pytest.mark.parametrize(
    ("severity", "after", "number"),
    [
        ("info", FIRING, 9),
        ("warning", FIRING, 13),
        ("error", FIRING, 17),
        ("odd", FIRING, 13),
        ("critical", PENDING, 9),
    ],
)
def test_only_what_fires_is_more_than_information(severity: str, after: AlertState, number: int) -> None:
    """The severity number follows the label while the alert fires; what waits is information."""
    event = transition_event(change(INACTIVE, after, severity))

    assert event is not None
    assert number == event.severity_number
