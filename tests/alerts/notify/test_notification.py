"""A notification is one group of alerts at one moment, in Alertmanager's words."""

from collections.abc import Callable

import pytest

from otel_agent.alerts.notify.notification import Notification, annotations_of, rfc3339
from otel_agent.alerts.states import Alert, AlertState
from otel_agent.series.labels import Labels

T0_MS = 1_700_000_000_000


def alert(host: str, state: AlertState = AlertState.FIRING, severity: str = "warning") -> Alert:
    """An alert of a host that began to fire fifteen seconds after T0."""
    labels = Labels({"alertname": "High", "host": host, "severity": severity})
    return Alert("High", labels, {}, state, 7.0, T0_MS, fired_at_ms=T0_MS + 15_000, resolved_at_ms=T0_MS + 60_000)


def notification(*alerts: Alert, reason: str = "change") -> Notification:
    """A message about these alerts."""
    return Notification("log", alerts, {"alertname": "High"}, T0_MS + 20_000, reason)


def test_the_payload_is_alertmanager_s() -> None:
    """The webhook's body has version 4, common labels, and for each alert start, end and fingerprint."""
    payload = notification(alert("a"), alert("b")).payload()

    assert ("4", "firing", "log", {"alertname": "High"}) == (
        payload["version"],
        payload["status"],
        payload["receiver"],
        payload["groupLabels"],
    )
    assert {"alertname": "High", "severity": "warning"} == payload["commonLabels"]
    assert ["firing", "firing"] == [one["status"] for one in payload["alerts"]]
    assert "0001-01-01T00:00:00Z" == payload["alerts"][0]["endsAt"]
    assert "2023-11-14T22:13:35.000Z" == payload["alerts"][0]["startsAt"]
    assert alert("a").fingerprint == payload["alerts"][0]["fingerprint"]


def test_an_alert_that_is_over_has_an_end() -> None:
    """A message without a firing alert is resolved, and each alert says when it ended."""
    payload = notification(alert("a", AlertState.INACTIVE)).payload()

    assert ("resolved", "resolved", "2023-11-14T22:14:20.000Z") == (
        payload["status"],
        payload["alerts"][0]["status"],
        payload["alerts"][0]["endsAt"],
    )


@pytest.mark.parametrize(
    ("states", "reason", "title"),
    [
        (("firing", "firing"), "change", "[FIRING:2] High"),
        (("firing", "inactive"), "change", "[FIRING:1] High"),
        (("inactive", "inactive"), "change", "[RESOLVED:2] High"),
        (("firing",), "flapping", "[FIRING:1] High (flapping)"),
    ],
)
def test_the_title_counts_what_it_is_about(states: tuple[str, ...], reason: str, title: str) -> None:
    """Firing alerts are counted while there are any, else those that ended."""
    alerts = [alert(str(number), AlertState(state)) for number, state in enumerate(states)]

    assert title == notification(*alerts, reason=reason).title


def test_the_severity_is_the_highest() -> None:
    """One critical alert makes the message critical; a word without a rank counts least."""
    severities = [("odd", "warning"), ("warning", "critical", "error"), ()]

    assert ["warning", "critical", "none"] == [
        notification(*(alert(str(n), severity=one) for n, one in enumerate(each))).severity for each in severities
    ]


def test_the_key_tells_messages_apart_and_repetitions_not() -> None:
    """The same alerts at the same moment have the same key; another state of one has another."""
    keys = [
        notification(alert("a")).key,
        notification(alert("a")).key,
        notification(alert("a", AlertState.INACTIVE)).key,
    ]

    assert keys[0] == keys[1] != keys[2]


def test_traces_are_an_annotation(make_alert: Callable[..., Alert]) -> None:
    """Whoever reads the message finds the trace that shows what happened; without one there is no annotation."""
    assert {"summary": "too high", "trace_id": "ab" * 16} == annotations_of(make_alert())
    assert {} == annotations_of(alert("a"))


def test_moments_are_written_in_utc() -> None:
    """Milliseconds are kept, and never has a word."""
    assert ["2023-11-14T22:13:20.007Z", "0001-01-01T00:00:00Z"] == [rfc3339(T0_MS + 7), rfc3339(0)]
