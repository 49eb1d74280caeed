"""apprise is an extra: named when it is missing, loaded when the first alert is sent."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers import services
from otel_agent.alerts.notify.receivers.services import ServiceReceiver


class Services:
    """Stands in for `apprise.Apprise`: understands what begins with json, and notes what it is told."""

    told: list[tuple[str, str, str]] = []
    is_reached = True

    def add(self, url: str) -> bool:
        return url.startswith("json")

    def notify(self, body: str, title: str, notify_type: str) -> bool:
        self.told.append((title, body, notify_type))
        return self.is_reached


@pytest.fixture
def apprise(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Services]]:
    """The library, as it looks from here."""
    stand_in = SimpleNamespace(Apprise=Services, NotifyType=SimpleNamespace(FAILURE="failure", SUCCESS="success"))
    monkeypatch.setattr(services, "find_spec", lambda _: object())
    monkeypatch.setattr(services, "apprise", stand_in)
    Services.told, Services.is_reached = [], True
    yield Services
    monkeypatch.undo()


def test_a_notification_is_one_message_with_a_line_for_each_alert(
    apprise: type[Services], make_note: Callable[..., Notification]
) -> None:
    """Title and lines say what fires, the type how bad it is, and the context passed in is entered around it."""
    entered: list[int] = []

    @contextmanager
    def suppress() -> Iterator[None]:
        entered.append(len(apprise.told))
        yield
        entered.append(len(apprise.told))

    ServiceReceiver("chat", ["json://127.0.0.1"], suppress=suppress).send(make_note())

    assert [
        ("[FIRING:1] High", 'High firing: too high {alertname="High", severity="warning"}', "failure")
    ] == apprise.told
    assert [0, 1] == entered


def test_what_a_service_did_not_take_is_a_failure_without_the_url(
    apprise: type[Services], make_note: Callable[..., Notification]
) -> None:
    """URLs hold secrets: neither one that is not understood nor one that is away is shown."""
    with pytest.raises(ConnectionError, match="does not understand one of the URLs"):
        ServiceReceiver("chat", ["slack://s3cret"]).send(make_note())
    apprise.is_reached = False
    with pytest.raises(ConnectionError, match="could not reach every service"):
        ServiceReceiver("chat", ["json://s3cret"]).send(make_note())


def test_building_a_receiver_loads_nothing() -> None:
    """Apprise takes 35 MB, so the module stands for it until the first alert."""
    code = (
        "import sys; from otel_agent.alerts.notify.building import build_notify; from otel_agent.config.loading import load;"
        "loaded = load({'config': {'alerts': {'notifiers': {'c': {'apprise': ['json://h']}}}}}, environ={}, directory='/', script='s');"
        "build_notify(loaded.config.alerts); print(loaded.problems, 'apprise' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert "() False" == run.stdout.strip()
