"""Alertmanagers get every alert, and acknowledgements as silences; the real one is asked in tests/end_to_end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from otel_agent.alerts.notify.acknowledgement import Acknowledgement
from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.alertmanager import AlertmanagerReceiver
from otel_agent.alerts.states import AlertState
from otel_agent.clock import ManualClock

AWAY = "http://127.0.0.1:9"


def receiver(*urls: str) -> AlertmanagerReceiver:
    """A receiver whose clock stands at 2023-11-14T22:13:20Z."""
    return AlertmanagerReceiver("am", urls, clock=ManualClock())


def test_a_firing_alert_ends_by_itself_when_the_agent_dies(sink: Any, make_note: Callable[..., Notification]) -> None:
    """It is sent with an end four times the resending away, with its labels, texts and traces."""
    receiver(sink.base_url).send(make_note())
    path, _, body = sink.requests[0]
    (alert,) = json.loads(body)

    assert "/api/v2/alerts" == path
    assert {"alertname": "High", "severity": "warning"} == alert["labels"]
    assert {"summary": "too high", "trace_id": "ab" * 16} == alert["annotations"]
    assert ("1970-01-01T00:00:02.000Z", "2023-11-14T22:17:20.000Z") == (alert["startsAt"], alert["endsAt"])


def test_one_that_is_away_keeps_the_others_from_nothing(sink: Any, make_note: Callable[..., Notification]) -> None:
    """A message counts as sent when one Alertmanager took it, and as failed when none did."""
    receiver(AWAY, sink.base_url).send(make_note())

    assert 1 == len(sink.requests)
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        receiver(AWAY).send(make_note())


def test_an_acknowledgement_becomes_a_silence(sink: Any) -> None:
    """The silence matches the alert's labels exactly, and lasts a day when the acknowledgement has no end."""
    acknowledgement = Acknowledgement(
        "f", "High", {"alertname": "High", "a.b": "c"}, "ana", "on it", 0, None, "warning"
    )
    receiver(sink.base_url).silence(acknowledgement)
    body = json.loads(sink.requests[0][2])

    assert ("ana", "ACK! on it", "2023-11-15T22:13:20.000Z") == (body["createdBy"], body["comment"], body["endsAt"])
    assert [("a_b", "c"), ("alertname", "High")] == [(one["name"], one["value"]) for one in body["matchers"]]
    assert {(True, False)} == {(one["isEqual"], one["isRegex"]) for one in body["matchers"]}


def test_the_end_of_an_alert_takes_its_silence_back(sink: Any, make_note: Callable[..., Notification]) -> None:
    """Of all silences only ours that are in force and match the alert are deleted, whoever made them."""
    matchers = [
        {"isEqual": True, "isRegex": False, "name": name, "value": value}
        for name, value in (("alertname", "High"), ("severity", "warning"))
    ]
    silences = [
        ("ours", "ACK! on it", "active", matchers),
        ("over", "ACK! on it", "expired", matchers),
        ("theirs", "maintenance", "active", matchers),
        ("another", "ACK! on it", "active", matchers[:1]),
    ]
    sink.content = json.dumps(
        [{"id": i, "comment": c, "status": {"state": s}, "matchers": m} for i, c, s, m in silences]
    ).encode()
    receiver(sink.base_url).send(make_note(state=AlertState.INACTIVE))

    assert ["/api/v2/silence/ours"] == [
        path.removeprefix("DELETE ") for path, _, _ in sink.requests if path.startswith("DELETE")
    ]
