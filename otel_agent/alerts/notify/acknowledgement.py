"""
Acknowledgements of alerts: who takes care, why, and until when.

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
    """Acknowledgement of one alert."""

    fingerprint: str
    """Fingerprint of the alert."""
    rule_name: str
    """Name of the alert's rule."""
    labels: dict[str, str]
    """Labels of the alert."""
    by: str
    """Who takes care."""
    comment: str
    """Why, or what is being done."""
    at_ms: int
    """Moment of the acknowledgement, in milliseconds since 1970."""
    until_ms: int | None
    """Moment at which it expires, in milliseconds since 1970; `None` for as long as the alert lasts."""
    severity: str
    """Severity the alert had when it was acknowledged."""


def rank(severity: str) -> int:
    """
    Rank of a severity among the others.

    Args:
        severity: Value of the label `severity`.

    Returns:
        Position in `SEVERITIES`; the higher, the more severe.
    """
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


class Acknowledgements:
    """All acknowledgements, by alert. Not thread-safe; `AlertEngine` holds its lock."""

    def __init__(self) -> None:
        self._by_fingerprint: dict[str, Acknowledgement] = {}

    def add(self, alert: Alert, by: str, comment: str, at_ms: int, until_ms: int | None) -> Acknowledgement:
        """
        Acknowledge an alert.

        Args:
            alert: The alert, pending or firing.
            by: Who takes care.
            comment: Why, or what is being done.
            at_ms: The moment, in milliseconds since 1970.
            until_ms: Moment at which it expires, in milliseconds since 1970; `None` for as long as the alert lasts.
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
            alert: The alert.
            now_ms: The present moment, in milliseconds since 1970.
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
            transition: Change of an alert; only an end matters.
        """
        if transition.after is AlertState.INACTIVE and transition.before is not AlertState.INACTIVE:
            self._by_fingerprint.pop(transition.alert.fingerprint, None)

    def saved(self) -> list[dict[str, Any]]:
        """All acknowledgements as plain values, for the state file."""
        return [asdict(one) for one in self._by_fingerprint.values()]

    def restore(self, saved: Sequence[dict[str, Any]]) -> None:
        """
        Take over the acknowledgements of an earlier process.

        Args:
            saved: Acknowledgements as `saved` returned them.
        """
        for entry in saved:
            made = Acknowledgement(**entry)
            self._by_fingerprint[made.fingerprint] = made
