"""
Metrics about the package itself: delivery, failures, states of health checks and of alert rules, findings.

Nothing is known here of how those parts work: each is a plain function that returns plain values when metrics are collected.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from opentelemetry.metrics import Meter

from otel_agent.catalog import Metric, alerts_and_health, delivery, insight
from otel_agent.catalog import attributes as a
from otel_agent.delivery.accounting import NOT_EXPORTED
from otel_agent.instruments.observing import Handle, observe

__all__ = ["AlertStatus", "DeliveryStatus", "install_alerts", "install_delivery", "install_findings", "install_health"]

DeliveryStatus = Mapping[str, Mapping[str, Any]]
"""By signal: "accepted", "queued", "delivered", "spooled" as counts, "dropped" as counts by reason."""

AlertStatus = tuple[str, str, str]
"""Name of the rule, its severity, its state."""

Points = Iterator[tuple[float, Mapping[str, Any]]]


def install_delivery(
    meter: Meter, status: Callable[[], DeliveryStatus], failures: Callable[[], Mapping[str, int]]
) -> Handle:
    """
    Report how much telemetry was delivered, spooled and dropped, and failures of this package.

    Args:
        meter: Meter of the API.
        status: Returns the state of delivery.
        failures: Returns failures by kind.

    Returns:
        A handle; its `close` ends the reporting.
    """
    counted = (
        (delivery.ACCEPTED, "accepted"),
        (delivery.QUEUED, "queued"),
        (delivery.DELIVERED, "delivered"),
        (delivery.SPOOLED, "spooled"),
    )

    def dropped() -> Points:
        for signal, counts in status().items():
            for reason, count in counts.get("dropped", {}).items():
                if reason == NOT_EXPORTED:
                    continue  # nothing is lost that nobody was to have
                yield count, {a.OTEL_AGENT_SIGNAL.name: signal, a.OTEL_AGENT_DROP_REASON.name: reason}

    def failed() -> Points:
        for kind, count in failures().items():
            yield count, {a.OTEL_AGENT_FAILURE_KIND.name: kind}

    return Handle(
        [
            *(_observe_count(meter, metric, status, key) for metric, key in counted),
            observe(meter, delivery.DROPPED, dropped),
            observe(meter, delivery.FAILURES, failed),
        ]
    )


def install_health(
    meter: Meter, states: Callable[[], Mapping[str, str]], durations_s: Callable[[], Mapping[str, float]]
) -> Handle:
    """
    Report the state of every check.

    Args:
        meter: Meter of the API.
        states: Returns states by component.
        durations_s: Returns how long the last run took by component, in seconds.

    Returns:
        A handle; its `close` ends the reporting.
    """

    def status() -> Points:
        for component, state in states().items():
            for each in a.AGENT_HEALTH_STATE.values:
                yield int(each == state), {a.AGENT_HEALTH_COMPONENT.name: component, a.AGENT_HEALTH_STATE.name: each}

    def duration() -> Points:
        for component, duration_s in durations_s().items():
            yield duration_s, {a.AGENT_HEALTH_COMPONENT.name: component}

    return Handle(
        [
            observe(meter, alerts_and_health.HEALTH_STATUS, status),
            observe(meter, alerts_and_health.HEALTH_CHECK_DURATION, duration),
        ]
    )


def install_alerts(meter: Meter, alerts: Callable[[], Iterable[AlertStatus]]) -> Handle:
    """
    Report the state of every alert rule.

    Args:
        meter: Meter of the API.
        alerts: Returns rules and their states; a rule with several alerts has the gravest of theirs.

    Returns:
        A handle; its `close` ends the reporting.
    """

    def status() -> Points:
        for rule, severity, state in alerts():
            for each in a.AGENT_ALERT_STATE.values:
                yield (
                    int(each == state),
                    {
                        a.ALERT_RULE_NAME.name: rule,
                        a.AGENT_ALERT_SEVERITY.name: severity,
                        a.AGENT_ALERT_STATE.name: each,
                    },
                )

    return Handle([observe(meter, alerts_and_health.ALERT_STATUS, status)])


def install_findings(meter: Meter, counts: Callable[[], Mapping[str, int]]) -> Handle:
    """
    Report how many findings are known.

    Args:
        meter: Meter of the API.
        counts: Returns findings by rule.

    Returns:
        A handle; its `close` ends the reporting.
    """

    def known() -> Points:
        for rule, count in counts().items():
            yield count, {a.AGENT_FINDING_RULE.name: rule}

    return Handle([observe(meter, insight.FINDINGS, known)])


def _observe_count(meter: Meter, metric: Metric, status: Callable[[], DeliveryStatus], key: str) -> Callable[[], None]:
    def count() -> Points:
        for signal, counts in status().items():
            yield int(counts.get(key, 0)), {a.OTEL_AGENT_SIGNAL.name: signal}

    return observe(meter, metric, count)
