"""Whoever is told of an alert, by whatever kind of receiver, is told without its secrets."""

import json
import logging
from typing import Any

import pytest
from alert_settings import alert_settings
from waiting import until

from otel_agent.alerts.notify import building
from otel_agent.alerts.notify.acknowledgement import Acknowledgement
from otel_agent.alerts.notify.boundary import NotificationBoundary
from otel_agent.alerts.notify.building import build_notify
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.notify.notification import Notification, Receiver
from otel_agent.alerts.notify.receivers.function import FunctionReceiver
from otel_agent.alerts.notify.routing import Route
from otel_agent.alerts.states import Alert, AlertState, Transition
from otel_agent.redaction.redactor import Redactor
from otel_agent.series.labels import Labels

WORD = "Vt7Kp3Xz9Lw2"
ADDRESS = f"wss://feed.example/live?access_token={WORD}"


def alert() -> Alert:
    """A firing alert with a secret in every text it has."""
    labels = Labels({"alertname": f"Many {ADDRESS}", "severity": "critical", "feed": ADDRESS, "api_key": WORD})
    annotations = {"summary": f"lost at {ADDRESS}", "password": WORD}
    return Alert(f"Many {ADDRESS}", labels, annotations, AlertState.FIRING, 3.0, 1_000, fired_at_ms=2_000)


def acknowledgement(of: Alert) -> Acknowledgement:
    """Somebody takes care, and says so with a secret."""
    return Acknowledgement(of.fingerprint, of.rule_name, of.labels.as_dict(), f"me {ADDRESS}", f"see {ADDRESS}", 1, None, "critical")  # fmt: skip


def settings(kind: str, place: str) -> Any:
    """Settings of a receiver of a kind that leads to a server."""
    return {
        "alertmanager": [f"http://{place}"],
        "apprise": [f"json://{place}/hook"],
        "log": {},
        "webhook": {"url": f"http://{place}/hook", "allow_private": True},
    }[kind]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # apprise imports modules that are going
@pytest.mark.parametrize("kind", [*sorted(building._KINDS), "function"])
def test_every_kind_of_receiver_is_told_without_secrets(kind: str, sink: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What reaches the other side, on whatever way, names the alert and holds nothing secret; so does an acknowledgement."""
    if kind == "apprise":
        pytest.importorskip("apprise")
    caplog.set_level(logging.DEBUG, "otel_agent.alerts")
    told: list[str] = []

    def page(notification: Notification) -> None:
        told.append(f"{notification} {json.dumps(notification.payload())} {notification.title} {notification.key}")

    receivers: list[Receiver] = [FunctionReceiver("desk", page)]
    if kind != "function":
        built = build_notify(
            alert_settings(notifiers={"desk": {kind: settings(kind, sink.base_url.removeprefix("http://"))}})
        )
        receivers = [receiver for receiver in built.receivers if receiver.name == "desk"]
    dispatcher = Dispatcher(receivers, [Route(("desk",))], boundary=NotificationBoundary(Redactor()))
    fired = alert()
    dispatcher.offer(Transition(fired, AlertState.PENDING, AlertState.FIRING, 2_000))
    dispatcher.tick()
    dispatcher.acknowledged(acknowledgement(fired))
    until(dispatcher.is_idle)
    dispatcher.close(5)
    records = [
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name.startswith("otel_agent")
    ]
    heard = [f"{path} {headers} {body.decode()}" for path, headers, body in sink.requests]
    everything = "\n".join([*heard, *told, *records])

    assert "Many" in everything
    assert "redacted" in everything
    assert WORD not in everything
    assert WORD in fired.rule_name


def test_an_alert_stays_itself() -> None:
    """The fingerprint is that of the labels as they are, and alert and silence have the same labels after redaction."""
    boundary, fired = NotificationBoundary(Redactor()), alert()
    notification = boundary.notification(Notification("desk", (fired,), {"feed": ADDRESS}, 5_000, "change"))
    silence = boundary.acknowledgement(acknowledgement(fired))
    (told,) = notification.alerts

    assert fired.fingerprint == told.fingerprint == silence.fingerprint
    assert told.labels.as_dict() == silence.labels
    assert ("critical", 3.0, "Many") == (told.severity, told.value, told.rule_name.split()[0])
    assert WORD not in repr(notification)
    assert WORD not in repr(silence)


def test_where_redaction_is_off_all_passes() -> None:
    """Without a redactor a notification is the same object."""
    notification = Notification("desk", (alert(),), {}, 5_000, "change")

    assert notification is NotificationBoundary().notification(notification)
