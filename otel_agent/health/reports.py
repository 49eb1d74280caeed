"""
What is known of the agent's health at one moment, and what has changed since another. Pure: values in, values out.

    HealthReport       everything that probes, metrics and `telemetry.health` read
    HealthChange       what a log event and listeners are told
    OutsideReadings    what was read beside checks and heartbeats
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from otel_agent.health.stalls import Stall
from otel_agent.health.states import HealthComponent, HealthState, aggregate
from otel_agent.health.thresholds import Threshold

__all__ = ["DELIVERY", "OVERALL", "HealthChange", "HealthReport", "OutsideReadings", "build_report", "changes"]

OVERALL = "overall"
"""Name under which the state of the whole is reported."""

DELIVERY = "delivery"
"""Name under which the delivery of telemetry is reported."""


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A component, a threshold, or the whole went from one state to another."""

    name: str
    """Name of the component or threshold; `OVERALL` for the whole."""
    before: HealthState
    """State until now."""
    after: HealthState
    """State from now on."""
    message: str
    """What is wrong; empty when all is well."""


@dataclass(frozen=True, slots=True)
class OutsideReadings:
    """What was read beside checks and heartbeats."""

    ratios: Mapping[str, float] = field(default_factory=dict)
    """Ratios from 0 to 1 by name: "cpu", "memory", "disk"."""
    is_delivering: bool = False
    """Whether telemetry is delivered at all."""
    delivery_trouble: str | None = None
    """What is wrong with the delivery, or None."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Everything known at one moment."""

    state: HealthState
    """State of the whole."""
    is_live: bool
    """No critical heartbeat is late."""
    is_ready: bool
    """Started, not draining, nothing critical unhealthy, no threshold breached that takes the agent out of service."""
    is_started: bool
    """The set-up has ended."""
    is_draining: bool
    """The end has begun."""
    components: Sequence[HealthComponent]
    """Checks, heartbeats and the delivery."""
    thresholds: Sequence[Threshold]
    """CPU, memory and disk, as far as they have limits."""
    stalls: Sequence[Stall]
    """Heartbeats that are late."""

    def states(self) -> dict[str, tuple[HealthState, str]]:
        """State and message by name, the whole included; a threshold has none before its first reading."""
        found = {component.name: (component.state, component.message) for component in self.components}
        for threshold in self.thresholds:
            if threshold.value is not None or threshold.is_unknown or threshold.is_breached:
                found[threshold.name] = (threshold.state, _text(threshold))
        return {**found, OVERALL: (self.state, "")}


def build_report(
    components: Sequence[HealthComponent],
    thresholds: Sequence[Threshold],
    late: Sequence[Stall],
    *,
    is_started: bool,
    is_draining: bool,
) -> HealthReport:
    """
    The report of one moment.

    Args:
        components: Checks, heartbeats and the delivery.
        thresholds: Limits and where their values stand.
        late: Heartbeats that are late.
        is_started: Whether the set-up has ended.
        is_draining: Whether the end has begun.

    Returns:
        The report; a threshold that is breached, or cannot be read, degrades a whole that is otherwise healthy.
    """
    state = aggregate(components)
    is_wrong = any(threshold.is_breached or threshold.is_unknown for threshold in thresholds)
    is_out = any(threshold.is_breached and threshold.is_gating for threshold in thresholds)
    return HealthReport(
        state=HealthState.DEGRADED if is_wrong and state is HealthState.HEALTHY else state,
        is_live=not any(stall.is_critical for stall in late),
        is_ready=is_started and not is_draining and not is_out and state in {HealthState.HEALTHY, HealthState.DEGRADED},
        is_started=is_started,
        is_draining=is_draining,
        components=components,
        thresholds=thresholds,
        stalls=late,
    )


def _text(threshold: Threshold) -> str:
    if threshold.is_unknown:
        return f"{threshold.name} cannot be read; its threshold is not judged"
    return f"{threshold.value:.0%} of {threshold.name} in use" if threshold.is_breached and threshold.value else ""


def changes(before: Mapping[str, HealthState], states: Mapping[str, tuple[HealthState, str]]) -> list[HealthChange]:
    """
    What has changed between two reports.

    Args:
        before: State by name in the earlier report.
        states: State and message by name in the later report.

    Returns:
        One entry for each change; a component that appears begins in silence when it is healthy or unknown.
    """
    found = []
    for name, (state, message) in states.items():
        known = before.get(name, HealthState.UNKNOWN)
        if known is not state and not (name not in before and state is HealthState.HEALTHY):
            found.append(HealthChange(name, known, state, message))
    return found
