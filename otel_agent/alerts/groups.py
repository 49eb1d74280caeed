"""
One group of rules, evaluated in order at one moment.

Recorded series and the series `ALERTS` and `ALERTS_FOR_STATE` go back into the store, where later rules find them, as in
Prometheus. What a rule gave before and does not give any more is ended at once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from otel_agent import guard
from otel_agent.alerts.alerting_rule import AlertingRule
from otel_agent.alerts.metric_names import nearest_name
from otel_agent.alerts.promql.evaluation import SUBQUERY_STEP_MS, Context, evaluate
from otel_agent.alerts.promql.nodes import EvaluationError, Vector
from otel_agent.alerts.rules.model import Rule, RuleGroup
from otel_agent.alerts.states import AlertState, Transition
from otel_agent.alerts.template_queries import surroundings_of
from otel_agent.clock import monotonic_s
from otel_agent.series.labels import EMPTY, NAME, Labels
from otel_agent.series.store import Store

__all__ = ["BUDGET_S", "GroupRun", "RuleRun", "exchange_groups"]

BUDGET_S = 0.05
"""How long one rule may take, in seconds; more is an error of the rule."""
OWN_SERIES_LIMIT = 1_000
"""Series a rule may write into the store, so that alerts cannot crowd out what they watch."""
SILENT_MS = 60_000
"""After so long without data the names that a rule reads are looked at."""
ENDED_KEPT_MS = 3_600_000
"""So long an ended series of ours is kept for queries that look back."""


@dataclass
class RuleRun:
    """A rule with its alerts, its health and the series it wrote."""

    rule: Rule
    """The rule as it was read."""
    alerting: AlertingRule | None
    """Its alerts; `None` for a recording rule."""
    trouble: AlertingRule | None
    """The alert `<name>NoData` or `<name>Error`, where the rule's policy asks for one."""
    health: str = "unknown"
    """Outcome of the last evaluation: unknown before the first, then ok, error or no_data."""
    error: str = ""
    """Why the last evaluation failed; empty when it did not."""
    duration_s: float = 0.0
    """How long the last evaluation took, in seconds."""
    silent_since_ms: int = 0
    """Moment since which it has found no data, in milliseconds since 1970; 0 when it has, negative when that was said."""
    written: dict[Labels, int] = field(default_factory=dict)
    """Moment it wrote each of its series last, in milliseconds since 1970; negative when the series was ended then."""

    def alertings(self) -> Iterable[AlertingRule]:
        """The alerts of the rule itself, and those of its policy."""
        return (one for one in (self.alerting, self.trouble) if one is not None)


class GroupRun:
    """
    A group of rules over a store. Not thread-safe; one thread evaluates.

    Args:
        group: The rules to evaluate.
        store: Series that the rules read and write.
        budget_s: How long one rule may take, in seconds.
        subquery_step_ms: Step of subqueries without one of their own, in milliseconds.
    """

    def __init__(
        self,
        group: RuleGroup,
        store: Store,
        *,
        budget_s: float = BUDGET_S,
        subquery_step_ms: int = SUBQUERY_STEP_MS,
    ) -> None:
        self.group = group
        self._store = store
        self._budget_s = budget_s
        self._subquery_step_ms = subquery_step_ms
        self.rules = [_run(rule, group.limit) for rule in group.rules]

    def evaluate(self, at_ms: int, budget_s: float | None = None) -> list[Transition]:
        """
        Evaluate every rule; one that fails does not stop the others.

        Args:
            at_ms: The moment, in milliseconds since 1970.
            budget_s: How long one rule may take this time, in seconds; `None` for as long as always.

        Returns:
            Every change of an alert.
        """
        transitions: list[Transition] = []
        allowed_s = self._budget_s if budget_s is None else budget_s
        for run in self.rules:
            began_s = monotonic_s()
            at_offset_ms = at_ms - int(self.group.query_offset_s * 1000)
            context = Context(
                self._store,
                at_offset_ms,
                _deadline(began_s + allowed_s),
                subquery_step_ms=self._subquery_step_ms,
            )
            try:
                vector: Vector | None = evaluate(run.rule.expression, context)
                run.health, run.error = ("ok" if context.selected_count or vector else "no_data"), ""
            except EvaluationError as error:
                vector, run.health, run.error = None, "error", str(error)
            self._watch_names(run, at_ms)
            transitions.extend(self._concluded(run, vector, at_ms, context))
            self._write(run, vector, at_ms)
            run.duration_s = monotonic_s() - began_s
        return transitions

    def _watch_names(self, run: RuleRun, at_ms: int) -> None:
        """Once a rule has found nothing for a while, a name that is almost one of those there are is said."""
        if run.health != "no_data":
            run.silent_since_ms = 0
        elif not run.silent_since_ms:
            run.silent_since_ms = at_ms
        elif run.silent_since_ms > 0 and at_ms - run.silent_since_ms >= SILENT_MS:
            run.silent_since_ms = -1
            known = self._store.names()
            for name in run.rule.expression.names:
                near = None if name in known else nearest_name(name, known)
                if near is not None:
                    guard.shared.report(
                        f"alerts.names.{name}",
                        f"rule {run.rule.name!r} has found nothing for a minute: it reads {name}; did you mean {near}?",
                    )

    def take_over(self, other: "GroupRun", at_ms: int) -> list[Transition]:
        """
        Go on where the same group stood before its file was read again.

        A rule is the same when its name and labels are, as in Prometheus: an alert that waits or fires goes on doing so while
        its expression, its times or its annotations are corrected.

        Args:
            other: The group before its file was read again; it is not used any more.
            at_ms: The moment, in milliseconds since 1970.

        Returns:
            Every change of an alert: the ends of those whose rule is there no longer.
        """
        former: dict[object, list[RuleRun]] = {}
        for run in other.rules:
            former.setdefault(_identity(run.rule), []).append(run)
        for run in self.rules:
            same = former.get(_identity(run.rule))
            if same:
                _go_on(run, same.pop(0))
        return [transition for gone in former.values() for run in gone for transition in self._ended(run, at_ms)]

    def end(self, at_ms: int) -> list[Transition]:
        """
        End what is active and what was written, because the group is there no longer.

        Args:
            at_ms: The moment, in milliseconds since 1970.

        Returns:
            Every change of an alert.
        """
        return [transition for run in self.rules for transition in self._ended(run, at_ms)]

    def _ended(self, run: RuleRun, at_ms: int) -> list[Transition]:
        self._store_all(run.written, [], at_ms)
        return [transition for alerting in run.alertings() for transition in alerting.end(at_ms)]

    def _concluded(self, run: RuleRun, vector: Vector | None, at_ms: int, context: Context) -> list[Transition]:
        if run.alerting is None:
            if vector is not None and self.group.limit and len(vector) > self.group.limit:
                run.health, run.error = "error", f"{len(vector)} series are more than the limit of {self.group.limit}"
            return []
        is_kept = run.health == "no_data" and run.rule.no_data == "keep"
        if vector is None and run.rule.on_error == "ok":
            vector = []
        transitions: list[Transition] = []
        if vector is not None and not is_kept:
            try:
                transitions = run.alerting.judge(vector, at_ms, surroundings_of(context))
                _say_at_what(run, transitions, context)
            except EvaluationError as error:
                run.health, run.error = "error", str(error)
        if run.trouble is not None:
            is_trouble = (run.health == "no_data" and run.rule.no_data == "alert") or (
                run.health == "error" and run.rule.on_error == "alert"
            )
            transitions += run.trouble.judge([(EMPTY, 1.0)] if is_trouble else [], at_ms)
        return transitions

    def _write(self, run: RuleRun, vector: Vector | None, at_ms: int) -> None:
        if run.alerting is None:
            if vector is None or run.health == "error":
                vector = []
            added = {name: template.text for name, template in run.rule.labels.items()}
            outcome = [(labels.replace({**added, NAME: run.rule.name}), value) for labels, value in vector]
        else:
            outcome = []
            for alerting in run.alertings():
                for alert in alerting.active():
                    named = {NAME: "ALERTS", "alertstate": alert.state.value}
                    outcome.append((alert.labels.replace(named), 1.0))
                    outcome.append(
                        (alert.labels.replace({NAME: "ALERTS_FOR_STATE"}), float(alert.active_at_ms // 1000))
                    )
        self._store_all(run.written, outcome, at_ms)

    def _store_all(self, written: dict[Labels, int], outcome: Vector, at_ms: int) -> None:
        for labels, value in outcome:
            if labels in written or len(written) < OWN_SERIES_LIMIT:
                self._store.append(labels, at_ms, value)
                written[labels] = at_ms
        for labels, last_ms in list(written.items()):
            if 0 <= last_ms < at_ms:
                self._store.end(labels, at_ms)
                written[labels] = -at_ms
            elif last_ms < 0 and at_ms + last_ms > ENDED_KEPT_MS:
                self._store.remove(labels)
                del written[labels]


def exchange_groups(former: Iterable[GroupRun], groups: Sequence[GroupRun], at_ms: int) -> list[Transition]:
    """
    Let groups go on where those before them stood, and end the groups that are gone.

    Args:
        former: The groups so far; they are not used any more.
        groups: The groups from now on. One is the same when its file and its name are.
        at_ms: The moment, in milliseconds since 1970.

    Returns:
        Every change of an alert.
    """
    left = {_place(run): run for run in former}
    transitions: list[Transition] = []
    for run in groups:
        before = left.pop(_place(run), None)
        if before is not None:
            transitions += run.take_over(before, at_ms)
    return transitions + [transition for gone in left.values() for transition in gone.end(at_ms)]


def _say_at_what(run: RuleRun, transitions: Iterable[Transition], context: Context) -> None:
    """Alerts that end say at what value, where their rule knows what it compares."""
    ended = [one for one in transitions if one.after is AlertState.INACTIVE and one.before is AlertState.FIRING]
    if not ended or run.rule.value is None or run.alerting is None:
        return
    try:
        found = evaluate(run.rule.value, context)
    except EvaluationError:
        return
    for transition in ended:
        run.alerting.told_at(transition.alert, found, surroundings_of(context))


def _place(run: GroupRun) -> tuple[str, str]:
    """Tells a group from all others, wherever in its file it stands."""
    return run.group.source.rpartition(":")[0], run.group.name


def _deadline(end_s: float) -> Callable[[], bool]:
    return lambda: monotonic_s() > end_s


def _identity(rule: Rule) -> object:
    return rule.name, rule.is_recording, tuple(sorted((name, label.text) for name, label in rule.labels.items()))


def _go_on(run: RuleRun, former: RuleRun) -> None:
    run.health, run.error, run.written = former.health, former.error, former.written
    for alerting, before in ((run.alerting, former.alerting), (run.trouble, former.trouble)):
        if alerting is not None and before is not None:
            alerting.take_over(before)


def _run(rule: Rule, limit: int) -> RuleRun:
    if rule.is_recording:
        return RuleRun(rule, None, None)
    suffix = "NoData" if rule.no_data == "alert" else "Error"
    has_trouble = "alert" in (rule.no_data, rule.on_error)
    trouble = AlertingRule(replace(rule, name=f"{rule.name}{suffix}")) if has_trouble else None
    return RuleRun(rule, AlertingRule(rule, limit), trouble)
