"""
What leaves as a notification has passed redaction: the one boundary between alerts and whoever is told of them.

A worker calls its receiver with what comes out of here and with nothing else, so a receiver of a new kind need not know of
redaction. Labels and annotations are judged like attributes, by their names and by what they hold. The fingerprint stays that
of the original labels: it is a digest, and an alert stays the same alert for whoever keeps them apart by it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from otel_agent.alerts.notify.acknowledgement import Acknowledgement
from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.states import Alert
from otel_agent.series.labels import Labels

__all__ = ["NotificationBoundary", "NotificationRedactor"]


class NotificationRedactor(Protocol):
    """What is needed of a redactor."""

    def text(self, text: str) -> str:
        """A text without its secrets."""
        ...

    def mapping(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Named texts without their secrets."""
        ...


class NotificationBoundary:
    """
    Makes what may leave of notifications and acknowledgements.

    Args:
        redactor: Takes secrets out; `None` lets everything pass, as where redaction is switched off.
    """

    def __init__(self, redactor: NotificationRedactor | None = None) -> None:
        self._redactor = redactor

    def notification(self, notification: Notification) -> Notification:
        """
        A notification as a receiver may have it.

        Args:
            notification: Complete; it is left as it is.
        """
        redactor = self._redactor
        if redactor is None:
            return notification
        return replace(
            notification,
            alerts=tuple(_alert(alert, redactor) for alert in notification.alerts),
            group_labels=_texts(notification.group_labels, redactor),
        )

    def acknowledgement(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        """
        An acknowledgement as a receiver may have it; its labels are those its alert is told with.

        Args:
            acknowledgement: Complete; it is left as it is.
        """
        redactor = self._redactor
        if redactor is None:
            return acknowledgement
        return replace(
            acknowledgement,
            rule_name=redactor.text(acknowledgement.rule_name),
            labels=_texts(acknowledgement.labels, redactor),
            by=redactor.text(acknowledgement.by),
            comment=redactor.text(acknowledgement.comment),
        )


def _alert(alert: Alert, redactor: NotificationRedactor) -> Alert:
    fingerprint = alert.fingerprint
    return replace(
        alert.copied(),
        rule_name=redactor.text(alert.rule_name),
        labels=Labels(_texts(alert.labels.as_dict(), redactor)),
        annotations=_texts(alert.annotations, redactor),
        _fingerprint=fingerprint,
    )


def _texts(named: Mapping[str, str], redactor: NotificationRedactor) -> dict[str, str]:
    return {name: str(value) for name, value in redactor.mapping(named).items()}
