"""
The life of an alert: inactive, pending, firing, resolved.

    inactive ── true ──► pending ── held for `for` ──► firing ── false ──► (keep_firing_for) ──► resolved ──► inactive
                            │ false                       ▲ true again: the wait begins anew
                            ▼
                        inactive, without a word

Exactly Prometheus's states and times, so that the same file fires at the same moments here and there. Beyond Prometheus an
alert remembers how often it changed, to tell flapping from news, and can be carried over a restart. Pure: the value of the
expression and the time are arguments.

Source: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from otel_agent.alerts.flapping import History
from otel_agent.alerts.promql.nodes import EvaluationError, Vector
from otel_agent.alerts.rules.model import Rule
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels

__all__ = ["RESOLVED_RETENTION_MS", "Alert", "AlertState", "AlertingRule", "Transition"]

RESOLVED_RETENTION_MS = 900_000
"""A resolved alert is remembered this long, so that its end can be said again to who missed it."""
ALERTS_LIMIT = 20_000
"""Alerts of one rule at most; more are an error of the rule, not a leak."""
RESTORE_GRACE_MS = 600_000
"""So long after a restart an alert that fired before it stays firing although nothing has been measured yet."""
OUTAGE_TOLERANCE_MS = 3_600_000
"""What was seen before an outage longer than this no longer counts."""


class AlertState(Enum):
    """Where an alert stands."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(slots=True)
class Alert:
    """One alert of a rule: what is told from its others by labels."""

    rule_name: str
    """Name of the rule."""
    labels: Labels
    """Those of the element, those of the rule, and `alertname`."""
    annotations: dict[str, str]
    """Texts for people, filled anew at each evaluation while active."""
    state: AlertState
    """Where it stands."""
    value: float
    """Value of the element at the last evaluation at which it was active."""
    active_at_ms: int
    """Since when it is active, in milliseconds since 1970."""
    fired_at_ms: int = 0
    """When it began to fire; 0 before."""
    resolved_at_ms: int = 0
    """When it ended; 0 before."""
    keep_since_ms: int = 0
    """Since when it only fires because of `keep_firing_for`; 0 when it does not."""
    restored_until_ms: int = 0
    """Until when it fires because it did before a restart; 0 when it does not."""
    trace_ids: tuple[str, ...] = ()
    """Traces that show what happened, in hexadecimal."""
    history: History = field(default_factory=History)
    """Its last changes."""
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
        """As it is now."""
        return replace(self, annotations=dict(self.annotations), history=replace(self.history))


def fingerprint_of(labels: Labels) -> str:
    """
    A short text made of labels.

    Args:
        labels: Of an alert.

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
    """As it was after the change."""
    before: AlertState
    """Where it stood before."""
    after: AlertState
    """Where it stands now."""
    at_ms: int
    """When, in milliseconds since 1970."""


class AlertingRule:
    """A rule and its alerts. Not thread-safe; one thread evaluates."""

    def __init__(self, rule: Rule, limit: int = 0) -> None:
        """
        Begin without alerts.

        Args:
            rule: An alerting rule.
            limit: Active alerts allowed, as the group has it; 0 for any number up to a bound of our own.
        """
        self.rule = rule
        self._limit = limit
        self._alerts: dict[Labels, Alert] = {}
        self._names: dict[Labels, Labels] = {}

    def alerts(self) -> list[Alert]:
        """All alerts: pending, firing, and for a while the resolved ones."""
        return list(self._alerts.values())

    def active(self) -> list[Alert]:
        """Those that are pending or firing."""
        return [alert for alert in self._alerts.values() if alert.state is not AlertState.INACTIVE]

    def attach(self, labels: Labels, trace_ids: tuple[str, ...]) -> None:
        """
        Note the traces that show what an alert is about.

        Args:
            labels: Of the alert.
            trace_ids: In hexadecimal.
        """
        if labels in self._alerts:
            self._alerts[labels].trace_ids = trace_ids

    def judge(self, vector: Vector, at_ms: int) -> list[Transition]:
        """
        Take the value of the expression at a moment.

        Args:
            vector: The value; each element is an active alert.
            at_ms: The moment; later than the one before.

        Returns:
            What changed.

        Raises:
            EvaluationError: When two elements make the same alert, or there are too many. Nothing is active then.
        """
        found = self._found(vector, at_ms)
        transitions: list[Transition] = []
        for labels, fresh in found.items():
            known = self._alerts.get(labels)
            if known is None or known.state is AlertState.INACTIVE:
                if known is not None:
                    fresh.history, fresh._fingerprint = known.history, known.fingerprint  # noqa: SLF001 - one of its own kind
                self._alerts[labels] = fresh
                if self.rule.hold_s:
                    transitions.append(Transition(fresh.copied(), AlertState.INACTIVE, AlertState.PENDING, at_ms))
            else:
                known.value, known.annotations = fresh.value, fresh.annotations
                known.keep_since_ms = known.restored_until_ms = 0
        for labels, alert in list(self._alerts.items()):
            was_flapping, before = alert.is_flapping, alert.state
            is_changed = self._advanced(alert, at_ms) if labels in found else self._ended(labels, alert, at_ms)
            alert.history.push(is_firing=alert.state is AlertState.FIRING)
            if is_changed and before is AlertState.PENDING and not self.rule.hold_s:
                before = AlertState.INACTIVE
            if is_changed or alert.is_flapping != was_flapping:
                transitions.append(Transition(alert.copied(), before, alert.state, at_ms))
        self._refuse_too_many()
        return transitions

    def take_over(self, other: "AlertingRule") -> None:
        """
        Go on with the alerts of this rule as it was written before.

        Args:
            other: The same rule, from before its file was read again; it is not used any more.
        """
        self._alerts = other._alerts  # noqa: SLF001 - one of its own kind

    def end(self, at_ms: int) -> list[Transition]:
        """
        End every alert, because the rule is there no longer.

        Args:
            at_ms: The moment.

        Returns:
            What changed.
        """
        transitions = []
        for alert in self.active():
            before, alert.state, alert.resolved_at_ms = alert.state, AlertState.INACTIVE, at_ms
            transitions.append(Transition(alert.copied(), before, AlertState.INACTIVE, at_ms))
        return transitions

    def _found(self, vector: Vector, at_ms: int) -> dict[Labels, Alert]:
        found: dict[Labels, Alert] = {}
        for element, value in vector:
            number = value.count if isinstance(value, NativeHistogram) else value
            labels, annotations = self._filled(element, number)
            if labels in found:
                raise EvaluationError(f"two elements make the same alert {labels}")
            found[labels] = Alert(self.rule.name, labels, annotations, AlertState.PENDING, number, at_ms)
        return found

    def _filled(self, element: Labels, value: float) -> tuple[Labels, dict[str, str]]:
        shown = dict(element.pairs)
        annotations = {name: template.render(shown, value) for name, template in self.rule.annotations.items()}
        if any(template.parts for template in self.rule.labels.values()):
            return self._labels(element, shown, value), annotations
        labels = self._names.get(element)
        if labels is None:
            if len(self._names) > ALERTS_LIMIT:
                self._names.clear()
            labels = self._names[element] = self._labels(element, shown, value)
        return labels, annotations

    def _labels(self, element: Labels, shown: Mapping[str, str], value: float) -> Labels:
        added = {name: template.render(shown, value) for name, template in self.rule.labels.items()}
        return element.nameless.replace({**added, "alertname": self.rule.name})

    def _advanced(self, alert: Alert, at_ms: int) -> bool:
        if alert.state is AlertState.PENDING and at_ms - alert.active_at_ms >= self.rule.hold_s * 1000:
            alert.state, alert.fired_at_ms = AlertState.FIRING, at_ms
            return True
        return False

    def _ended(self, labels: Labels, alert: Alert, at_ms: int) -> bool:
        if alert.state is AlertState.INACTIVE:
            if at_ms - alert.resolved_at_ms > RESOLVED_RETENTION_MS:
                del self._alerts[labels]
            return False
        if at_ms < alert.restored_until_ms:
            return False
        if alert.state is AlertState.PENDING:
            del self._alerts[labels]
        elif self.rule.keep_firing_for_s:
            alert.keep_since_ms = alert.keep_since_ms or at_ms
            if at_ms - alert.keep_since_ms < self.rule.keep_firing_for_s * 1000:
                return False
        alert.state, alert.resolved_at_ms = AlertState.INACTIVE, at_ms
        return True

    def _refuse_too_many(self) -> None:
        limit = self._limit or ALERTS_LIMIT
        count = len(self.active())
        if count > limit:
            self._alerts.clear()
            raise EvaluationError(f"{count} alerts are more than the limit of {limit}; watch fewer series or aggregate")

    def saved(self) -> list[dict[str, Any]]:
        """What a restart has to know of the active alerts, as plain values."""
        return [
            {
                "labels": alert.labels.as_dict(),
                "annotations": alert.annotations,
                "state": alert.state.value,
                "value": repr(alert.value),
                "active_at_ms": alert.active_at_ms,
                "fired_at_ms": alert.fired_at_ms,
                "trace_ids": list(alert.trace_ids),
            }
            for alert in self.active()
        ]

    def restore(self, saved: list[dict[str, Any]], saved_at_ms: int, now_ms: int) -> int:
        """
        Take over the alerts of an earlier life.

        A pending alert has waited as long as it had; the outage itself does not count. A firing one stays firing until
        the expression had time to become true again, then it is resolved, so that nobody waits for its end in vain.

        Args:
            saved: What `saved` gave.
            saved_at_ms: When.
            now_ms: The present moment.

        Returns:
            How many were taken over.
        """
        outage_ms = now_ms - saved_at_ms
        if not saved or outage_ms > OUTAGE_TOLERANCE_MS:
            return 0
        for entry in saved:
            state = AlertState(entry["state"])
            alert = Alert(
                self.rule.name,
                Labels(entry["labels"]),
                dict(entry["annotations"]),
                state,
                float(entry["value"]),
                entry["active_at_ms"] + (max(0, outage_ms) if state is AlertState.PENDING else 0),
                fired_at_ms=entry["fired_at_ms"],
                restored_until_ms=now_ms + RESTORE_GRACE_MS,
                trace_ids=tuple(entry.get("trace_ids", ())),
            )
            self._alerts.setdefault(alert.labels, alert)
        return len(saved)
