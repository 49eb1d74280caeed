"""Reports on rules and their alerts: the status at a glance, and the points of `agent.alert.status`."""

from collections.abc import Iterable, Sequence
from typing import Any

from otel_agent.alerts.groups import RuleRun
from otel_agent.alerts.states import Alert, AlertState

__all__ = ["rule_status", "status_points"]


def rule_status(runs: Sequence[RuleRun], active: Iterable[Alert]) -> dict[str, Any]:
    """
    How many rules there are, which of them fire, and which cannot be evaluated.

    Args:
        runs: Every rule.
        active: Alerts that are pending or firing.

    Returns:
        Plain values.
    """
    alerts = list(active)
    return {
        "rules": len(runs),
        "pending": sum(alert.state is AlertState.PENDING for alert in alerts),
        "firing": sorted({alert.rule_name for alert in alerts if alert.state is AlertState.FIRING}),
        "failing": {run.rule.name: run.error for run in runs if run.health == "error"},
        "no_data": sorted(run.rule.name for run in runs if run.health == "no_data"),
    }


def status_points(runs: Iterable[RuleRun]) -> list[tuple[int, dict[str, str]]]:
    """
    The points of the metric `agent.alert.status`.

    Args:
        runs: Every rule; recording rules have no point.

    Returns:
        For each rule and state 1 or 0, and the attributes of the point.
    """
    points: list[tuple[int, dict[str, str]]] = []
    for run in runs:
        if run.alerting is None:
            continue
        states = {alert.state for alert in run.alerting.alerts()}
        present = next(
            (state for state in (AlertState.FIRING, AlertState.PENDING) if state in states), AlertState.INACTIVE
        )
        for state in AlertState:
            attributes = {
                "alert.rule.name": run.rule.name,
                "agent.alert.state": state.value,
                "agent.alert.severity": run.rule.severity,
            }
            points.append((int(state is present), attributes))
    return points
