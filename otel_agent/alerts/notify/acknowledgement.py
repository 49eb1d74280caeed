"""
Somebody takes care: who, why, until when.

An acknowledgement covers one alert for as long as it lasts, or until it expires. When the alert ends, the next one is news
again; when its severity grows, so is this one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from otel_agent.alerts.states import Alert, AlertState, Transition

__all__ = ["SEVERITIES", "Acknowledgement", "Acknowledgements"]

SEVERITIES = ("none", "info", "warning", "error", "critical")
"""Severity labels with an order, least first; others rank as the first."""


@dataclass(frozen=True)
class Acknowledgement:
    """One, of one alert."""

    fingerprint: str
    """Of the alert."""
    rule_name: str
    """Of its rule."""
    labels: dict[str, str]
    """Of the alert."""
    by: str
    """Who."""
    comment: str
    """Why."""
    at_ms: int
    """When, in milliseconds since 1970."""
    until_ms: int | None
    """Until when; `None` for as long as the alert lasts."""
    severity: str
    """The alert's, when it was acknowledged."""


def rank(severity: str) -> int:
    """
    Where a severity stands among the others.

    Args:
        severity: The label's value.
    """
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


class Acknowledgements:
    """All of them. Not thread-safe; `Alerts` holds its lock."""

    def __init__(self) -> None:
        self._by_fingerprint: dict[str, Acknowledgement] = {}

    def add(self, alert: Alert, by: str, comment: str, at_ms: int, until_ms: int | None) -> Acknowledgement:
        """
        Acknowledge an alert.

        Args:
            alert: Pending or firing.
            by: Who.
            comment: Why.
            at_ms: When.
            until_ms: Until when, or `None`.
        """
        made = Acknowledgement(
            alert.fingerprint, alert.rule_name, alert.labels.as_dict(), by, comment, at_ms, until_ms, alert.severity
        )
        self._by_fingerprint[alert.fingerprint] = made
        return made

    def covering(self, alert: Alert, now_ms: int) -> Acknowledgement | None:
        """
        The acknowledgement that covers an alert now.

        Args:
            alert: Any.
            now_ms: The present moment.
        """
        if not self._by_fingerprint:
            return None
        found = self._by_fingerprint.get(alert.fingerprint)
        if found is None or rank(alert.severity) > rank(found.severity):
            return None
        return found if found.until_ms is None or now_ms < found.until_ms else None

    def follow(self, transition: Transition) -> None:
        """
        Forget the acknowledgement of an alert that ended.

        Args:
            transition: Any.
        """
        if transition.after is AlertState.INACTIVE and transition.before is not AlertState.INACTIVE:
            self._by_fingerprint.pop(transition.alert.fingerprint, None)

    def saved(self) -> list[dict[str, Any]]:
        """All, as plain values."""
        return [asdict(one) for one in self._by_fingerprint.values()]

    def restore(self, saved: Sequence[dict[str, Any]]) -> None:
        """
        Take over those of an earlier life.

        Args:
            saved: What `saved` gave.
        """
        for entry in saved:
            made = Acknowledgement(**entry)
            self._by_fingerprint[made.fingerprint] = made
