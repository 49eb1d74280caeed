"""Receiver that sends alerts through apprise: chat, mail and push services by the hundred, as an extra."""

from collections.abc import Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING

from otel_agent.alerts.notify.http import Suppress
from otel_agent.alerts.notify.notification import Notification, annotations_of
from otel_agent.errors import MissingExtraError
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import apprise
else:
    apprise = late_module("apprise")

__all__ = ["ServiceReceiver"]


class ServiceReceiver:
    """
    Sends each notification to the services that URLs of apprise name.

    apprise is loaded when the first alert is sent, because it takes 35 MB.

    Args:
        name: Name of the receiver, as routes call it.
        urls: URLs as apprise has them: "slack://…", "mailto://…". They hold secrets and are never shown.
        suppress: Makes a context in which HTTP calls are not instrumented.

    Raises:
        MissingExtraError: When apprise is not installed.
    """

    repeats_s: float | None = None

    def __init__(self, name: str, urls: Sequence[str], *, suppress: Suppress = nullcontext) -> None:
        if find_spec("apprise") is None:
            raise MissingExtraError("Notifying through apprise", "notify")
        self.name = name
        self._urls = tuple(urls)
        self._suppress = suppress

    def send(self, notification: Notification) -> None:
        """
        Send a notification to all services.

        Args:
            notification: The notification.

        Raises:
            ConnectionError: When a service did not take it.
        """
        services = apprise.Apprise()
        if not all([services.add(url) for url in self._urls]):  # noqa: C419 - all are added, also after one that is wrong
            raise ConnectionError("apprise does not understand one of the URLs")
        lines = [
            f"{alert.rule_name} {alert.state.value}: {annotations_of(alert).get('summary', '')} {alert.labels}"
            for alert in notification.alerts
        ]
        kind = apprise.NotifyType.FAILURE if notification.is_firing else apprise.NotifyType.SUCCESS
        with self._suppress():
            if not services.notify(body="\n".join(lines), title=notification.title, notify_type=kind):
                raise ConnectionError("apprise could not reach every service")
