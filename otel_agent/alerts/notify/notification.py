"""
Notifications, the messages to receivers: one group of alerts at one moment.

`payload` writes it as Alertmanager writes to its webhooks, so that whatever understands those understands ours.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from otel_agent.alerts.notify.acknowledgement import rank
from otel_agent.alerts.states import Alert, AlertState

__all__ = ["Notification", "Receiver", "rfc3339"]

NEVER = "0001-01-01T00:00:00Z"


def rfc3339(moment_ms: int) -> str:
    """
    A moment as RFC 3339 writes it.

    Args:
        moment_ms: The moment, in milliseconds since 1970; 0 stands for never.
    """
    if not moment_ms:
        return NEVER
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Notification:
    """One message to one receiver."""

    receiver: str
    """Name of the receiver."""
    alerts: tuple[Alert, ...]
    """Alerts of the group: firing ones, and those that ended since the last message."""
    group_labels: Mapping[str, str]
    """What the alerts of the group have in common by its definition."""
    at_ms: int
    """Moment it was made, in milliseconds since 1970."""
    reason: str
    """Why it is sent now: "change", "repeat", or "flapping" when it is the last word until the alerts calm down."""

    @property
    def is_firing(self) -> bool:
        """Whether any alert of it fires."""
        return any(alert.state is AlertState.FIRING for alert in self.alerts)

    @property
    def severity(self) -> str:
        """The highest severity among its alerts."""
        return max((alert.severity for alert in self.alerts), key=rank, default="none")

    @property
    def key(self) -> str:
        """Tells this message from others; the same when it is sent again after a failure."""
        inside = ",".join(f"{alert.fingerprint}:{alert.state.value}:{alert.fired_at_ms}" for alert in self.alerts)
        return f"{self.receiver}/{sorted(self.group_labels.items())}/{self.at_ms}/{inside}"

    @property
    def title(self) -> str:
        """One line for people."""
        status = "FIRING" if self.is_firing else "RESOLVED"
        count = sum((alert.state is AlertState.FIRING) == self.is_firing for alert in self.alerts)
        names = ", ".join(sorted({alert.rule_name for alert in self.alerts}))
        return f"[{status}:{count}] {names}{' (flapping)' if self.reason == 'flapping' else ''}"

    def payload(self) -> dict[str, Any]:
        """The message in the shape of Alertmanager's webhook, version 4."""
        labels = [alert.labels.as_dict() for alert in self.alerts]
        annotations = [annotations_of(alert) for alert in self.alerts]
        return {
            "version": "4",
            "groupKey": f"{{}}:{{{', '.join(f'{n}={v!r}' for n, v in sorted(self.group_labels.items()))}}}",
            "truncatedAlerts": 0,
            "status": "firing" if self.is_firing else "resolved",
            "receiver": self.receiver,
            "groupLabels": dict(self.group_labels),
            "commonLabels": _common(labels),
            "commonAnnotations": _common(annotations),
            "externalURL": "",
            "alerts": [
                {
                    "status": "firing" if alert.state is AlertState.FIRING else "resolved",
                    "labels": alert_labels,
                    "annotations": alert_annotations,
                    "startsAt": rfc3339(alert.fired_at_ms or alert.active_at_ms),
                    "endsAt": rfc3339(0 if alert.state is AlertState.FIRING else alert.resolved_at_ms),
                    "generatorURL": "",
                    "fingerprint": alert.fingerprint,
                }
                for alert, alert_labels, alert_annotations in zip(self.alerts, labels, annotations, strict=True)
            ],
        }


def annotations_of(alert: Alert) -> dict[str, str]:
    """
    The annotations of an alert, with the traces that show what it is about.

    Args:
        alert: The alert.
    """
    traces = {"trace_id": ",".join(alert.trace_ids)} if alert.trace_ids else {}
    return {**alert.annotations, **traces}


def _common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not maps:
        return {}
    return {name: value for name, value in maps[0].items() if all(other.get(name) == value for other in maps[1:])}


class Receiver(Protocol):
    """A receiver of notifications."""

    name: str
    """Name of the receiver, as routes call it."""
    repeats_s: float | None
    """How often it has to hear of every alert again, in seconds; `None` when the route decides."""

    def send(self, notification: Notification) -> None:
        """
        Send a notification. Runs in a thread of the receiver's own, and may take its time.

        Args:
            notification: The notification.

        Raises:
            Exception: Anything; it is tried again within bounds, then counted as failed.
        """
        ...
