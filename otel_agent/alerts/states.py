"""An alert, its states and their changes; `alerting_rule` says when an alert goes from one state to another."""

from dataclasses import dataclass, field, replace
from enum import Enum

from otel_agent.alerts.flapping import StateHistory
from otel_agent.series.labels import Labels

__all__ = ["RESOLVED_RETENTION_MS", "Alert", "AlertState", "Transition", "fingerprint_of"]

RESOLVED_RETENTION_MS = 900_000
"""A resolved alert is remembered this long, so that its end can be said again to who missed it."""


class AlertState(Enum):
    """State of an alert, by the word Prometheus has for it."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(slots=True)
class Alert:
    """One alert of a rule: what is told from its others by labels."""

    rule_name: str
    """Name of the rule."""
    labels: Labels
    """Labels of the element, labels of the rule, and `alertname`."""
    annotations: dict[str, str]
    """Texts for people, filled anew at each evaluation while active."""
    state: AlertState
    """Present state."""
    value: float
    """Value of the element at the last evaluation at which it was active."""
    active_at_ms: int
    """Moment it became active, in milliseconds since 1970."""
    fired_at_ms: int = 0
    """Moment it began to fire, in milliseconds since 1970; 0 before."""
    resolved_at_ms: int = 0
    """Moment it ended, in milliseconds since 1970; 0 before."""
    keep_since_ms: int = 0
    """Moment from which it only fires because of `keep_firing_for`, in milliseconds since 1970; 0 when it does not."""
    restored_until_ms: int = 0
    """Moment until which it fires because it did before a restart, in milliseconds since 1970; 0 when it does not."""
    trace_ids: tuple[str, ...] = ()
    """Traces that show what happened, in hexadecimal."""
    history: StateHistory = field(default_factory=StateHistory)
    """Its last changes, to tell flapping."""
    _fingerprint: str = ""

    @property
    def fingerprint(self) -> str:
        """Tells this alert from all others, the same in every process."""
        if not self._fingerprint:
            self._fingerprint = fingerprint_of(self.labels)
        return self._fingerprint

    @property
    def severity(self) -> str:
        """The severity label, or "none"."""
        return self.labels.get("severity") or "none"

    @property
    def is_flapping(self) -> bool:
        """Whether it changes so often that its changes are no news."""
        return self.history.is_flapping

    def copied(self) -> "Alert":
        """A copy that later changes leave as it is."""
        return replace(self, annotations=dict(self.annotations), history=replace(self.history))


def fingerprint_of(labels: Labels) -> str:
    """
    Fingerprint of labels.

    Args:
        labels: Labels of an alert.

    Returns:
        16 hexadecimal digits: the FNV-1a hash that Prometheus and Alertmanager use.
    """
    digest = 0xCBF29CE484222325
    for name, value in labels:
        for part in (name, value):
            for byte in (*part.encode("utf-8", "surrogatepass"), 0xFF):
                digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


@dataclass(frozen=True, slots=True)
class Transition:
    """An alert that went from one state to another; from a state to itself when it began to flap or calmed down."""

    alert: Alert
    """The alert as it was after the change."""
    before: AlertState
    """State before the change."""
    after: AlertState
    """State after the change."""
    at_ms: int
    """Moment of the change, in milliseconds since 1970."""
