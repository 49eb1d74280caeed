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
from typing import Any

from otel_agent.alerts.promql.nodes import EvaluationError, Vector
from otel_agent.alerts.rules.model import Rule
from otel_agent.alerts.rules.template_surroundings import NOWHERE, TemplateSurroundings
from otel_agent.alerts.states import RESOLVED_RETENTION_MS, Alert, AlertState, Transition
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels

__all__ = ["AlertingRule"]

ALERTS_LIMIT = 20_000
"""Alerts of one rule at most; more are an error of the rule, not a leak."""
RESTORE_GRACE_MS = 600_000
"""So long after a restart an alert that fired before it stays firing although nothing has been measured yet."""
OUTAGE_TOLERANCE_MS = 3_600_000
"""What was seen before an outage longer than this no longer counts."""


class AlertingRule:
    """
    An alerting rule and its alerts. Not thread-safe; one thread evaluates.

    Args:
        rule: The alerting rule.
        limit: Active alerts allowed, as the group has it; 0 allows any number up to a bound of our own.
    """

    def __init__(self, rule: Rule, limit: int = 0) -> None:
        self.rule = rule
        self._limit = limit
        self._alerts: dict[Labels, Alert] = {}
        self._named: dict[Labels, Labels] = {}  # labels of the alert of each element, where the rule's are constant

    def alerts(self) -> list[Alert]:
        """All alerts: pending, firing, and for a while the resolved ones."""
        return list(self._alerts.values())

    def active(self) -> list[Alert]:
        """The alerts that are pending or firing."""
        return [alert for alert in self._alerts.values() if alert.state is not AlertState.INACTIVE]

    def attach(self, labels: Labels, trace_ids: tuple[str, ...]) -> None:
        """
        Note the traces that show what an alert is about.

        Args:
            labels: Labels of the alert.
            trace_ids: Trace ids, in hexadecimal.
        """
        if labels in self._alerts:
            self._alerts[labels].trace_ids = trace_ids

    def judge(self, vector: Vector, at_ms: int, surroundings: TemplateSurroundings = NOWHERE) -> list[Transition]:
        """
        Update the alerts by the value of the expression at a moment.

        Args:
            vector: Value of the expression; each element is an active alert.
            at_ms: The moment, in milliseconds since 1970; later than the one before.
            surroundings: What templates may ask.

        Returns:
            Every change of an alert.

        Raises:
            EvaluationError: When two elements make the same alert, or there are too many. Nothing is active then.
        """
        found = self._found(vector, at_ms, surroundings)
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

    def told_at(self, ended: Alert, vector: Vector, surroundings: TemplateSurroundings) -> None:
        """
        Fill the texts of an alert that has ended with the value at which it did.

        Args:
            ended: The alert as it is told; its value and its texts change, and those of the alert itself.
            vector: What the rule compares, now.
            surroundings: What templates may ask.
        """
        for element, value in vector:
            number = float(value.count if isinstance(value, NativeHistogram) else value)
            labels, annotations = self._filled(element, number, surroundings)
            if labels == ended.labels:
                ended.value, ended.annotations = number, annotations
                known = self._alerts.get(labels)
                if known is not None:
                    known.value, known.annotations = number, dict(annotations)
                return

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
            at_ms: The moment, in milliseconds since 1970.

        Returns:
            Every change of an alert.
        """
        transitions = []
        for alert in self.active():
            before, alert.state, alert.resolved_at_ms = alert.state, AlertState.INACTIVE, at_ms
            transitions.append(Transition(alert.copied(), before, AlertState.INACTIVE, at_ms))
        return transitions

    def _found(self, vector: Vector, at_ms: int, surroundings: TemplateSurroundings) -> dict[Labels, Alert]:
        found: dict[Labels, Alert] = {}
        for element, value in vector:
            if element.is_overflow:
                continue  # what is counted together is nobody in particular: there is nobody to tell of
            number = float(value.count if isinstance(value, NativeHistogram) else value)
            labels, annotations = self._filled(element, number, surroundings)
            if labels in found:
                raise EvaluationError(f"two elements make the same alert {labels}")
            found[labels] = Alert(self.rule.name, labels, annotations, AlertState.PENDING, number, at_ms)
        return found

    def _filled(
        self, element: Labels, value: float, surroundings: TemplateSurroundings
    ) -> tuple[Labels, dict[str, str]]:
        shown = dict(element.pairs)
        annotations = {
            name: template.render(shown, value, surroundings) for name, template in self.rule.annotations.items()
        }
        if not all(template.is_constant for template in self.rule.labels.values()):
            return self._labels(element, shown, value, surroundings), annotations
        labels = self._named.get(element)
        if labels is None:
            if len(self._named) > ALERTS_LIMIT:
                self._named.clear()
            labels = self._named[element] = self._labels(element, shown, value, surroundings)
        return labels, annotations

    def _labels(
        self, element: Labels, shown: Mapping[str, str], value: float, surroundings: TemplateSurroundings
    ) -> Labels:
        added = {name: template.render(shown, value, surroundings) for name, template in self.rule.labels.items()}
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
        """The active alerts as plain values, for the state file."""
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
        Take over the alerts of an earlier process.

        A pending alert has waited as long as it had; the outage itself does not count. A firing one stays firing until
        the expression had time to become true again, then it is resolved, so that nobody waits for its end in vain.

        Args:
            saved: Alerts as `saved` returned them.
            saved_at_ms: Moment they were saved, in milliseconds since 1970.
            now_ms: The present moment, in milliseconds since 1970.

        Returns:
            How many alerts were taken over.
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
