"""
States of components, and how many of them become one state of the whole. Pure: time is an argument.

    unknown    not judged yet
    healthy    it works
    degraded   something that is not critical does not work
    unhealthy  something critical does not work

Source: the aggregation follows Spring Boot Actuator's status aggregator; the thresholds follow Kubernetes probes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = ["CheckOutcome", "HealthComponent", "HealthState", "aggregate", "judge", "unless_stale"]


class HealthState(StrEnum):
    """How a component, or the whole, is doing."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """Outcome of one run of a check."""

    is_ok: bool
    message: str = ""
    """Why not; empty when all is well."""
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class HealthComponent:
    """A component and what is known of it."""

    name: str
    is_critical: bool = False
    """Whether its failure makes the whole unhealthy rather than degraded."""
    failure_threshold: int = 3
    """Failures in a row that make it unhealthy; at least 1."""
    success_threshold: int = 1
    """Successes in a row that make it healthy again; at least 1."""
    state: HealthState = HealthState.UNKNOWN
    message: str = ""
    checked_at_s: float | None = None
    """When it was last judged, on the monotonic clock; None before the first time."""
    duration_s: float = 0.0
    """How long the last check took, in seconds."""
    failures: int = 0
    """Failures in a row."""
    successes: int = 0
    """Successes in a row."""
    is_check: bool = False
    """Whether it is judged by running a function, which takes time; heartbeats and the delivery are looked at."""
    stale_after_s: float | None = None
    """Age at which what is known of it counts no longer, in seconds; None: never."""


def judge(component: HealthComponent, outcome: CheckOutcome, now_s: float) -> HealthComponent:
    """
    Take one more outcome into account.

    A component that is still unknown becomes healthy with its first success, and unhealthy when as many failures in a row
    have come as for any other.

    Args:
        component: The component as it was.
        outcome: Outcome of the latest run.
        now_s: The time now, on the monotonic clock, in seconds.

    Returns:
        The component as it is now.
    """
    failures = 0 if outcome.is_ok else component.failures + 1
    successes = component.successes + 1 if outcome.is_ok else 0
    state = component.state
    if outcome.is_ok and (state is HealthState.UNKNOWN or successes >= component.success_threshold):
        state = HealthState.HEALTHY
    elif failures >= component.failure_threshold:
        state = HealthState.UNHEALTHY
    return replace(
        component,
        state=state,
        message=outcome.message,
        checked_at_s=now_s,
        duration_s=outcome.duration_s,
        failures=failures,
        successes=successes,
    )


def unless_stale(component: HealthComponent, now_s: float) -> HealthComponent:
    """
    A component, or the same with its state unknown once that is stale.

    Args:
        component: The component as it was judged last.
        now_s: The time now, on the monotonic clock, in seconds.

    Returns:
        The same component, or an unknown one when its last judgement is too old: whoever judges has stopped.
    """
    if component.stale_after_s is None or component.checked_at_s is None:
        return component
    age_s = now_s - component.checked_at_s
    if age_s <= component.stale_after_s:
        return component
    return replace(component, state=HealthState.UNKNOWN, message=f"stale: last judged {age_s:.0f} s ago")


def aggregate(components: Iterable[HealthComponent]) -> HealthState:
    """
    The state of the whole.

    Args:
        components: Components of the whole, in any number.

    Returns:
        Unhealthy when a critical component is; degraded when any other is; unknown when a critical one was never judged;
        healthy otherwise, also for no components at all.
    """
    found = list(components)
    failed = [component for component in found if component.state in {HealthState.UNHEALTHY, HealthState.DEGRADED}]
    if any(component.is_critical and component.state is HealthState.UNHEALTHY for component in failed):
        return HealthState.UNHEALTHY
    if failed:
        return HealthState.DEGRADED
    if any(component.is_critical and component.state is HealthState.UNKNOWN for component in found):
        return HealthState.UNKNOWN
    return HealthState.HEALTHY
