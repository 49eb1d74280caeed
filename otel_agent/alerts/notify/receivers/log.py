"""Receiver that writes alerts to the agent's own log."""

import logging

from otel_agent.alerts.notify.notification import Notification, annotations_of
from otel_agent.alerts.states import AlertState
from otel_agent.outgoing_texts import printable

__all__ = ["LogReceiver"]

_LEVELS = {"critical": logging.CRITICAL, "error": logging.ERROR, "warning": logging.WARNING}


class LogReceiver:
    """
    Writes one line for each alert to a logger.

    Args:
        name: Name of the receiver, as routes call it.
        logger: Logger that takes the lines; `otel_agent.alerts` by default.
    """

    repeats_s: float | None = None

    def __init__(self, name: str = "log", logger: logging.Logger | None = None) -> None:
        self.name = name
        self._logger = logger or logging.getLogger("otel_agent.alerts")

    def send(self, notification: Notification) -> None:
        """
        Write the lines; the level follows the severity.

        Args:
            notification: The notification.
        """
        for alert in notification.alerts:
            is_firing = alert.state is AlertState.FIRING
            level = _LEVELS.get(alert.severity, logging.WARNING) if is_firing else logging.INFO
            texts = annotations_of(alert)
            words = texts.pop("summary", "") or texts.pop("description", "")
            self._logger.log(
                level,
                "alert %s %s%s%s",
                printable(alert.rule_name),
                "firing" if is_firing else "resolved",
                f": {printable(words)}" if words else "",
                " (flapping; no more is said until it calms down)" if notification.reason == "flapping" else "",
                extra={"alert_labels": alert.labels.as_dict(), "alert_value": alert.value},
            )
